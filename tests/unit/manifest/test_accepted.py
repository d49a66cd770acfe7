"""The quick look at a document agrees with jsonschema, which explains what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.manifest import shape
from reconciler.manifest.accepted import compiled
from reconciler.manifest.kinds import DocumentKind

HEADER = {"apiVersion": "lambda.reconciler/v1", "metadata": {"name": "orders"}}
ARN = "arn:aws:lambda:eu-west-1::runtime:abc"
NOT_WANTED: list[Any] = ["", "x", " ", "a b", "x" * 257, 0, 1, 0.5, 2, True, False, None]
NOT_WANTED += [[], {}, ["a"], ["a", "a"], [1, True], {"a": 1}, {"code": {}}, "eu-west-1\n"]


def _values(part: Any, root: dict[str, Any]) -> st.SearchStrategy[Any]:  # noqa: ANN401 - JSON Schema
    """Make values that the schema may accept, and sometimes others."""
    if part is False or part == {"not": {}}:
        return st.sampled_from(NOT_WANTED)
    if "$ref" in part:
        return _values(root["$defs"][part["$ref"].rpartition("/")[2]], root)
    wanted = [st.sampled_from([*part.get("examples", ()), *part.get("enum", ())] or [ARN])]
    if "const" in part:
        wanted = [st.just(part["const"])]
    if part.get("items"):
        wanted.append(st.lists(_values(part["items"], root), max_size=3))
    if part.get("properties"):
        fields = {name: _values(each, root) for name, each in part["properties"].items()}
        required = {name: fields.pop(name) for name in part.get("required", ())}
        wanted += [st.fixed_dictionaries(required, optional=fields)] * 4
    if part.get("patternProperties"):
        (below,) = part["patternProperties"].values()
        names = st.sampled_from(["eu-west-1", "eu-west-1\n", "x"])
        wanted.append(st.dictionaries(names, _values(below, root), max_size=2))
    return st.integers(0, 15).flatmap(
        lambda number: st.sampled_from(NOT_WANTED) if number == 0 else st.one_of(wanted)
    )


def _schema(kind: str) -> dict[str, Any]:
    value_schema: dict[str, Any] = shape._value_schema(DocumentKind(kind))  # noqa: SLF001 - of values
    return value_schema


@settings(max_examples=150, deadline=None)
@given(data=st.data(), kind=st.sampled_from(list(DocumentKind)))
def test_it_agrees_with_jsonschema(data: st.DataObject, kind: DocumentKind) -> None:
    """Whatever a document says, both accept it or both refuse it."""
    value_schema = _schema(kind)
    spec = data.draw(_values(value_schema["properties"]["spec"], value_schema))
    document = {**HEADER, "kind": str(kind), "spec": spec}
    assert shape.validator(value_schema).is_valid(document) is compiled(value_schema)(document)


KEYWORDS = [
    ({"type": "number"}, [1, 0.5], [True, "1", None]),
    ({"type": ["boolean", "object"]}, [True, {}], [1, "true", []]),
    ({"const": True}, [True], [1, "true"]),
    ({"enum": ["on", True]}, ["on", True], [1, "off", [], {}]),
    ({"pattern": "^a$"}, ["a", 1], ["a\n", "ba"]),
    ({"minLength": 2, "maxLength": 3}, ["ab", "abc", 1], ["a", "abcd"]),
    ({"minProperties": 1, "maxProperties": 1}, [{"a": 1}, []], [{}, {"a": 1, "b": 2}]),
    ({"minItems": 1, "uniqueItems": True}, [["a"], {}], [[], ["a", "a"]]),
    ({"exclusiveMinimum": 0, "maximum": 1}, [0.1, 1, "2"], [0, -1, 1.1]),
    ({"items": {"type": "string"}}, [[], ["a"], {}], [["a", 1]]),
    ({"required": ["a"]}, [{"a": 1}, []], [{}, {"b": 1}]),
    ({"properties": {"a": {"type": "string"}}}, [{"a": "x"}, {"b": 1}, []], [{"a": 1}]),
    ({"additionalProperties": False}, [{}, "a"], [{"a": 1}]),
    ({"additionalProperties": {"type": "string"}}, [{"a": "b"}], [{"a": 1}]),
    (
        {"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
        [{"ab": "x"}],
        [{"ab": 1}, {"b": "x"}],
    ),
    ({"not": {}}, [], [1, {}, None]),
    ({"allOf": [{"type": "string"}, {"minLength": 1}]}, ["a"], ["", 1]),
    ({"anyOf": [{"type": "string"}, {"required": ["a"]}]}, ["a", {"a": 1}], [{}]),
    ({"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}, [{"a": 1}], [{}, {"a": 1, "b": 2}]),
    ({"if": {"type": "string"}, "then": {"minLength": 1}}, ["a", 1], [""]),
    ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, ["a"], [1]),
]


@pytest.mark.parametrize(("part", "good", "bad"), KEYWORDS, ids=[str(each[0]) for each in KEYWORDS])
def test_every_keyword(part: dict[str, Any], good: list[Any], bad: list[Any]) -> None:
    """What a keyword means is what jsonschema makes of it."""
    for values, expected in ((good, True), (bad, False)):
        for value in values:
            assert expected is compiled(part)(value), value
            assert expected is shape.validator(part).is_valid(value), value


@pytest.mark.parametrize("kind", DocumentKind)
def test_every_keyword_of_the_schemas_is_known(kind: DocumentKind) -> None:
    """One that is not would be an error, and so is one that no schema has yet."""
    compiled(_schema(kind))
    Draft202012Validator.check_schema(schema.load(kind.lower()))
    with pytest.raises(KeyError, match="multipleOf"):
        compiled({"multipleOf": 2})
