"""Retry-After as AWS, or whoever answers in its place, may write it: kept, or done without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind
from tests.faults import wire
from tests.faults.faults import FAULTS
from tests.faults.proxy import End, Fault
from tests.faults.scenarios import ACCOUNT, IMAGE, MOVED, OBJECT, PUBLISHED
from tests.faults.wire import Refusal

if TYPE_CHECKING:
    from tests.faults.scenarios import Scenario
    from tests.faults.stage import Stage

CALLS = {
    wire.GET_FUNCTION: PUBLISHED,
    wire.UPDATE: PUBLISHED,
    wire.LIVE_PACKAGE: MOVED,
    wire.GET_OBJECT: OBJECT,
    wire.GET_IMAGE: IMAGE,
    wire.GET_CALLER: ACCOUNT,
}
NOT_READ = {
    "scientific": ("1e9",),
    "ten digits": ("1000000000",),
    "a hundred digits": ("9" * 100,),
    "negative": ("-5",),
    "a date": ("Wed, 21 Oct 2037 07:28:00 GMT",),
    "no number": ("soon",),
    "not a number": ("NaN",),
    "infinite": ("inf",),
    "empty": ("",),
    "two in one": ("3, 4",),
    "two of them": ("3", "4"),
    "other digits": ("\u00b2\u00b3",),
}
READ = {"whole": ("9", 9.0), "with a fraction": ("2.5", 2.5), "none": ("0", 0.0)}
STATUSES = pytest.mark.parametrize("status", [429, 503])


def asking(status: int, *values: str) -> Fault:
    """Make an answer that has these Retry-After headers."""
    known = FAULTS[str(status)].refusal
    assert known is not None
    headers = tuple(("Retry-After", value) for value in values)
    return Fault(End.REFUSAL, refusal=Refusal(status, known.codes, known.message, headers))


def given_up_after(stage: Stage, call: str, scenario: Scenario, fault: Fault) -> tuple[int, float]:
    """Meet the fault always, expect a temporary failure; tell how many requests, and seconds."""
    stage.proxy.arm(call, fault, always=True)
    name, before = stage.create(scenario), stage.clock()
    run = stage.run(scenario, name)
    met = stage.proxy.disarm()
    failure = run.result.failure
    assert failure is not None
    assert (FailureKind.TEMPORARY, 1) == (failure.kind, run.exit_code)
    return met, stage.clock() - before


@STATUSES
@pytest.mark.parametrize("value", READ.values(), ids=READ)
@pytest.mark.parametrize(("call", "scenario"), CALLS.items(), ids=CALLS)
def test_a_pause_in_seconds_is_kept(
    stage: Stage, call: str, scenario: Scenario, value: tuple[str, float], status: int
) -> None:
    """The next request comes no earlier, whichever service asks for the pause."""
    text, seconds = value
    stage.proxy.arm(call, asking(status, text))
    run = stage.run(scenario, stage.create(scenario))
    assert 1 == stage.proxy.disarm()

    assert 0 == run.exit_code
    place = next(i for i, each in enumerate(run.exchanges) if each.fault)
    refused, following = run.exchanges[place : place + 2]
    assert following.at >= refused.at + seconds


@pytest.mark.parametrize("values", NOT_READ.values(), ids=NOT_READ)
@pytest.mark.parametrize(("call", "scenario"), CALLS.items(), ids=CALLS)
def test_what_is_no_number_of_seconds_costs_nothing(
    stage: Stage, call: str, scenario: Scenario, values: tuple[str, ...]
) -> None:
    """The reconciler's own pauses are left, and the run converges."""
    stage.proxy.arm(call, asking(503, *values))
    before = stage.clock()
    run = stage.run(scenario, stage.create(scenario))
    assert 1 == stage.proxy.disarm()

    assert (0, list(scenario.writes)) == (run.exit_code, run.carried_out)
    assert stage.clock() - before < 10


@STATUSES
@pytest.mark.parametrize(("call", "scenario"), CALLS.items(), ids=CALLS)
def test_a_pause_beyond_the_time_of_a_function_is_not_waited_for(
    stage: Stage, call: str, scenario: Scenario, status: int
) -> None:
    """It is given up at once: to wait for less than was asked would be in vain."""
    for value in ("301", "86400", "999999999"):
        met, seconds = given_up_after(stage, call, scenario, asking(status, value))
        assert (1, True) == (met, seconds < 5)


@pytest.mark.parametrize(
    "values", [*NOT_READ.values(), ("9",), ("0",)], ids=[*NOT_READ, "whole", "none"]
)
@pytest.mark.parametrize("call", [wire.GET_FUNCTION, wire.UPDATE])
def test_who_asks_for_a_pause_each_time_is_given_up_in_time(
    stage: Stage, call: str, values: tuple[str, ...]
) -> None:
    """Nothing that is written there keeps a function longer than --function-timeout."""
    met, seconds = given_up_after(stage, call, PUBLISHED, asking(429, *values))

    assert met > 1
    assert seconds <= stage.settings.wait.function_timeout
