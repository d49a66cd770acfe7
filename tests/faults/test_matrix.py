"""Each cell of docs/fault-matrix.md: one fault at one call, once or always."""

from __future__ import annotations

import contextlib
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from reconciler.report.counts import operation
from tests.faults import wire
from tests.faults.faults import FAULTS, RENEWED, RETRY_AFTER, STALE
from tests.faults.matrix import CELLS, Cell, Outcome
from tests.faults.scenarios import PLACES
from tests.faults.words import check_words

if TYPE_CHECKING:
    from tests.faults.scenarios import Place
    from tests.faults.stage import Ending, Stage


def arm(stage: Stage, cell: Cell, place: Place) -> None:
    """Let the fault happen; a HEAD cannot say that a token is expired, and STS is asked."""
    fault = FAULTS[cell.fault]
    stage.proxy.arm(place.call, fault, skip=place.skip, always=cell.always)
    if cell.fault in STALE and place.call == wire.HEAD_OBJECT:
        stage.proxy.arm(wire.GET_CALLER, fault, always=cell.always)


def with_fault(stage: Stage, cell: Cell, place: Place, name: str) -> Ending:
    """Run while the fault is there, and see that it was met."""
    renewing = stage.renew() if cell.fault == RENEWED else contextlib.nullcontext()
    arm(stage, cell, place)
    with renewing:
        ending = stage.run(place.scenario, name)
    assert stage.proxy.disarm() >= 1, "the fault never happened"
    return ending


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_the_run_comes_to_what_the_table_says(stage: Stage, cell: Cell) -> None:
    """Outcome, exit code and words are right, no write is done twice, and the next run mends."""
    place = PLACES[cell.call]
    scenario = place.scenario
    name = stage.create(scenario)

    first = with_fault(stage, cell, place, name)

    failure = first.result.failure
    assert cell.outcome.kind == (failure and failure.kind), failure
    assert cell.outcome.exit_code == first.exit_code
    needed = list(scenario.writes)
    assert needed[: len(first.carried_out)] == first.carried_out
    if failure is not None:
        check_words(cell.fault, place.call, first, failure)
    check_pauses(cell, first)
    check_steps(cell, first)

    second = stage.run(scenario, name)

    assert needed == first.carried_out + second.carried_out
    assert stage.wanted(scenario) == stage.end(name)
    assert 0 == second.exit_code
    if cell.outcome is Outcome.CONVERGED:
        assert [] == second.carried_out


def check_pauses(cell: Cell, ending: Ending) -> None:
    """Expect no request before AWS's own pause is over."""
    if not cell.fault.endswith("Retry-After"):
        return
    for refused, following in pairwise(ending.exchanges):
        if refused.fault is not None:
            assert following.at >= refused.at + RETRY_AFTER


def check_steps(cell: Cell, ending: Ending) -> None:
    """Expect the report to tell as done what AWS carried out: nothing else, and all at the end."""
    told = [operation(record.step) for record in ending.result.steps if record.succeeded]
    assert ending.carried_out[: len(told)] == told
    if cell.outcome is Outcome.CONVERGED:
        assert ending.carried_out == told
