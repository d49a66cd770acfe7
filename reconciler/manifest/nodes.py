"""The document as it was written: text with positions, nothing interpreted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Scalar:
    """
    A single value. ``source`` is how it stands in the file, quotes included.

    ``plain`` is true when it stands without quotes, so that it may mean something
    else than a string.
    """

    text: str
    plain: bool
    tag: str | None
    source: str
    line: int
    column: int

    height: ClassVar[int] = 0
    size: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list. ``size`` and ``height`` count what aliases bring in."""

    items: tuple[Node, ...]
    tag: str | None
    line: int
    column: int
    height: int
    size: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in order, duplicates included."""

    entries: tuple[tuple[Node, Node], ...]
    tag: str | None
    line: int
    column: int
    height: int
    size: int


Node: TypeAlias = Scalar | Sequence | Mapping
