"""The published schema: valid, complete for editors, and true without the loader."""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from reconciler import schema
from reconciler.model.partition import REGION_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HEADER = {"apiVersion": "lambda.reconciler/v1", "kind": "Function", "metadata": {"name": "orders"}}
RUNTIME = "arn:aws:lambda:eu-west-1::runtime:0123456789"
ARNS = {"eu-west-1": {"arm64": RUNTIME, "x86_64": "${ARN}"}}
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:v1"
ANNOTATIONS = {"title", "description", "markdownDescription"}


def _fields(value: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:  # noqa: ANN401 - JSON
    """Yield every field that the schema describes; what only forbids has nothing to describe."""
    for name, field in {
        **value.get("properties", {}),
        **value.get("patternProperties", {}),
    }.items():
        yield f"{path}.{name}", field
        yield from _fields(field, f"{path}.{name}")
    for choice in value.get("anyOf", ()):
        yield from _fields(choice, path)


SCHEMAS = {"Function": schema.load("function"), "Target": schema.load("target")}
FUNCTION = SCHEMAS["Function"]
FIELDS = {
    f"{kind}{path}": {**field, "$defs": value["$defs"]}
    for kind, value in SCHEMAS.items()
    for path, field in _fields(value)
}


def _is_valid(spec: dict[str, Any], **others: object) -> bool:
    return Draft202012Validator(FUNCTION).is_valid({**HEADER, "spec": spec, **others})


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_schema_is_a_schema(kind: str) -> None:
    """Each schema is valid by the metaschema of JSON Schema 2020-12, and says what it is of."""
    Draft202012Validator.check_schema(SCHEMAS[kind])
    assert SCHEMAS[kind]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert SCHEMAS[kind]["properties"]["kind"]["const"] == kind


@pytest.mark.parametrize(
    ("kind", "value", "valid"),
    [
        ("Function", {"suspend": True}, True),
        ("Function", {"region": "eu-west-1", "accountId": "012345678901"}, False),
        ("Target", {"region": "eu-west-1", "accountId": "012345678901"}, True),
        ("Target", {"suspend": True}, False),
        ("Scenario", {"suspend": True}, False),
    ],
)
def test_one_schema_takes_either_kind(kind: str, value: dict[str, Any], *, valid: bool) -> None:
    """For editors, whose setting names one schema for a folder; it finds the others beside it."""
    beside = [
        (f"{each.lower()}.v1.schema.json", Resource.from_contents(value))
        for each, value in SCHEMAS.items()
    ]
    files: Registry[Any] = Registry().with_resources(beside)
    validator = Draft202012Validator(schema.load("manifest"), registry=files)
    assert valid == validator.is_valid({**HEADER, "kind": kind, "spec": value})


def test_a_number_in_quotes_is_completed_in_quotes() -> None:
    """yaml-language-server puts quotes where the type beside the examples is a string."""
    numbers = {
        path: field.get("type")
        for path, field in FIELDS.items()
        if any(isinstance(each, str) and each.isdigit() for each in field.get("examples", ()))
    }
    assert {"Target.spec.accountId": "string"} == numbers


@pytest.mark.parametrize("path", FIELDS)
def test_every_field_says_what_it_is(path: str) -> None:
    """An editor has a title, a description and something to write for each field."""
    assert FIELDS[path].keys() >= ANNOTATIONS
    assert FIELDS[path].keys() & {"examples", "defaultSnippets"}


@pytest.mark.parametrize("path", FIELDS)
def test_what_is_offered_has_a_name(path: str) -> None:
    """yaml-language-server shows an example that is a mapping as [object Object]."""
    assert not [each for each in FIELDS[path].get("examples", ()) if isinstance(each, dict)]
    assert all(each["label"] for each in FIELDS[path].get("defaultSnippets", ()))


@pytest.mark.parametrize("path", FIELDS)
def test_examples_and_defaults_are_valid(path: str) -> None:
    """What the schema offers, it accepts."""
    field = FIELDS[path]
    bodies = [each["body"] for each in field.get("defaultSnippets", ())]
    snippets = json.loads(json.dumps(bodies).replace('\\"', ""))  # quotes that are YAML's
    defaults = [field["default"]] if "default" in field else []
    for value in [*field.get("examples", ()), *snippets, *defaults]:
        Draft202012Validator(field).validate(value)


@pytest.mark.parametrize(("kind", "number"), [("Function", 9), ("Target", 4)])
def test_every_mapping_is_closed(kind: str, number: int) -> None:
    """Unknown fields are refused everywhere."""
    mappings = [
        value
        for value in [SCHEMAS[kind], *_parts(SCHEMAS[kind])]
        if value.keys() & {"properties", "patternProperties"}
    ]
    described = [value for value in mappings if "object" in value.get("type", ())]
    assert len(described) == number
    assert all(value["additionalProperties"] is False for value in described)


def _parts(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Yield every mapping within a JSON value."""
    children = value.values() if isinstance(value, dict) else value
    for child in children:
        if isinstance(child, dict):
            yield child
        if isinstance(child, (dict, list)):
            yield from _parts(child)


@pytest.mark.parametrize(
    "spec",
    [
        {"suspend": False},
        {"code": {"zipFile": "x"}, "architecture": "arm64", "publish": True, "suspend": False},
        {"code": {"imageUri": "registry/orders:${SHA}"}},
        {"code": {"zipFile": "x", "sourceKmsKeyArn": KEY, "nativeCheck": "off"}},
        {"code": {"directory": "x", "nativeCheck": False, "sourceKmsKeyArn": "${KEY}"}},
        {"code": {"imageUri": IMAGE, "nativeCheck": "${CHECK:-on}"}},
        {"publish": {"publishTo": "LATEST_PUBLISHED"}},
        {"publish": {"publishTo": "${WHERE}", "description": "x"}},
        {"code": {"s3": {"bucket": "abc", "key": "k", "sha256": "${DIGEST}"}}},
        {"runtimeManagement": {"updateRuntimeOn": "Auto"}},
        {"runtimeManagement": {"updateRuntimeOn": "Manual", "runtimeVersionArn": RUNTIME}},
        {"runtimeManagement": {"updateRuntimeOn": "Manual", "runtimeVersionArn": ARNS}},
        {"runtimeManagement": {"updateRuntimeOn": "${MODE}", "runtimeVersionArn": "${ARN}"}},
        {"targets": ["prod-eu", "${STAGE}-us"], "suspend": False},
        {"targets": ["eu"], "code": {"imageUri": "${target.accountId}.dkr.ecr/orders:v1"}},
        {"functionName": "${STAGE}-orders", "region": "${REGION:-eu-west-1}", "publish": True},
        {"architecture": "${ARCHITECTURE}", "suspend": "${FREEZE:-false}", "publish": "${P}"},
        {
            "functionName": "arn:aws-cn:lambda:cn-north-1:123456789012:function:f:$LATEST",
            "architecture": "arm64",
        },
    ],
)
def test_what_the_schema_accepts(spec: dict[str, Any]) -> None:
    """Good manifests are accepted before substitution, as an editor sees them."""
    assert _is_valid(spec)


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"functionName": "f", "region": "eu-west-1"},
        {"code": {}},
        {"code": {"zipFile": "x", "directory": "y"}},
        {"code": {"zipFile": ""}},
        {"code": {"imageUri": "registry/x"}},
        {"code": {"imageUri": IMAGE, "sourceKmsKeyArn": KEY}},
        {"code": {"sourceKmsKeyArn": KEY}},
        {"code": {"nativeCheck": "off", "sourceKmsKeyArn": KEY}},
        {"code": {"zipFile": "x", "nativeCheck": 0}},
        {"code": {"zipFile": "x", "sourceKmsKeyArn": ""}},
        {"publish": {"publishTo": "$LATEST.PUBLISHED"}},
        {"runtimeManagement": {"updateRuntimeOn": "Auto", "runtimeVersionArn": ARNS}},
        {"runtimeManagement": {"updateRuntimeOn": "Manual", "runtimeVersionArn": {}}},
        {
            "runtimeManagement": {
                "updateRuntimeOn": "Manual",
                "runtimeVersionArn": ARNS["eu-west-1"],
            }
        },
        {"code": {"imageUri": IMAGE}, "runtimeManagement": {"updateRuntimeOn": "Auto"}},
        {"code": {"s3": {"bucket": "abc"}}},
        {"code": {"s3": {"bucket": "abc", "key": "k", "sha256": "0" * 64}}},
        {"runtimeManagement": {}},
        {"runtimeManagement": {"updateRuntimeOn": "Manual"}},
        {"runtimeManagement": {"updateRuntimeOn": "Auto", "runtimeVersionArn": RUNTIME}},
        {"architecture": "arm"},
        {"architecture": None},
        {"publish": {"description": "x" * 257}},
        {"publish": "yes"},
        {"suspend": "true"},
        {"functionName": "f:prod"},
        {"functionName": "n" * 65},
        {"region": "nowhere"},
        {"targets": [], "publish": True},
        {"targets": ["eu", "eu"], "publish": True},
        {"targets": ["e u"], "publish": True},
        {"targets": "eu", "publish": True},
        {"targets": ["eu"], "region": "eu-west-1", "publish": True},
        {"targets": ["eu"]},
        {"banana": 1},
    ],
)
def test_what_the_schema_refuses(spec: dict[str, Any]) -> None:
    """The schema alone, without the loader, refuses what the loader would refuse."""
    assert not _is_valid(spec)


@pytest.mark.parametrize(
    "others",
    [
        {"apiVersion": "v1"},
        {"kind": "Deployment"},
        {"metadata": {}},
        {"metadata": {"name": "a b"}},
        {"metadata": {"name": "a", "labels": {"x": 1}}},
        {"status": {}},
    ],
)
def test_what_the_schema_refuses_around_the_spec(others: dict[str, Any]) -> None:
    """The header and the metadata are checked as well."""
    assert not _is_valid({}, **others)


def test_the_schema_and_the_loader_know_the_same_regions() -> None:
    """The region's pattern stands in several places, and is the same in all of them."""
    region = FUNCTION["properties"]["spec"]["properties"]["region"]["anyOf"][0]["pattern"]
    assert region.strip("^$").replace("(", "(?:") == REGION_PATTERN
    assert json.dumps(list(SCHEMAS.values())).count(region.strip("^$")) == 5


def test_patterns_mean_the_same_in_every_editor() -> None:
    r"""Patterns use nothing in which ECMAScript and Python differ, such as \d or \Z."""
    patterns = re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', json.dumps(list(SCHEMAS.values())))
    assert len(patterns) == 17
    assert not [pattern for pattern in patterns if re.search(r"\\[dwsbZAz]|\(\?", pattern)]


def test_the_schema_is_read_from_the_package_when_it_is_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An installed package carries its schemas; a checkout has them beside the package."""
    (tmp_path / "schemas").mkdir()
    (tmp_path / "schemas" / "function.v1.schema.json").write_text('{"title": "installed"}')
    monkeypatch.setattr(resources, "files", lambda _package: tmp_path)
    schema.text.cache_clear()
    try:
        assert schema.load("function") == {"title": "installed"}
    finally:
        schema.text.cache_clear()


def test_an_unknown_schema_is_refused() -> None:
    """Only the schemas that are published can be asked for."""
    with pytest.raises(ValueError, match="there is no schema 'policy'; the schemas are function"):
        schema.text("policy")
