"""Two different faults at two different calls of one run: what the worse of them says."""

from __future__ import annotations

import contextlib
import os
import random
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from tests.faults import wire
from tests.faults.faults import FAULTS, RENEWED, STALE
from tests.faults.matrix import CELLS, Cell, Outcome
from tests.faults.scenarios import IMAGE_AND_VERSION, OBJECT_AND_VERSION, PLACES, Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.stage import Stage

NUMBER = int(os.environ.get("FAULT_PAIRS", "100"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
CALLS = {
    OBJECT_AND_VERSION: (
        wire.GET_CALLER,
        wire.HEAD_OBJECT,
        wire.GET_OBJECT,
        wire.GET_FUNCTION,
        wire.GET_MODE,
        wire.GET_VERSION,
        wire.PUT_MODE,
        wire.UPDATE,
        wire.PUBLISH,
    ),
    IMAGE_AND_VERSION: (
        wire.GET_IMAGE,
        wire.GET_FUNCTION,
        wire.GET_VERSION,
        wire.GET_LAYER_URL,
        wire.LAYER,
        wire.UPDATE,
        wire.PUBLISH,
    ),
}
"""The calls of each scenario, in the order in which a run meets them first."""


def fits(first: Cell, second: Cell) -> bool:
    """Say whether two cells are of one run; a source of credentials is renewed or is not."""
    if first.call == second.call or first.fault == second.fault:
        return False
    stale = [cell for cell in (first, second) if cell.fault in STALE]
    return len(stale) < 2 and all(cell.call != wire.HEAD_OBJECT for cell in stale)


def sample() -> list[tuple[Scenario, Cell, Cell]]:
    """Choose pairs, the same for the same seed; the first is met before the second."""
    pairs = []
    for scenario, calls in CALLS.items():
        cells = sorted(
            (cell for cell in CELLS if cell.call in calls), key=lambda cell: calls.index(cell.call)
        )
        assert all(PLACES[call].skip == 0 for call in calls)
        pairs += [(scenario, *pair) for pair in combinations(cells, 2) if fits(*pair)]
    return random.Random(SEED).sample(pairs, min(NUMBER, len(pairs)))  # noqa: S311 - no secret


def expected(cells: Sequence[Cell]) -> Outcome:
    """Give what ends the run first, if anything does."""
    outcomes = (cell.outcome for cell in cells)
    ends = (outcome for outcome in outcomes if outcome is not Outcome.CONVERGED)
    return next(ends, Outcome.CONVERGED)


@pytest.mark.parametrize(
    ("scenario", "first", "second"),
    sample(),
    ids=lambda value: value.name if isinstance(value, Scenario) else str(value),
)
def test_two_faults_do_no_more_harm_than_one(
    stage: Stage, scenario: Scenario, first: Cell, second: Cell
) -> None:
    """The run comes to what the table says of both; the next mends, without a write more."""
    name = stage.create(scenario)
    cells = (first, second)
    for cell in cells:
        stage.proxy.arm(PLACES[cell.call].call, FAULTS[cell.fault], always=cell.always)
    renewed = any(cell.fault == RENEWED for cell in cells)
    with stage.renew() if renewed else contextlib.nullcontext():
        run = stage.run(scenario, name)
    stage.proxy.disarm()
    outcome, needed = expected(cells), list(scenario.writes)

    failure = run.result.failure
    assert (outcome.kind, outcome.exit_code) == (failure and failure.kind, run.exit_code), failure
    assert needed[: len(run.carried_out)] == run.carried_out
    after = stage.run(scenario, name)
    assert (0, needed) == (after.exit_code, run.carried_out + after.carried_out)
    assert stage.wanted(scenario) == stage.end(name)
