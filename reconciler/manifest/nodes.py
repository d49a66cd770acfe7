"""The document as it was written: text with positions, nothing interpreted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias


class Scalar(NamedTuple):
    """
    A single value. ``source`` is how it stands in the file, quotes included.

    ``plain`` is true when it stands without quotes, so that it may mean something
    else than a string. A tuple, as there are many: one is made in half the time.
    """

    text: str
    plain: bool
    tag: str | None
    source: str
    line: int
    column: int

    @property
    def height(self) -> int:
        """How many levels of collections it has."""
        return 0

    @property
    def size(self) -> int:
        """How many values it is."""
        return 1


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
