"""Kill runs of several functions at random calls, and count versions after one clean run."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Status
from reconciler.sandbox import Moment
from tests.crash.kinds import KINDS, Source
from tests.crash.processes import Point

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.kinds import Kind
    from tests.crash.processes import Nursery
    from tests.crash.stage import Final, Stage

SEED = os.environ.get("CRASH_SEED")
ROUNDS = 50 if os.environ.get("CRASH") == "all" else 5
AT_ONCE = 5
MOST_KILLS = 3
GUARDED = ("UpdateFunctionCode", "PublishVersion")
PUBLISHED = [kind for kind in KINDS if kind.publishes and not kind.cell.forbidden]


@pytest.mark.parametrize("part", range(4))
def test_one_clean_run_is_enough_whatever_was_killed(
    part: int, stage: Stage, nursery: Nursery, record_property: Callable[[str, object], None]
) -> None:
    """Killed at random, up to three times, each function has exactly one new version."""
    seed = int(SEED) if SEED else random.SystemRandom().randrange(10**6)
    record_property("seeds of random kills", f"{seed}/{part}")
    dice = random.Random(f"{seed}/{part}")  # noqa: S311 - no secret
    for source in (Source.S3, Source.IMAGE):
        stage.prepare(source)
    kinds = dice.sample(PUBLISHED, AT_ONCE)
    calls, whole = _uninterrupted(kinds, stage, nursery)
    for number in range(ROUNDS):
        names = stage.create_all(kinds)
        points = _kill(dice, calls, stage, nursery)
        first = stage.world.run()
        said = f"CRASH_SEED={seed}, part {part}, round {number}, killed at {points}"
        assert whole == [stage.final(name) for name in names], said
        assert {Status.UPDATED, Status.IN_SYNC} >= {each.status for each in first.functions}, said
        done = list(stage.writes)
        assert _guarded(kinds) == Counter(call for call in done if call in GUARDED), said
        second = stage.world.run()
        assert {Status.IN_SYNC} == {each.status for each in second.functions}, said
        assert done == stage.writes, said
        assert [] == stage.left_behind(), said
    record_property("rounds of random kills", ROUNDS)


def _uninterrupted(kinds: list[Kind], stage: Stage, nursery: Nursery) -> tuple[int, list[Final]]:
    """Count the calls of a run without harm, and give what it leaves: version 2 of each."""
    names = stage.create_all(kinds)
    assert 0 == nursery.run(stage.folder, stage.sandbox)
    whole = [stage.final(name) for name in names]
    assert {2} == {final.versions for final in whole}
    return len(stage.calls()), whole


def _kill(dice: random.Random, calls: int, stage: Stage, nursery: Nursery) -> list[Point]:
    """Kill one run after the other; one that has little left to do may end first."""
    points = []
    for _ in range(dice.randint(1, MOST_KILLS)):
        points.append(Point(dice.randrange(calls), dice.choice(list(Moment))))
        code = nursery.kill(stage.folder, stage.sandbox, points[-1])
        assert code in (-signal.SIGKILL, 0)
    return points


def _guarded(kinds: list[Kind]) -> Counter[str]:
    """
    Count the writes that AWS guards.

    A mode is put without a guard: the one that was on its way when its sender died may
    arrive while the next run puts the same.
    """
    return Counter(call for kind in kinds for call in kind.writes if call in GUARDED)
