"""One document, interpreted: its value, and where each part of it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from reconciler.manifest.values import ManifestError
from reconciler.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.manifest.nodes import Node, Scalar

FieldPath: TypeAlias = tuple[str | int, ...]
Value: TypeAlias = "str | bool | int | float | list[Value] | dict[str, Value] | None"


class Place(NamedTuple):
    """
    Where a value stands, under which key, and what it came to: a tuple, as there are many.

    ``substituted`` is true when the environment or a target gave a part of it.
    """

    node: Node
    key: Scalar | None
    value: Value
    substituted: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """An error, and the field that cannot be used because of it."""

    path: FieldPath
    error: ManifestError


@dataclass(frozen=True, slots=True)
class Document:
    """
    A document whose parts are found by path: ``document.text("spec", "region")``.

    ``broken`` are the fields that have an error already. They and everything in
    them read as absent, so that one mistake is reported once. ``target_fields`` are
    the values of a target that its strings ask for.
    """

    file: str
    places: Mapping[FieldPath, Place]
    broken: frozenset[FieldPath] = frozenset()
    target_fields: frozenset[str] = frozenset()

    def without(self, findings: Iterable[Finding]) -> Document:
        """Return the document with more broken fields."""
        return replace(self, broken=self.broken.union(finding.path for finding in findings))

    def is_broken(self, path: FieldPath) -> bool:
        """Whether the field, or what it is part of, has an error already."""
        if not self.broken:
            return False
        return any(path[:length] in self.broken for length in range(len(path) + 1))

    def value(self, *path: str | int) -> Value:
        """Return what stands at the path, None where nothing usable does."""
        place = self.places.get(path)
        return None if place is None or self.is_broken(path) else place.value

    @property
    def root(self) -> Value:
        """The whole value, whatever is wrong with it."""
        return self.places[()].value

    def text(self, *path: str | int) -> str | None:
        """Return the string at the path."""
        value = self.value(*path)
        return value if isinstance(value, str) else None

    def mapping(self, *path: str | int) -> dict[str, Value]:
        """Return the fields at the path, none where it is no mapping."""
        value = self.value(*path)
        return value if isinstance(value, dict) else {}

    def location(self, *path: str | int) -> Location:
        """Return the position of the value."""
        node = self.places[path].node
        return Location(self.file, node.line, node.column)

    def key_location(self, *path: str | int) -> Location:
        """Return the position of the field's name."""
        key = self.places[path].key
        return self.location(*path) if key is None else Location(self.file, key.line, key.column)

    def finding(self, path: FieldPath, what: str, remedy: str) -> Finding:
        """Return an error at the value."""
        return Finding(path, ManifestError(self.location(*path), what, remedy))

    def key_finding(self, path: FieldPath, what: str, remedy: str) -> Finding:
        """Return an error at the field's name."""
        return Finding(path, ManifestError(self.key_location(*path), what, remedy))
