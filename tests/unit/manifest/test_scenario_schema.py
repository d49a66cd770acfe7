"""The published schema of scenarios: valid, complete for editors, and true to the loader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.manifest import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.manifest.conftest import ReadScenario

SCHEMA = schema.load("scenario")


def _described(part: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON Schema is any JSON
    """Yield the schema of every field, once."""
    if isinstance(part, dict):
        for name in ("properties", "$defs"):
            yield from (each for each in part.get(name, {}).values() if "$ref" not in each)
        for each in part.values():
            yield from _described(each)


FIELDS = [each for each in _described(SCHEMA) if "title" in each]


def test_the_schema_is_a_schema() -> None:
    """It is valid by the metaschema, and helps an editor with every field."""
    Draft202012Validator.check_schema(SCHEMA)
    assert 20 < len(FIELDS)
    for each in FIELDS:
        assert {"title", "description", "errorMessage", "examples"} <= each.keys(), each["title"]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field["title"])
def test_the_schema_accepts_its_own_examples(field: dict[str, Any]) -> None:
    """What it offers, it takes."""
    whole = {**field, "$defs": SCHEMA["$defs"]}
    for example in field["examples"]:
        Draft202012Validator(whole).validate(example)


def _values(part: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Make values that the schema, without what fields mean together, may accept."""
    if "$ref" in part:
        return _values(SCHEMA["$defs"][part["$ref"].rpartition("/")[2]])
    if part.get("type") == "array":
        return st.lists(_values(part["items"]), max_size=3)
    if "properties" in part:
        fields = {name: _values(each) for name, each in part["properties"].items()}
        return st.fixed_dictionaries({}, optional=fields)
    return st.sampled_from([*part["examples"], None, 0, -1, "", [], {}, True, 1.5])


BODIES = st.fixed_dictionaries(
    {},
    optional={
        "functions": st.dictionaries(
            st.sampled_from(["a", "*", "a:1", "1"]), _values(SCHEMA["$defs"]["function"])
        ),
        "faults": _values(SCHEMA["properties"]["faults"]),
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=BODIES)
def test_the_loader_refuses_what_the_schema_refuses(
    read_scenario: ReadScenario, body: dict[str, Any]
) -> None:
    """The one thing that it knows beyond the schema is what the operations are."""
    document = {"apiVersion": "lambda.reconciler/v1", "kind": "Scenario", **body}
    found = read_scenario(yaml.safe_dump(document, sort_keys=False))

    if not Draft202012Validator(SCHEMA).is_valid(document):
        assert isinstance(found, list)
    elif isinstance(found, list):
        assert all("begins no update" in error for error in found)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200))
def test_any_text_is_a_scenario_or_an_error(read_scenario: ReadScenario, text: str) -> None:
    """Nothing that a file can contain gets out as an exception."""
    found = read_scenario(text.encode("utf-8", "replace"))
    assert isinstance(found, Scenario) or found
