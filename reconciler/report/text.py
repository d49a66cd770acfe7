"""The report for people: what differs, what was done, and two lines that sum it up."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from reconciler.model import Status, StepStatus
from reconciler.printable import printable
from reconciler.report.counts import Counts, count, operation
from reconciler.report.style import Colour, Style, visible_length, without_colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import (
        Change,
        Failure,
        FunctionResult,
        RunResult,
        StepRecord,
        Undeclared,
    )

_DIGEST = re.compile(r"[A-Za-z0-9+/]{43}=|[0-9a-f]{64}")
_WORD = re.compile(r" *[^ ]+")
_SHOWN_OF_DIGEST = 12
_WIDTH_OF_FIELD = 18

_SIGNS = {
    Status.FAILED: ("x", Colour.RED),
    Status.INTERRUPTED: ("x", Colour.YELLOW),
    Status.SUSPENDED: ("!", Colour.YELLOW),
    Status.NOT_ATTEMPTED: ("?", Colour.YELLOW),
    Status.PLANNED: ("~", Colour.YELLOW),
    Status.UPDATED: ("+", Colour.GREEN),
    Status.IN_SYNC: ("=", Colour.DIM),
}

_WORDS = {
    Status.UPDATED: "updated",
    Status.FAILED: "FAILED",
    Status.INTERRUPTED: "interrupted",
    Status.SUSPENDED: "suspended: nothing is changed",
    Status.NOT_ATTEMPTED: "not attempted",
    Status.PLANNED: "",
    Status.IN_SYNC: "in sync",
}

_STEPS = {
    StepStatus.SUCCEEDED: ("done", Colour.GREEN),
    StepStatus.FAILED: ("not done", Colour.RED),
    StepStatus.IN_FLIGHT: ("in flight", Colour.YELLOW),
    StepStatus.NOT_ATTEMPTED: ("not attempted", Colour.YELLOW),
}


def render(run: RunResult, style: Style, *, verbose: bool = False, width: int | None = None) -> str:
    """
    Give the whole report.

    Functions in sync are listed only when ``verbose``. Lines are wrapped at ``width``
    columns, or not at all: what reads a pipe wants whole lines.
    """
    lines = _lines(run, style, verbose=verbose)
    return "".join(f"{part}\n" for line in lines for part in _wrap(line, width))


def _lines(run: RunResult, style: Style, *, verbose: bool) -> Iterator[str]:
    counts = count(run)
    for result in run.functions:
        if verbose or result.status is not Status.IN_SYNC:
            yield from described(result, style, notes=run.plan_only or verbose)
            yield ""
    for each in run.undeclared:
        yield from undeclared(each, style)
        yield ""
    yield from _ended_early(run, style)
    yield style.paint(Colour.BOLD, summary(run, counts))
    yield calls(run, counts)


def described(result: FunctionResult, style: Style, *, notes: bool) -> Iterator[str]:
    """Give all lines of one function; those of its plan's notes only with ``notes``."""
    sign, colour = _SIGNS[result.status]
    head = f"{sign} {printable(result.spec.id)}"
    word = _WORDS[result.status]
    place = f" ({printable(result.region)})" if result.region else ""
    yield style.paint(colour, head) + place + (f"  {word}" if word else "")
    if result.plan is not None:
        for change in result.plan.changes:
            yield _change(change)
        for note in result.plan.notes if notes else ():
            yield style.paint(Colour.DIM, f"    note: {printable(note)}")
    for record in result.steps:
        yield _step(record, style)
    for change in result.foreign_changes:
        yield f"    not by this run: {printable(change.field)} {_difference(change)}"
    if result.failure is not None:
        yield from _failure(result, result.failure, style)


def undeclared(each: Undeclared, style: Style) -> Iterator[str]:
    """Give all lines of a function of a saved plan that no manifest declares any more."""
    place = f" ({printable(each.region)})" if each.region else ""
    yield style.paint(Colour.RED, f"x {printable(each.id)}") + f"{place}  FAILED"
    kind = style.paint(Colour.RED, f"{each.failure.kind.lower()} failure:")
    yield f"    {kind} {printable(each.failure.what)}"
    yield f"    what now: {printable(each.failure.remedy)}"


def _change(change: Change) -> str:
    return f"    {printable(change.field):<{_WIDTH_OF_FIELD}} {_difference(change)}"


