"""What the schema refuses in the fields of a mapping: unknown, missing, too many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.manifest import shape
from reconciler.manifest.document import Finding
from reconciler.manifest.kinds import kind_of
from reconciler.manifest.resolve import MERGE_KEY
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import dotted, listed, nearest, shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from reconciler.manifest.document import Document, FieldPath
    from reconciler.manifest.shape import Refusal, Refusals, Schema

_REGIONS = "its fields are regions, such as eu-west-1, and below each stand x86_64 and arm64"
"""Of the one mapping in which names are not the schema's."""


@dataclass(frozen=True, slots=True)
class UnknownField:
    """A field that nobody reads; ``meant`` is the field that its writer probably wanted."""

    path: FieldPath
    known: tuple[str, ...]
    meant: FieldPath | None


def unknown(document: Document, path: FieldPath, refused: Refusals) -> list[UnknownField]:
    """Return the fields of the mapping that the schema does not know."""
    refusal = refused.get("additionalProperties")
    if refusal is None:
        return []
    known = tuple(shape.fields_of(refusal.schema))
    names = [name for name in document.mapping(*path) if not shape.is_field(refusal.schema, name)]
    places = shape.places_of_fields(kind_of(document)) if names else {}
    return [UnknownField((*path, name), known, _meant(path, name, known, places)) for name in names]


def _meant(
    path: FieldPath, name: str, known: tuple[str, ...], places: Mapping[str, FieldPath]
) -> FieldPath | None:
    elsewhere = places.get(name)
    if elsewhere is not None:
        return elsewhere
    match = nearest(name, known)
    return None if match is None else (*path, match)


def explain_unknown(document: Document, field: UnknownField) -> Finding:
    """Return the error at the unknown field's name."""
    *parent, name = field.path
    what = f"{dotted(parent)} has no field {shown(str(name))}"
    return document.key_finding(field.path, what, _remedy_for_unknown(field))


def _remedy_for_unknown(field: UnknownField) -> str:
    if not field.known:
        return _REGIONS
    if field.meant is None:
        return f"its fields are {listed(field.known)}"
    *parent, name = field.meant
    if tuple(parent) == field.path[:-1]:
        return f"did you mean {name}?"
    return f"move it to {dotted(parent)}" if parent else "move it to the top of the document"


def missing(
    document: Document, path: FieldPath, refused: Refusals, meant: AbstractSet[FieldPath]
) -> list[Finding]:
    """Return the required fields that are not there, nor meant by an unknown one."""
    refusal = refused.get("required")
    if refusal is None or (*path, MERGE_KEY) in document.broken:
        return []
    present = document.mapping(*path)
    names = [name for name in refusal.expected if name not in present]
    return [
        _explain_missing(document, (*path, name), refusal)
        for name in names
        if not document.is_broken((*path, name))
        and not any(other[: len(path) + 1] == (*path, name) for other in meant)
    ]


def _explain_missing(document: Document, path: FieldPath, refusal: Refusal) -> Finding:
    *parent, name = path
    if name == "runtimeVersionArn":
        mode = (*parent, "updateRuntimeOn")
        what = f"{dotted(mode)} is Manual, but there is no runtimeVersionArn"
        remedy = "add the ARN of the runtime version to keep, or choose Auto or FunctionUpdate"
        return Finding(path, ManifestError(document.location(*mode), what, remedy))
    remedy = _remedy_for_missing(str(name), shape.fields_of(refusal.schema)[str(name)])
    return Finding(
        path, ManifestError(document.key_location(*parent), f"{dotted(path)} is missing", remedy)
    )


def _remedy_for_missing(name: str, schema: Schema) -> str:
    if "const" in schema:
        return f"add {name}: {schema['const']}"
    if "enum" in schema:
        return f"add it, one of {listed(schema['enum'])}"
    if "properties" in schema:
        return f"add it; its fields are {listed(schema['properties'])}"
    return f"add it, for example {name}: {schema['examples'][0]}"


def wrong_number(document: Document, path: FieldPath, refused: Refusals) -> list[Finding]:
    """Return the error of code without a source, or with more than one."""
    refusal = refused.get("oneOf")
    if refusal is None or not isinstance(document.value(*path), dict):
        return []
    sources = [
        name
        for choice in refusal.expected
        for name in choice["required"]
        if "maxProperties" not in choice  # nativeCheck may stand alone, and is no source
    ]
    given = [name for name in document.mapping(*path) if name in sources]
    if given:
        what = f"{dotted(path)} names {len(given)} sources: {listed(given)}"
        location = document.key_location(*path, given[1])
        return [Finding(path, ManifestError(location, what, "keep exactly one of them"))]
    if "additionalProperties" in refused or (*path, MERGE_KEY) in document.broken:
        return []
    remedy = f"add one of {listed(sources)}, or leave code out"
    return [document.finding(path, f"{dotted(path)} names no source", remedy)]


def repeated(document: Document, path: FieldPath, refused: Refusals) -> list[Finding]:
    """Return the error at the item of a list that stands there already."""
    items = document.value(*path)
    if "uniqueItems" not in refused or not isinstance(items, list):
        return []
    repeats = (number for number, item in enumerate(items) if item in items[:number])
    if (second := next(repeats, None)) is None:
        return []
    what = f"{dotted(path)} names {shown(str(items[second]))} twice"
    return [document.finding((*path, second), what, "keep one of them")]
