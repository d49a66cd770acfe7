"""
The schema, applied: what it refuses in a document, as the schema sees it.

After substitution nothing may be a ``${...}`` any more, so what the schema grants
to text before substitution, for editors, is taken out of it here.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler import schema
from reconciler.manifest.accepted import compiled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from reconciler.manifest.accepted import Test
    from reconciler.manifest.document import FieldPath, Value
    from reconciler.manifest.kinds import DocumentKind

Schema: TypeAlias = "dict[str, Any]"
"""A JSON Schema: keywords, and whatever each of them takes."""

_SUBSTITUTION = {"$ref": "#/$defs/substitution"}

FORBIDDEN = "not"
"""The keyword of a field that the schema rules out beside another one."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One keyword that a value fails: ``expected`` is the keyword's own value."""

    expected: Any
    schema: Any


Refusals: TypeAlias = "Mapping[str, Refusal]"
"""What one value fails, by keyword."""


def refusals(kind: DocumentKind, value: Value) -> Mapping[FieldPath, Refusals]:
    """Return what the schema refuses, by the path of the value that it refuses."""
    found: dict[FieldPath, dict[str, Refusal]] = defaultdict(dict)
    if _accepts(kind)(value):
        return found
    for error in _validator(kind).iter_errors(value):
        refusal = Refusal(error.validator_value, error.schema)
        found[tuple(error.absolute_path)][str(error.validator)] = refusal
    return found


def fields_of(value_schema: Schema) -> dict[str, Schema]:
    """Return the fields that the schema of a mapping names, with their schemas."""
    fields: dict[str, Schema] = value_schema.get("properties", {})
    return fields


def is_field(value_schema: Schema, name: str) -> bool:
    """Whether the schema of a mapping knows the name, by itself or by its form."""
    return name in fields_of(value_schema) or any(
        re.search(pattern, name) for pattern in value_schema.get("patternProperties", ())
    )


@cache
def places_of_fields(kind: DocumentKind) -> Mapping[str, FieldPath]:
    """Return where each field belongs; no name stands in two places."""
    return {str(path[-1]): path for path, _ in _walk(_value_schema(kind), ()) if path}


@cache
def required_fields(kind: DocumentKind) -> frozenset[FieldPath]:
    """Return the fields that their mapping cannot be without."""
    return frozenset(
        (*path, name)
        for path, value_schema in _walk(_value_schema(kind), ())
        for name in value_schema.get("required", ())
    )


def _walk(value_schema: Schema, path: FieldPath) -> Iterator[tuple[FieldPath, Schema]]:
    yield path, value_schema
    for name, field_schema in fields_of(value_schema).items():
        yield from _walk(field_schema, (*path, name))


@cache
def _value_schema(kind: DocumentKind) -> Schema:
    value_schema: Schema = _for_values(schema.load(kind.lower()))
    return value_schema


@cache
def _validator(kind: DocumentKind) -> Validator:
    return validator(_value_schema(kind))


@cache
def _accepts(kind: DocumentKind) -> Test:
    return compiled(_value_schema(kind))


def validator(value_schema: Schema) -> Validator:
    """Return what applies a schema."""
    # Slow to import, and needed only once there is a document.
    from jsonschema import Draft202012Validator, validators  # noqa: PLC0415

    extend: Callable[..., type[Validator]] = validators.extend
    return extend(Draft202012Validator, {"pattern": _pattern})(value_schema)


def _pattern(
    _validator: Validator,
    pattern: str,
    value: object,
    _schema: object,
) -> Iterator[ValidationError]:
    """Match as ECMAScript does: in Python "$" would let a last line break through."""
    from jsonschema import ValidationError  # noqa: PLC0415 - see above

    if isinstance(value, str) and not _compiled(pattern).search(value):
        yield ValidationError("does not match")


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\$$", r"\\Z", pattern))


def _for_values(value_schema: Any) -> Any:  # noqa: ANN401 - JSON Schema is any JSON
    """Return the schema of substituted values; ``false`` in words that keep the path."""
    if isinstance(value_schema, list):
        return [_for_values(item) for item in value_schema]
    if not isinstance(value_schema, dict):
        return value_schema
    keywords = {name: _for_values(item) for name, item in value_schema.items()}
    if "properties" in keywords:
        # jsonschema reports a plain false at the mapping instead of at the field.
        for name in [name for name, item in keywords["properties"].items() if item is False]:
            keywords["properties"][name] = {"not": {}}
    if _SUBSTITUTION not in keywords.get("anyOf", ()):
        return keywords
    (alone,) = (choice for choice in keywords.pop("anyOf") if choice != _SUBSTITUTION)
    return keywords | alone
