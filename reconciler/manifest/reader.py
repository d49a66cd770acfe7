"""
Text to documents, within limits.

The limits hold on the parser's events, which come one at a time and without
recursion, so nothing is ever composed that is too deep, too large or endless.
"""

from __future__ import annotations

import contextlib
import itertools
import re
from typing import TYPE_CHECKING, Any, NoReturn

import yaml

from reconciler.manifest.files import position
from reconciler.manifest.nodes import Mapping, Node, Scalar, Sequence
from reconciler.manifest.scalars import Kind, kind_of
from reconciler.manifest.syntax import explain
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import shown
from reconciler.model import Location

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterator

DEEPEST = 32
"""A manifest needs 5 levels."""
MOST_ALIASES = 100
"""Per file: enough for shared labels, too few for a bomb."""
MOST_DIRECTIVES = 100
"""Per file; no manifest needs one, and the parser compares each with all the others."""
MOST_NODES = 10_000
"""Per document, with its aliases written out: a manifest has about 30."""

_DIRECTIVE = re.compile(r"(?:\A|(?<=[\r\n\x85\u2028\u2029]))%")

# The parser in C is ten times as fast, and is missing where PyYAML was built without it.
_LOADER: type[yaml.SafeLoader | yaml.CSafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# The parser in Python lets ValueError out of odd escapes and version numbers.
_PARSER_ERRORS = (yaml.YAMLError, ValueError, OverflowError)


def read(file: str, text: str) -> Iterator[Node | ManifestError]:
    """Yield the documents that are not empty, and what cannot be read, in order."""
    directives = list(itertools.islice(_DIRECTIVE.finditer(text), MOST_DIRECTIVES + 1))
    if len(directives) <= MOST_DIRECTIVES:
        yield from _Reader(file, text).documents()
        return
    location = Location(file, *position(text, directives[-1].start()))
    what = f"the file has more than {MOST_DIRECTIVES} directives"
    yield ManifestError(location, what, "remove the lines that start with %")


def _events(text: str) -> Iterator[yaml.Event]:
    """Yield what yaml.parse does, with one call for each event in place of two."""
    parser: Any = _LOADER(text)  # the stubs of the parser in C lack it
    while (event := parser.get_event()) is not None:
        yield event


class _Refused(Exception):  # noqa: N818 - it never leaves this module, and carries the error
    """A document is over a limit; the rest of the file is too when ``ends_file``."""

    def __init__(self, error: ManifestError, *, ends_file: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.ends_file = ends_file


class _Reader:
    def __init__(self, file: str, text: str) -> None:
        self._file = file
        self._text = text
        self._events: Iterator[yaml.Event] = _events(text)
        self._anchors: dict[str, Node | None] = {}
        self._aliases = 0
        self._nodes = 0

    def documents(self) -> Iterator[Node | ManifestError]:
        try:
            while (event := next(self._events, None)) is not None:
                if isinstance(event, yaml.DocumentStartEvent):
                    yield from self._document()
        except _PARSER_ERRORS as error:
            yield explain(self._file, self._text, error)

    def _document(self) -> Iterator[Node | ManifestError]:
        self._anchors, self._nodes = {}, 0
        try:
            node = self._node(next(self._events), 0)
        except _Refused as refused:
            yield refused.error
            self._skip(to_end_of_file=refused.ends_file)
        else:
            if not _is_empty(node):
                yield node

    def _skip(self, *, to_end_of_file: bool) -> None:
        """Pass over the rest of what is refused already, whatever else is wrong with it."""
        if to_end_of_file:
            self._events = iter(())
        depth = 0
        with contextlib.suppress(*_PARSER_ERRORS):
            for event in self._events:
                depth += _deeper(event)
                if depth > DEEPEST:
                    # The parser takes the longer for each token the deeper it is nested.
                    self._events = iter(())
                if depth > DEEPEST or isinstance(event, yaml.DocumentEndEvent):
                    return

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        self._count(event, 1)
        anchor = getattr(event, "anchor", None)
        if anchor is None:
            return self._compose(event, depth)
        self._anchors[anchor] = None
        node = self._anchors[anchor] = self._compose(event, depth)
        return node

    def _compose(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event)
        self._check_depth(event, depth + 1)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(event, depth + 1)
        return self._sequence(event, depth + 1)

    def _scalar(self, event: yaml.ScalarEvent) -> Scalar:
        start: Any = event.start_mark  # the parsers always set both marks
        end: Any = event.end_mark
        source = self._text[start.index : end.index]
        line, column = start.line + 1, start.column + 1
        return Scalar(event.value, not event.style, event.tag, source, line, column)

    def _sequence(self, event: yaml.Event, depth: int) -> Sequence:
        line, column = _place(event)
        items = tuple(self._children(yaml.SequenceEndEvent, depth))
        height, size = _extent(items)
        return Sequence(
            items=items,
            tag=getattr(event, "tag", None),
            line=line,
            column=column,
            height=height,
            size=size,
        )

    def _mapping(self, event: yaml.MappingStartEvent, depth: int) -> Mapping:
        line, column = _place(event)
        children = self._children(yaml.MappingEndEvent, depth)
        height, size = _extent(children)
        return Mapping(
            entries=tuple(zip(children[::2], children[1::2], strict=True)),
            tag=event.tag,
            line=line,
            column=column,
            height=height,
            size=size,
        )

    def _children(self, end: type[yaml.Event], depth: int) -> list[Node]:
        children: list[Node] = []
        while not isinstance(event := next(self._events), end):
            children.append(self._node(event, depth))
        return children

    def _alias(self, event: yaml.AliasEvent, depth: int) -> Node:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            self._refuse(
                event,
                f"the file has more than {MOST_ALIASES} aliases",
                "write the values out, or split the file",
                ends_file=True,
            )
        node = self._anchored(event)
        self._count(event, node.size)
        self._check_depth(event, depth + node.height)
        return node

    def _anchored(self, event: yaml.AliasEvent) -> Node:
        alias = shown(f"*{event.anchor}")
        if event.anchor not in self._anchors:
            self._refuse(
                event,
                f"the alias {alias} has no anchor before it in this document",
                f"add the anchor {shown(f'&{event.anchor}')}, or quote the value",
            )
        node = self._anchors[event.anchor]
        if node is None:
            self._refuse(event, f"the alias {alias} contains itself", "write the value out")
        return node

    def _count(self, event: yaml.Event, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            self._refuse(
                event,
                f"the document has more than {MOST_NODES:,} values, its aliases written out",
                "make it smaller: one document describes one function",
            )

    def _check_depth(self, event: yaml.Event, depth: int) -> None:
        if depth > DEEPEST:
            self._refuse(
                event,
                f"the document is nested more than {DEEPEST} levels deep",
                "write it flatter",
            )

    def _refuse(
        self, event: yaml.Event, what: str, remedy: str, *, ends_file: bool = False
    ) -> NoReturn:
        error = ManifestError(self._location(event), what, remedy)
        raise _Refused(error, ends_file=ends_file)

    def _location(self, event: yaml.Event) -> Location:
        return Location(self._file, *_place(event))


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)


def _extent(children: abc.Sequence[Node]) -> tuple[int, int]:
    """Return the height and size of a collection of these."""
    height, size = 0, 1 + len(children)
    for child in children:
        if not isinstance(child, Scalar):
            height, size = max(height, child.height), size + child.size - 1
    return 1 + height, size


def _deeper(event: yaml.Event) -> int:
    return isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)


def _is_empty(node: Node) -> bool:
    if not isinstance(node, Scalar) or not node.plain or node.tag is not None:
        return False
    return kind_of(node.text) is Kind.NULL
