"""Nodes to values: what scalars mean, substitution, keys, and where everything stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest import scalars
from reconciler.manifest.document import Document, FieldPath, Place, Value
from reconciler.manifest.files import position
from reconciler.manifest.nodes import Mapping, Node, Scalar, Sequence
from reconciler.manifest.scalars import Kind
from reconciler.manifest.substitution import LONGEST_STRING, places, substitute
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import dotted, shortened, shown
from reconciler.model import Location

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterable

    from reconciler.manifest.substitution import Problem, Substituted, TargetValues

BOOLEAN_FIELDS = (("spec", "suspend"), ("spec", "publish"), ("spec", "code", "nativeCheck"))
"""Where a substituted "true" or "false" is taken as the boolean."""

MERGE_KEY = "<<"

_TARGETS = ("spec", "targets")
_WHAT_IT_IS = (("apiVersion",), ("kind",), ("metadata", "name"))
"""These and the targets themselves are what they are before there is a target."""


def resolve(
    file: str,
    root: Node,
    environment: abc.Mapping[str, str],
    target: TargetValues = None,
) -> tuple[Document, list[ManifestError]]:
    """
    Interpret a document; fields with an error are marked as broken in it.

    So are those that wait for a target's values, as long as they are not known.
    """
    resolver = _Resolver(file, environment, target)
    resolver.place(root, (), None)
    asked = frozenset(resolver.target_fields)
    return Document(file, resolver.places, frozenset(resolver.broken), asked), resolver.errors


class _Resolver:
    def __init__(self, file: str, environment: abc.Mapping[str, str], target: TargetValues) -> None:
        self._file = file
        self._environment = environment
        self._target = target
        self.places: dict[FieldPath, Place] = {}
        self.broken: set[FieldPath] = set()
        self.errors: list[ManifestError] = []
        self.target_fields: set[str] = set()

    def place(self, node: Node, path: FieldPath, key: Scalar | None) -> Value:
        """Interpret the node, and note where it stands."""
        substituted = False
        if isinstance(node, Scalar):
            value, substituted = self._scalar(node, path)
        elif isinstance(node, Sequence):
            value = self._sequence(node, path)
        else:
            value = self._mapping(node, path)
        self.places[path] = Place(node, key, value, substituted)
        return value

    def _sequence(self, node: Sequence, path: FieldPath) -> Value:
        if node.tag not in scalars.SEQUENCE_TAGS:
            self._wrong_tag(node, path)
            return None
        return [self.place(item, (*path, index), None) for index, item in enumerate(node.items)]

    def _mapping(self, node: Mapping, path: FieldPath) -> Value:
        if node.tag not in scalars.MAPPING_TAGS:
            self._wrong_tag(node, path)
            return None
        fields: dict[str, Value] = {}
        seen: dict[str, Scalar] = {}
        for key, value in node.entries:
            if self._is_usable(key, path, seen) and isinstance(key, Scalar):
                seen[key.text] = key
                fields[key.text] = self.place(value, (*path, key.text), key)
        return fields

    def _is_usable(self, key: Node, path: FieldPath, seen: abc.Mapping[str, Scalar]) -> bool:
        if not isinstance(key, Scalar):
            self._error(key, None, "a list or mapping cannot be a key", "write a string")
        elif key.plain and key.text == MERGE_KEY:
            what = f"the merge key {MERGE_KEY} is not supported"
            self._error(key, (*path, MERGE_KEY), what, "write the fields out")
        elif key.text in seen:
            self._duplicate(key, path, seen[key.text])
        else:
            return self._is_string_key(key) and self._is_short(key, key.text, None)
        return False

    def _is_string_key(self, key: Scalar) -> bool:
        kind = self._kind(key, None)
        if kind is not Kind.STRING and kind is not None:
            article = "" if kind is Kind.NULL else "a "
            what = f"the key {shortened(key.text)} is {article}{kind}, not a string"
            self._error(key, None, what, f"quote it: {shown(key.text)}")
        return kind is Kind.STRING

    def _duplicate(self, key: Scalar, path: FieldPath, first: Scalar) -> None:
        what = (
            f"{dotted((*path, key.text))} is given twice, at line {first.line} "
            f"and at line {key.line}"
        )
        self._error(key, (*path, key.text), what, "keep one of them")

    def _scalar(self, node: Scalar, path: FieldPath) -> tuple[Value, bool]:
        kind = self._kind(node, path)
        if kind is Kind.STRING:
            return self._string(node, path)
        if kind is Kind.BOOLEAN:
            return node.text.lower() == "true", False
        return (scalars.number_of(node.text) if kind is Kind.NUMBER else None), False

    def _string(self, node: Scalar, path: FieldPath) -> tuple[Value, bool]:
        if not self._is_short(node, node.text, path):
            return None, False
        if "${" not in node.text:
            return node.text, False
        result = substitute(node.text, self._environment, self._target)
        if result.target_fields:
            self._note_target(node, result, path)
        if result.problems:
            self._add_problems(node, result.problems, path)
        elif result.changed:
            self._is_short(node, result.text, path)
        if result.changed and path in BOOLEAN_FIELDS and result.text in ("true", "false"):
            return result.text == "true", True
        return result.text, result.changed

    def _note_target(self, node: Scalar, result: Substituted, path: FieldPath) -> None:
        if path in _WHAT_IT_IS or path[:2] == _TARGETS:
            what = f"{dotted(path)} is the same for all targets, and takes no value of one"
            self._error(node, path, what, "write the same for all")
            return
        self.target_fields |= result.target_fields
        if not result.is_known:
            self.broken.add(path)

    def _add_problems(self, node: Scalar, problems: Iterable[Problem], path: FieldPath) -> None:
        offsets = places(node.source)
        # Escapes in double quotes may hide a substitution, or look like one.
        are_known = len(offsets) == len(places(node.text))
        for problem in problems:
            line, column = node.line, node.column
            if are_known:
                line, column = position(node.source, offsets[problem.number], line, column)
            location = Location(self._file, line, column)
            self._add(ManifestError(location, problem.what, problem.remedy), path)

    def _is_short(self, node: Scalar, text: str, path: FieldPath | None) -> bool:
        if text.isascii() and len(text) <= LONGEST_STRING:
            return True
        try:
            is_short = len(text.encode()) <= LONGEST_STRING
        except UnicodeEncodeError:
            self._error(node, path, f"{shown(text)} is not valid Unicode", "write it as UTF-8")
            return False
        if not is_short:
            what = f"a string is longer than {LONGEST_STRING // 1024} KiB"
            self._error(node, path, what, "shorten it")
        return is_short

    def _kind(self, node: Scalar, path: FieldPath | None) -> Kind | None:
        """Return what the scalar is by its tag, quotes or text; None is an error, noted."""
        if node.tag is None:
            return scalars.kind_of(node.text) if node.plain else Kind.STRING
        if node.tag in scalars.STRING_TAGS:
            return Kind.STRING
        kind = scalars.SCALAR_TAGS.get(node.tag)
        if kind is None:
            self._wrong_tag(node, path)
        elif scalars.kind_of(node.text) is not kind:
            what = f"{shown(node.text)} is not what its tag {scalars.written_tag(node.tag)} says"
            self._error(node, path, what, "leave the tag out")
        else:
            return kind
        return None

    def _wrong_tag(self, node: Node, path: FieldPath | None) -> None:
        tag = shortened(scalars.written_tag(node.tag or ""))
        self._error(node, path, f"the tag {tag} is not supported here", "leave it out")

    def _error(self, node: Node, path: FieldPath | None, what: str, remedy: str) -> None:
        self._add(ManifestError(Location(self._file, node.line, node.column), what, remedy), path)

    def _add(self, error: ManifestError, path: FieldPath | None) -> None:
        self.errors.append(error)
        if path is not None:
            self.broken.add(path)
