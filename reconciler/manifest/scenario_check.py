"""What is wrong in a scenario: by its schema, whose words are used, and by the sandbox."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler import schema
from reconciler.manifest import shape
from reconciler.manifest.document import Finding
from reconciler.manifest.refused import described
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import dotted, listed, nearest, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

    from reconciler.manifest.document import Document, FieldPath

_WHAT_IT_IS = (("apiVersion",), ("kind",))
_OF_UPDATES = ("failWith", "settle")
_ADD = {
    "apiVersion": "add apiVersion: lambda.reconciler/v1",
    "kind": "add kind: Scenario",
    "status": "add it, for example status: 500",
    "code": "add AWS's error code, for example code: AccessDeniedException",
    "reasonCode": "add it, for example reasonCode: InvalidImage",
}


@dataclass(frozen=True, slots=True)
class KnownOperations:
    """The operations that the sandbox answers, and those of them that begin an update."""

    all: frozenset[str]
    updates: frozenset[str]


def check(document: Document, known: KnownOperations) -> list[Finding]:
    """Return one error per mistake; where the document is no scenario, only that."""
    found: dict[FieldPath, Finding] = {}
    refusals = [each for each in _refusals(document) if not document.is_broken(_path(each))]
    misspelt = {_path(each) for each in refusals if each.validator == "additionalProperties"}
    for refusal in refusals:
        for finding in _explain(document, refusal, misspelt):
            found.setdefault(finding.path, finding)
    other_kind = [found[path] for path in _WHAT_IT_IS if path in found]
    if other_kind:
        return other_kind
    document = document.without(found.values())
    return [*found.values(), *_operations(document, known)]


def _refusals(document: Document) -> list[ValidationError]:
    return list(_validator().iter_errors(document.root))


@cache
def _validator() -> Validator:
    return shape.validator(schema.load("scenario"))


def _path(refusal: ValidationError) -> FieldPath:
    return tuple(refusal.absolute_path)


def _explain(
    document: Document, refusal: ValidationError, misspelt: set[FieldPath]
) -> Iterator[Finding]:
    """Yield what to say; a field that is missing may be one that is misspelt."""
    path, value_schema = _path(refusal), _schema(refusal)
    if refusal.validator == "additionalProperties":
        yield from _unknown(document, path, tuple(value_schema["properties"]))
    elif path in misspelt:
        return
    elif refusal.validator == "required":
        yield from _missing(document, path, refusal)
    elif "propertyNames" in refusal.absolute_schema_path:
        name = str(refusal.instance)
        what = f"{shown(name)} cannot be a name in {dotted(path)}"
        yield document.key_finding((*path, name), what, value_schema["errorMessage"])
    else:
        what = f"{dotted(path)} {_problem(document, path, refusal)}"
        yield document.finding(path, what, value_schema["errorMessage"])


def _problem(document: Document, path: FieldPath, refusal: ValidationError) -> str:
    if refusal.validator == shape.FORBIDDEN:
        return "cannot be here"
    if refusal.validator == "anyOf" and isinstance(refusal.instance, dict):
        return "says nothing that happens"
    return described(document.places[path])


def _schema(refusal: ValidationError) -> dict[str, Any]:
    value_schema: dict[str, Any] = refusal.schema  # type: ignore[assignment]  # ours are no booleans
    return value_schema


def _unknown(document: Document, path: FieldPath, known: tuple[str, ...]) -> Iterator[Finding]:
    for name in document.mapping(*path):
        if name not in known:
            match = nearest(name, known)
            remedy = f"did you mean {match}?" if match else f"its fields are {listed(known)}"
            what = f"{dotted(path)} has no field {shown(name)}"
            yield document.key_finding((*path, name), what, remedy)


def _missing(document: Document, path: FieldPath, refusal: ValidationError) -> Iterator[Finding]:
    required: Any = refusal.validator_value
    for name in required:
        if name not in document.mapping(*path):
            what = f"{dotted((*path, name))} is missing"
            error = ManifestError(document.key_location(*path), what, _ADD[name])
            yield Finding((*path, name), error)


def _operations(document: Document, known: KnownOperations) -> Iterator[Finding]:
    """Yield the faults that would never happen."""
    faults = document.value("faults")
    for index in range(len(faults) if isinstance(faults, list) else 0):
        path: FieldPath = ("faults", index, "operation")
        operation = document.text(*path)
        if operation is None:
            continue
        if not _any_matches(known.all, operation):
            match = nearest(operation, known.all)
            remedy = f"did you mean {match}?" if match else f"write {listed(sorted(known.all))}"
            what = f"the sandbox answers no operation {shown(operation)}"
            yield document.finding(path, what, remedy)
        elif not _any_matches(known.updates, operation):
            yield from _no_update(document, path, operation, known)


def _no_update(
    document: Document, path: FieldPath, operation: str, known: KnownOperations
) -> Iterator[Finding]:
    for name in _OF_UPDATES:
        field = (*path[:-1], name)
        if document.value(*field) is not None:
            what = f"{dotted(field)} cannot happen to {operation}, which begins no update"
            remedy = f"name one of {listed(sorted(known.updates))}"
            yield document.key_finding(field, what, remedy)


def _any_matches(names: frozenset[str], pattern: str) -> bool:
    return any(fnmatchcase(name, pattern) for name in names)
