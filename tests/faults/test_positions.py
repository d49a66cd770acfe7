"""One fault at any request of a run, not only at the first of its name."""

from __future__ import annotations

import contextlib
import os
import random
from itertools import product
from typing import TYPE_CHECKING

import pytest

from tests.faults import wire
from tests.faults.faults import FAULTS, RENEWED, STALE
from tests.faults.matrix import CELLS, Outcome
from tests.faults.scenarios import IMAGE_AND_VERSION, MOVED, OBJECT_AND_VERSION, PLACES, Scenario

if TYPE_CHECKING:
    from tests.faults.stage import Stage

NUMBER = int(os.environ.get("FAULT_POSITIONS", "80"))
SEED = int(os.environ.get("FAULT_SEED", "1"))
REQUESTS = {
    OBJECT_AND_VERSION: (
        wire.GET_CALLER,
        wire.HEAD_OBJECT,
        wire.GET_OBJECT,
        wire.GET_FUNCTION,
        wire.GET_MODE,
        wire.GET_VERSION,
        wire.GET_MODE,
        wire.PUT_MODE,
        wire.GET_FUNCTION,
        wire.GET_MODE,
        wire.UPDATE,
        wire.GET_FUNCTION,
        wire.GET_FUNCTION,
        wire.PUBLISH,
        wire.GET_FUNCTION,
        wire.GET_MODE,
        wire.GET_MODE,
        wire.PUT_MODE,
        wire.GET_FUNCTION,
        wire.GET_MODE,
    ),
    IMAGE_AND_VERSION: (
        wire.GET_IMAGE,
        wire.GET_FUNCTION,
        wire.GET_VERSION,
        wire.GET_LAYER_URL,
        wire.LAYER,
        wire.UPDATE,
        wire.GET_FUNCTION,
        wire.GET_FUNCTION,
        wire.PUBLISH,
        wire.GET_FUNCTION,
    ),
    MOVED: (
        wire.GET_FUNCTION,
        wire.GET_MODE,
        wire.GET_FUNCTION,
        wire.LIVE_PACKAGE,
        wire.UPDATE,
        wire.GET_FUNCTION,
        wire.GET_FUNCTION,
    ),
}
"""What a run of each scenario asks for without a fault."""
ONCE = {(PLACES[cell.call].call, cell.fault): cell.outcome for cell in CELLS if not cell.always}
"""What the page has for a fault that happens once, by call and fault."""


def sample() -> list[tuple[Scenario, int, str]]:
    """Choose places and faults, the same for the same seed."""
    places = [
        (scenario, *place) for scenario, calls in REQUESTS.items() for place in enumerate(calls)
    ]
    everything = [
        (scenario, at, fault)
        for (scenario, at, call), fault in product(places, FAULTS)
        if (call, fault) in ONCE
    ]
    return random.Random(SEED).sample(everything, min(NUMBER, len(everything)))  # noqa: S311 - no secret


@pytest.mark.parametrize("scenario", REQUESTS, ids=lambda scenario: scenario.name)
def test_the_requests_of_a_run_are_those_that_are_tried(stage: Stage, scenario: Scenario) -> None:
    """So that no place is left out."""
    run = stage.run(scenario, stage.create(scenario))

    assert list(REQUESTS[scenario]) == [each.call for each in run.exchanges]


@pytest.mark.parametrize(
    ("scenario", "at", "fault"),
    sample(),
    ids=lambda value: value.name if isinstance(value, Scenario) else str(value),
)
def test_a_fault_at_any_request_comes_to_what_the_table_says(
    stage: Stage, scenario: Scenario, at: int, fault: str
) -> None:
    """What counts is the call, and not what was done before it; the next run does the rest."""
    name = stage.create(scenario)
    stage.proxy.arm("*", FAULTS[fault], skip=at)
    with stage.renew() if fault == RENEWED else contextlib.nullcontext():
        run = stage.run(scenario, name)
    assert 1 == stage.proxy.disarm()

    call = REQUESTS[scenario][at]
    outcome = ONCE[call, fault]
    if call == wire.HEAD_OBJECT and fault in STALE:
        outcome = Outcome.PERMANENT  # STS finds nothing wrong, so that it is a refusal like any
    failure = run.result.failure
    assert (outcome.kind, outcome.exit_code) == (failure and failure.kind, run.exit_code), failure
    needed = list(scenario.writes)
    assert needed[: len(run.carried_out)] == run.carried_out
    after = stage.run(scenario, name)
    assert (0, needed) == (after.exit_code, run.carried_out + after.carried_out)
    assert stage.wanted(scenario) == stage.end(name)
