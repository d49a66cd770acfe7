"""The report as Markdown: for a pull request's comment, or the summary of a workflow's step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import Status
from reconciler.report.counts import count, effective_steps, operation
from reconciler.report.groups import BY_IMPORTANCE, grouped
from reconciler.report.markdown_text import code
from reconciler.report.text import calls, interruption, refusal, short, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.model import Change, FunctionResult, RunResult, StepRecord, Undeclared
    from reconciler.report.groups import Group

LIMIT = 65_000
"""
Bytes of UTF-8: a comment on GitHub has room for 65,536 characters, and whoever posts it
may want a line of his own in it.
"""

_FOR_THE_NOTICE = 300
_MOST_NAMES = 100
_SHOWN_AT_ONCE = 5

_TITLES = {
    Status.FAILED: "Failed",
    Status.INTERRUPTED: "Interrupted",
    Status.PLANNED: "To change",
    Status.UPDATED: "Changed",
    Status.NOT_ATTEMPTED: "Not attempted",
    Status.SUSPENDED: "Suspended: nothing is changed",
}


@dataclass(frozen=True, slots=True)
class _Block:
    """Lines that stand or fall together, and how many functions they tell of."""

    text: str
    functions: int


def render(run: RunResult, *, limit: int = LIMIT) -> str:
    """
    Give the report in at most ``limit`` bytes of UTF-8, with a line break at its end.

    What matters most comes first, functions with equal drifts are told of once, and when
    there is no room for all, the second paragraph says so.
    """
    head = "\n\n".join(_head(run))
    room = limit - len(head.encode()) - _FOR_THE_NOTICE
    shown: list[str] = []
    left = 0
    for block in _blocks(run):
        room -= len(block.text.encode()) + 2
        if room < 0:  # and so it is for all that come after
            left += block.functions
        else:
            shown.append(block.text)
    title, _, rest = head.partition("\n\n")
    return "\n\n".join([title, *_notice(left), rest, *shown]) + "\n"


def _head(run: RunResult) -> Iterator[str]:
    counts = count(run)
    yield f"### reconcile: {summary(run, counts)}"
    for told in (refusal(run), interruption(run)):
        if told is not None:
            yield f"**{code(told)}**"
    yield calls(run, counts)


def _notice(left: int) -> Iterator[str]:
    if left:
        what = "1 function has" if left == 1 else f"{left} functions have"
        yield f"**Truncated:** {what} no room here. `reconcile -o json` tells of all of them."


def _blocks(run: RunResult) -> Iterator[_Block]:
    if run.undeclared:
        yield _undeclared(run.undeclared)
    for status in BY_IMPORTANCE:
        groups = grouped(run.functions, status)
        heading = f"#### {_TITLES[status]} ({sum(len(each.functions) for each in groups)})\n\n"
        for group in groups:
            yield _Block(heading + _told(group, run), len(group.functions))
            heading = ""


def _undeclared(each: Sequence[Undeclared]) -> _Block:
    """Tell of functions of a saved plan that nobody declares any more: all failed alike."""
    number, failure = len(each), each[0].failure
    names = ", ".join(f"**{code(one.id)}**" for one in each[:_MOST_NAMES])
    more = f" and {number - _MOST_NAMES} more" if number > _MOST_NAMES else ""
    lines = [
        f"#### Not declared any more ({number})\n",
        f"- {names}{more}",
        f"  - {failure.kind.lower()} failure: {code(failure.what)}",
        f"  - what now: {code(failure.remedy)}",
    ]
    return _Block("\n".join(lines), number)


def _told(group: Group, run: RunResult) -> str:
    """Give one item of a list, with all that there is to say below it."""
    lines = [f"- {_names(group)}", *(f"  - {line}" for line in _lines(group.first, run))]
    if len(group.functions) > _SHOWN_AT_ONCE:
        lines += ["", *(f"  {line}" for line in _folded(group))]
    return "\n".join(lines)


def _names(group: Group) -> str:
    number = len(group.functions)
    if number == 1:
        return _name(group.first)
    shown = ", ".join(code(each.spec.id) for each in group.functions[:_SHOWN_AT_ONCE])
    more = f" and {number - _SHOWN_AT_ONCE} more" if number > _SHOWN_AT_ONCE else ""
    return f"**{number} functions:** {shown}{more}"


def _name(result: FunctionResult) -> str:
    place = f" in {code(result.region)}" if result.region else ""
    return f"**{code(result.spec.id)}**{place}, declared at {code(str(result.spec.location))}"


def _folded(group: Group) -> Iterator[str]:
    """Name them all, or as many as make sense."""
    number = len(group.functions)
    part = f"the first {_MOST_NAMES} of" if number > _MOST_NAMES else "all"
    yield f"<details><summary>{part} {number}</summary>"
    yield ""
    yield from (f"- {_name(each)}" for each in group.functions[:_MOST_NAMES])
    if number > _MOST_NAMES:
        yield f"- and {number - _MOST_NAMES} more"
    yield ""
    yield "</details>"


def _lines(result: FunctionResult, run: RunResult) -> Iterator[str]:
    if result.failure is not None:
        request = result.failure.request_id
        asked = f" (request {code(request)})" if request else ""
        yield f"{result.failure.kind.lower()} failure: {code(result.failure.what)}{asked}"
        yield f"what now: {code(result.failure.remedy)}"
    if result.plan is not None:
        yield from _changes(result.plan.changes)
    yield from _steps(result, run)
    for told in _changes(result.foreign_changes):
        yield f"not by this run: {told}"
    if result.plan is not None and run.plan_only:
        yield from (f"note: {code(note)}" for note in result.plan.notes)


def _changes(changes: Iterable[Change]) -> Iterator[str]:
    for change in changes:
        new = code(short(change.new))
        old = "" if change.old is None else f"{code(short(change.old))} -> "
        yield f"{code(change.field)}: {old}{new}"


def _steps(result: FunctionResult, run: RunResult) -> Iterator[str]:
    if not run.plan_only:
        yield from map(_step, result.steps)
        return
    steps = ", ".join(operation(step) for step in effective_steps(result, plan_only=True))
    if steps:
        yield f"calls: {steps}"


def _step(record: StepRecord) -> str:
    words = {
        "Succeeded": "done",
        "Failed": "not done",
        "InFlight": "in flight",
        "NotAttempted": "not attempted",
    }
    result = f": {code(short(record.result))}" if record.result else ""
    return f"{words[record.status]}: {operation(record.step)}{result}"
