"""``docs/aws-coverage.md``, taken apart: tables below headings, rows, and the tests they name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "aws-coverage.md"
SHOWN_BY = "shown by"
FIELDS, NOT_READ = "Response fields / Read", "Response fields / Not read"
MODE = "Response fields / PutRuntimeManagementConfig and GetRuntimeManagementConfig"

_HEADING = re.compile(r"(#+) (.+)")
_QUOTED = re.compile(r"`([^`]+)`")
_TEST = re.compile(r"`([\w/]+\.py)::(\w+)`")


@dataclass(frozen=True)
class Row:
    """
    One line of a table.

    ``place`` is the headings that it stands below, but for the page's own, joined by `` / ``;
    ``cells`` are by the table's head.
    """

    place: str
    cells: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """What the line is about: what is quoted in its first cell; none where it is the rest."""
        first, *_ = self.cells.values()
        return quoted(first)

    @property
    def kind(self) -> str:
        """The head of the first cell: what the names are names of."""
        return next(iter(self.cells))


def quoted(text: str) -> tuple[str, ...]:
    """Give what stands between backticks."""
    return tuple(_QUOTED.findall(text))


def named_tests(text: str) -> tuple[tuple[str, str], ...]:
    """Give the tests that a text names, each by file and name."""
    return tuple(_TEST.findall(text))


@cache
def rows() -> tuple[Row, ...]:
    """Read all tables of the page."""
    return tuple(_rows(PAGE.read_text(encoding="utf-8").splitlines()))


def _rows(lines: list[str]) -> Iterator[Row]:
    headings: list[str] = []
    head: list[str] = []
    for line in lines:
        found = _HEADING.fullmatch(line)
        if found is not None:
            headings = [*headings[: len(found[1]) - 2], found[2]]
        if not line.startswith("|"):
            head = []
        elif not head:
            head = _cells(line)
        elif not line.startswith("|---"):
            yield Row(" / ".join(headings), dict(zip(head, _cells(line), strict=True)))


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def below(place: str, kind: str | None = None) -> list[Row]:
    """Give the lines below a heading, of one kind of table or of all."""
    return [row for row in rows() if row.place == place and kind in (None, row.kind)]


def names_below(place: str, kind: str | None = None) -> list[str]:
    """Give what these lines are about."""
    return [name for row in below(place, kind) for name in row.names]
