"""The table of docs/fault-matrix.md, read cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model import FailureKind
from reconciler.report.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"

_CALL, _REASON_CODE, _LETTER = "call", "reason code", "letter"


class Outcome(Enum):
    """What a run comes to; the values are the letters of the page."""

    CONVERGED = "C"
    TEMPORARY = "T"
    PERMANENT = "P"

    @property
    def kind(self) -> FailureKind | None:
        """The kind of the failure, if it is one."""
        return _KINDS.get(self)

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of the command (docs/exit-codes.md)."""
        return _EXIT_CODES[self]


_KINDS = {
    Outcome.TEMPORARY: FailureKind.TEMPORARY,
    Outcome.PERMANENT: FailureKind.PERMANENT,
}
_EXIT_CODES = {
    Outcome.CONVERGED: ExitCode.OK,
    Outcome.TEMPORARY: ExitCode.TEMPORARY,
    Outcome.PERMANENT: ExitCode.PERMANENT,
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault at one call, once or always, and what is to come of it."""

    call: str
    fault: str
    always: bool
    outcome: Outcome

    def __str__(self) -> str:
        return f"{self.call} - {self.fault} - {'always' if self.always else 'once'}"


@dataclass(frozen=True, slots=True)
class Impossible:
    """A fault that no call of this name can meet, for the reason of a letter."""

    call: str
    fault: str
    letter: str


def _tables() -> Iterator[list[list[str]]]:
    """Give the tables of the page, each with its head and without the line below it."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    table: list[list[str]] = []
    for line, following in pairwise([*lines, "", ""]):
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if set("".join(cells)) != {"-"}:
                table.append(cells)
            if not following.startswith("|"):
                yield table
                table = []


def _matrix() -> Iterator[tuple[str, str, str]]:
    for head, *rows in _tables():
        if head[0] == _CALL:
            for call, *cells in rows:
                for fault, cell in zip(head[1:], cells, strict=True):
                    yield call, fault, cell


def _cells(call: str, fault: str, cell: str) -> Iterator[Cell]:
    for always, letter in zip((False, True), cell.split("/"), strict=True):
        yield Cell(call, fault, always, Outcome(letter))


CELLS = tuple(
    each for call, fault, cell in _matrix() if "/" in cell for each in _cells(call, fault, cell)
)
IMPOSSIBLE = tuple(Impossible(*each) for each in _matrix() if "/" not in each[2])
REASONS = {
    letter: reason
    for head, *rows in _tables()
    if head == [_LETTER, "reason"]
    for letter, reason in rows
}
"""Why a cell cannot happen, by its letter."""
REASON_CODES = {
    code: (Outcome(latest), Outcome(version))
    for head, *rows in _tables()
    if head[0] == _REASON_CODE
    for code, latest, version in rows
}
"""What an accepted change comes to that ends as Failed: of $LATEST, and of a version."""
