"""
Kill the command at every boundary of every call, and let the next run finish the work.

The command is a real process, killed by SIGKILL: before a call has an effect, after the
effect and before the answer, and after the answer. The run after it is a new one that
remembers nothing.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Status
from reconciler.sandbox import Moment
from tests.crash.kinds import KINDS, Kind, Source
from tests.crash.processes import Point
from tests.crash.stage import WRITES, Final, Stage
from tests.order_table import UNDECLARED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.crash.processes import Nursery


EVERYTHING = os.environ.get("CRASH") == "all"
"""Whether to try all kinds of change, and all moments of all calls; ``make crash`` does."""
ELSEWHERE = {
    Source.SNAP_START: (("FunctionUpdate", False, False),),
    Source.LIVE: (("Auto", True, True),),
    Source.S3: ((UNDECLARED, False, False), ("this pin", True, True)),
    Source.REFERENCE: ((UNDECLARED, False, False),),
    Source.LIVE_REFERENCE: (("Auto", True, True),),
}
"""The rows of the order table that are tried with other code than a zip file's."""
CHOSEN = [
    kind
    for kind in KINDS
    if EVERYTHING
    or kind.source in (Source.ZIP, Source.IMAGE)
    or (kind.publishes and kind.row in ELSEWHERE[kind.source])
]


@dataclass(frozen=True)
class Outcome:
    """What a run without harm did and left behind."""

    code: int
    calls: list[str]
    writes: list[str]
    final: Final


@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_a_run_finishes_what_a_killed_one_began(
    kind: Kind, stage: Stage, nursery: Nursery, record_property: Callable[[str, object], None]
) -> None:
    """Same end, same writes in all, and nothing left to do: wherever the first was killed."""
    stage.prepare(kind.source)
    whole = uninterrupted(kind, stage, nursery)
    points = list(_points(kind, whole.calls))
    wrong = {
        point: said for point in points if (said := _wrong(point, kind, stage, nursery, whole))
    }
    record_property("crash points", len(points))
    lines = [f"{point}: {text}" for point, text in wrong.items()]
    assert [] == lines, "\n".join([f"calls: {list(enumerate(whole.calls))}", *lines])


def _points(kind: Kind, calls: list[str]) -> Iterator[Point]:
    """
    Give all moments of writes; of reads, which leave nothing, some will do.

    To die before a read is to die after the answer to the call before it, and a run that
    publishes makes the reads of one that does not.
    """
    moments = list(Moment)
    for number, call in enumerate(calls):
        if EVERYTHING or call.startswith(WRITES):
            yield from (Point(number, moment) for moment in moments)
        elif (kind.publishes or not kind.writes) and number % 2 == 0:
            yield Point(number, moments[number % len(moments)])


def uninterrupted(kind: Kind, stage: Stage, nursery: Nursery) -> Outcome:
    """Run once without harm; the writes are those of the order table."""
    name = stage.create(kind)
    code = nursery.run(stage.folder, stage.sandbox)
    calls, writes = stage.calls(), list(stage.writes)
    output = (stage.folder / "output").read_text()
    assert (4 if kind.cell.forbidden else 0) == code, output
    assert kind.writes == writes, output
    return Outcome(code, calls, writes, stage.final(name))


def _wrong(point: Point, kind: Kind, stage: Stage, nursery: Nursery, whole: Outcome) -> str:
    """Kill a run at the point and let two more follow; say what is not as it should be."""
    name = stage.create(kind)
    code = nursery.kill(stage.folder, stage.sandbox, point)
    calls = stage.calls()[: point.call + 1]
    last = point == Point(len(whole.calls) - 1, Moment.AFTER_ANSWER)
    codes = (-signal.SIGKILL, whole.code) if last else (-signal.SIGKILL,)
    if code not in codes or calls != whole.calls[: point.call + 1]:
        return f"it was not killed there: exit code {code} after {calls}"
    first = stage.world.one()
    done = list(stage.writes)
    if whole.writes != done:
        return f"the writes in all are {done}, not {whole.writes}"
    if whole.final != stage.final(name):
        return f"it ends as {stage.final(name)}, not as {whole.final}"
    second = stage.world.one()
    if stage.writes != done:
        return f"a third run still wrote {stage.writes[len(done) :]}"
    expected = Status.FAILED if kind.cell.forbidden else Status.IN_SYNC
    if expected is not second.status:
        return f"a third run said {second.status} after {first.status}"
    left = stage.left_behind()
    return f"the runs left {left}" if left else ""