def _difference(change: Change) -> str:
    new = short(change.new)
    return new if change.old is None else f"{short(change.old)} -> {new}"


def _step(record: StepRecord, style: Style) -> str:
    words, colour = _STEPS[record.status]
    result = f": {short(record.result)}" if record.result else ""
    took = "" if record.duration is None else f" ({record.duration:.1f} s)"
    return f"    {style.paint(colour, words)} {operation(record.step)}{result}{took}"


def _failure(result: FunctionResult, failure: Failure, style: Style) -> Iterator[str]:
    request = f" (request {failure.request_id})" if failure.request_id else ""
    what = f"{printable(failure.what)}{printable(request)}"
    if result.status is Status.INTERRUPTED:
        yield f"    {what}; {printable(failure.remedy)}"
        return
    yield f"    {style.paint(Colour.RED, f'{failure.kind.lower()} failure:')} {what}"
    yield f"    what now: {printable(failure.remedy)}"
    yield f"    declared at {printable(str(result.spec.location))}"


def _wrap(line: str, width: int | None) -> list[str]:
    """Break at spaces; what goes on is indented below the first line's text."""
    if width is None or visible_length(line) <= width:
        return [line]
    plain = without_colour(line)
    indent = " " * (len(plain) - len(plain.lstrip()) + 4)
    lines: list[str] = []
    current = ""
    for word in _WORD.findall(line):
        if current.strip() and visible_length(current + word) > width:
            lines.append(current)
            current = indent + word.lstrip()
        else:
            current += word
    return [*lines, current]


def short(text: str) -> str:
    """Shorten digests to what a person compares."""
    return printable(_DIGEST.sub(lambda found: found.group()[:_SHOWN_OF_DIGEST] + "...", text))


def _ended_early(run: RunResult, style: Style) -> Iterator[str]:
    told = interruption(run)
    if told is not None:
        yield style.paint(Colour.YELLOW, told)
    told = refusal(run)
    if told is not None:
        yield style.paint(Colour.RED, told)


def interruption(run: RunResult) -> str | None:
    """Say which signal ended the run early, where one did."""
    if run.interrupted_by is None:
        return None
    name = signal.Signals(run.interrupted_by).name
    return f"Interrupted by {name}: the next run goes on from there."


def refusal(run: RunResult) -> str | None:
    """Say that there were too many changes, where there were."""
    if run.too_many is None:
        return None
    limit, allowed = printable(run.too_many.limit), run.too_many.allowed
    functions = "1 function" if run.too_many.planned == 1 else f"{run.too_many.planned} functions"
    return (
        f"Refused: {functions} would change, and --max-changes {limit} "
        f"allows {allowed} of {len(run.functions)}. Nothing was written."
    )


def summary(run: RunResult, counts: Counts) -> str:
    """Say in one line what it comes to."""
    parts = [
        (counts.update, "to update" if run.plan_only else "updated"),
        (counts.publish, "to publish" if run.plan_only else "published"),
        (counts.of(Status.IN_SYNC), "in sync"),
        (counts.of(Status.SUSPENDED), "suspended"),
        (counts.of(Status.FAILED), "failed"),
        (len(run.undeclared), "not declared any more"),
        (counts.of(Status.INTERRUPTED), "interrupted"),
        (counts.of(Status.NOT_ATTEMPTED), "not attempted"),
    ]
    said = ", ".join(f"{number} {words}" for number, words in parts if number)
    if _nothing_to_do(run):
        return f"No changes. {_trust(len(run.functions))}"
    return f"{'Plan' if run.plan_only else 'Applied'}: {said or 'no functions'}."


def _nothing_to_do(run: RunResult) -> bool:
    in_sync = all(result.status is Status.IN_SYNC for result in run.functions)
    return bool(run.functions) and in_sync and not run.undeclared


def _trust(number: int) -> str:
    functions = "The function was" if number == 1 else f"All {number} functions were"
    return (
        f"{functions} read from AWS just now: everything declared is live, "
        "and no update is in progress or failed."
    )


def calls(run: RunResult, counts: Counts) -> str:
    """Say in one line which calls write."""
    writes = ", ".join(f"{number} {name}" for name, number in counts.writes.items())
    if writes:
        return f"Calls: {writes}."
    return "Calls: none that write." if not run.plan_only else "Calls: none."
