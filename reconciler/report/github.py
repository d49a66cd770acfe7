"""What a step of a GitHub workflow prints: annotations at the manifests' lines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from posixpath import normpath
from typing import TYPE_CHECKING

from reconciler.model import Status
from reconciler.printable import printable
from reconciler.report.counts import count, effective_steps, operation
from reconciler.report.markdown_text import clipped
from reconciler.report.text import calls, interruption, refusal, short, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model import FunctionResult, Location, RunResult, Undeclared

_MOST = 10
"""Annotations of one kind; GitHub shows no more of a step."""
_MOST_CHARACTERS = 2_000


class Level(StrEnum):
    """The commands that make an annotation."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Annotation:
    """A word at a place in a manifest, or about the whole run."""

    level: Level
    title: str
    message: str
    location: Location | None = None

    def __str__(self) -> str:
        """Give the workflow command, one line."""
        told = [] if self.location is None else _place(self.location)
        told.append(f"title={_property(self.title)}")
        return f"::{self.level} {','.join(told)}::{_data(self.message)}"


def _place(location: Location) -> list[str]:
    # GitHub compares the name with those of its own list, which do not begin with "./".
    where = {"file": normpath(location.file), "line": location.line, "col": location.column}
    return [f"{name}={_property(str(value))}" for name, value in where.items()]


_LEVELS = {
    Status.FAILED: Level.ERROR,
    Status.INTERRUPTED: Level.WARNING,
    Status.NOT_ATTEMPTED: Level.WARNING,
    Status.PLANNED: Level.NOTICE,
    Status.SUSPENDED: Level.NOTICE,
}


def render(run: RunResult) -> str:
    """
    Give one workflow command a line: first what the run came to, then function by function.

    Errors for what failed, warnings for what was not attempted or not finished, notices for
    what differs. Functions that were updated or are in sync are in the first line alone.
    """
    told = [_undeclared(each) for each in run.undeclared]
    told += [_annotation(result, level, run) for result, level in _worth_telling(run)]
    shown = list(_fewer(told))
    return "".join(f"{each}\n" for each in (_whole(run, len(told) - len(shown)), *shown))


def errors(messages: Iterable[tuple[Location | None, str]]) -> str:
    """Give one workflow command a line for what is wrong with the manifests."""
    return "".join(
        f"{Annotation(Level.ERROR, 'Manifest', message, location)}\n"
        for location, message in messages
    )


def _worth_telling(run: RunResult) -> Iterator[tuple[FunctionResult, Level]]:
    for result in run.functions:
        level = _LEVELS.get(result.status)
        differs = result.plan is not None and bool(result.plan.changes)
        if level is not None and (result.status is not Status.SUSPENDED or differs):
            yield result, level


def _fewer(told: list[Annotation]) -> Iterator[Annotation]:
    """Leave out what GitHub would not show; one notice is of the whole run."""
    for level in Level:
        most = _MOST - 1 if level is Level.NOTICE else _MOST
        yield from [each for each in told if each.level is level][:most]


def _whole(run: RunResult, left: int) -> Annotation:
    counts = count(run)
    lines = [summary(run, counts), calls(run, counts)]
    lines += [told for told in (refusal(run), interruption(run)) if told is not None]
    if left:
        lines.insert(0, f"Truncated: {left} more annotations have no room here.")
    return Annotation(Level.NOTICE, "reconcile", "\n".join(lines))


def _annotation(result: FunctionResult, level: Level, run: RunResult) -> Annotation:
    lines = "\n".join(clipped(printable(line), _MOST_CHARACTERS) for line in _lines(result, run))
    title = f"{result.spec.id}: {_title(result.status)}"
    return Annotation(level, title, lines, result.spec.location)


def _undeclared(each: Undeclared) -> Annotation:
    lines = f"{each.failure.what}\nwhat now: {each.failure.remedy}"
    return Annotation(Level.ERROR, f"{each.id}: failed", lines)


def _title(status: Status) -> str:
    return {
        Status.FAILED: "failed",
        Status.INTERRUPTED: "interrupted",
        Status.NOT_ATTEMPTED: "not attempted",
        Status.SUSPENDED: "suspended, and differs",
    }.get(status, "differs")


def _lines(result: FunctionResult, run: RunResult) -> Iterator[str]:
    if result.failure is not None:
        yield result.failure.what
        yield f"what now: {result.failure.remedy}"
    for change in result.plan.changes if result.plan else ():
        old = "" if change.old is None else f"{short(change.old)} -> "
        yield f"{change.field}: {old}{short(change.new)}"
    steps = effective_steps(result, plan_only=run.plan_only)
    names = ", ".join(operation(step) for step in steps)
    if names:
        yield f"{'calls' if run.plan_only else 'done'}: {names}"
    if result.status is Status.NOT_ATTEMPTED and result.failure is None:
        yield "The run ended before its turn."


def _data(text: str) -> str:
    """Escape a message as GitHub's toolkit does (actions/toolkit, packages/core/src/command.ts)."""
    lines = "\n".join(printable(line) for line in text.split("\n"))
    return lines.replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a property, which ends at a comma, and a command's name at a colon."""
    return printable(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
