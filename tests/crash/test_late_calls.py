"""
A call that was on its way when its sender was killed arrives while the next run is at work.

Its effect comes before any given call of the next run, or after the last one.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Status
from reconciler.sandbox import Fault
from tests.crash.kinds import KINDS, Kind, Source
from tests.crash.stage import WRITES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.processes import Nursery
    from tests.crash.stage import Final, Stage

EVERYTHING = os.environ.get("CRASH") == "all"
CHOSEN = [
    kind
    for kind in KINDS
    if kind.source is Source.ZIP
    and kind.publishes
    and kind.writes
    and (EVERYTHING or kind.row in (("FunctionUpdate", False, False), ("this pin", True, True)))
]


@pytest.mark.parametrize("kind", CHOSEN, ids=str)
def test_a_call_of_a_dead_run_does_no_lasting_harm(
    kind: Kind, stage: Stage, nursery: Nursery, record_property: Callable[[str, object], None]
) -> None:
    """One new version at most, ever; one run after the late call, all is as it should be."""
    name = stage.create(kind)
    assert 0 == nursery.run(stage.folder, stage.sandbox)
    calls, whole = stage.calls(), stage.final(name)
    step = 1 if EVERYTHING else 3
    points = [
        (late, before)
        for late, call in enumerate(calls)
        if call.startswith(WRITES)
        for before in range(late % step, len(calls) + 1, step)
    ]
    record_property("late calls", len(points))
    wrong = {
        point: said for point in points if (said := _wrong(*point, kind, stage, nursery, whole))
    }
    assert {} == wrong, f"the calls are {list(enumerate(calls))}"


def _wrong(  # noqa: PLR0913, PLR0917 - what is tried, and with what
    late: int, before: int, kind: Kind, stage: Stage, nursery: Nursery, whole: Final
) -> str:
    name = stage.create(kind)
    with nursery.overtaken(stage.folder, stage.sandbox, late) as arrive:
        arrival = Fault(skip=before, run=arrive)
        stage.sandbox.inject(arrival)
        first = stage.world.one()
    stage.sandbox.withdraw(arrival)
    if first.failure is not None:
        return f"the next run failed: {first.failure}"
    if (
        stage.writes.count("UpdateFunctionCode") != 1
        or stage.final(name).versions != whole.versions
    ):
        return f"the writes are {stage.writes}"
    stage.world.one()
    if whole != stage.final(name):
        return f"it ends as {stage.final(name)}, not as {whole}"
    third = stage.world.one()
    return "" if third.status is Status.IN_SYNC else f"the last run said {third.status}"
