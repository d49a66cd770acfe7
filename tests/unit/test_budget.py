"""Turns: a few at once, then evenly, and never more in a second than AWS allows."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.aws.budget import Budget
from reconciler.aws.calls import Caller
from tests.unit.virtual_time import elapsed, run

GET, OTHER = "GetFunction", "ListVersionsByFunction"
RATES = [
    pytest.param(GET, 80, 20, id="GetFunction"),
    pytest.param(OTHER, 12, 3, id="everything-else"),
]


def wanted() -> None:
    """Want every call."""


async def sent() -> bool:
    """Send at once."""
    return True


async def _turns(budget: Budget, operation: str, calls: int) -> list[float]:
    """Make calls one after the other, and give when each went out."""
    turns = []
    for _ in range(calls):
        await budget.spend(operation, Caller(wanted), sent)
        turns.append(elapsed())
    return turns


def _expected(calls: int, rate: int, at_once: int, start: float = 0) -> list[float]:
    return [start + max(0, (number - at_once) / rate) for number in range(1, calls + 1)]


@pytest.mark.parametrize(("operation", "rate", "at_once"), RATES)
def test_a_few_go_at_once_and_the_rest_evenly(operation: str, rate: int, at_once: int) -> None:
    """What the share leaves of the quota goes out without a wait, each further call in its turn."""
    turns = run(_turns(Budget(), operation, 3 * rate))

    assert pytest.approx(_expected(3 * rate, rate, at_once), abs=1e-6) == turns


@pytest.mark.parametrize(("operation", "rate", "at_once"), RATES)
@pytest.mark.parametrize("idle", [0.0, 0.1, 1.0, 60.0])
def test_no_second_has_more_than_the_quota(
    operation: str, rate: int, at_once: int, idle: float
) -> None:
    """Whatever pause comes in between, any second of a run keeps to what AWS allows."""

    async def work() -> list[float]:
        budget = Budget()
        before = await _turns(budget, operation, 2 * rate)
        await asyncio.sleep(idle)
        return before + await _turns(budget, operation, 2 * rate)

    turns = run(work())

    busiest = max(sum(start <= turn < start + 1 - 1e-6 for turn in turns) for start in turns)
    assert rate + at_once >= busiest


@pytest.mark.parametrize(("operation", "rate", "at_once"), RATES)
def test_calls_side_by_side_share_the_turns(operation: str, rate: int, at_once: int) -> None:
    """Whoever asks at the same moment gets the turns in the order of asking."""

    async def work() -> list[tuple[float, int]]:
        budget = Budget()
        turns: list[tuple[float, int]] = []

        async def call(number: int) -> None:
            await budget.spend(operation, Caller(wanted), sent)
            turns.append((elapsed(), number))

        await asyncio.gather(*map(call, range(2 * rate)))
        return turns

    turns = run(work())

    assert list(range(2 * rate)) == [number for _, number in turns]
    expected = _expected(2 * rate, rate, at_once)
    assert pytest.approx(expected, abs=1e-6) == [when for when, _ in turns]


def test_the_two_rates_are_independent() -> None:
    """A spent rate of one delays nothing of the other."""

    async def work() -> tuple[float, float]:
        budget = Budget()
        await _turns(budget, OTHER, 15)
        before = elapsed()
        await _turns(budget, GET, 20)
        return before, elapsed()

    before, after = run(work())

    assert pytest.approx(1) == before
    assert pytest.approx(before, abs=1e-6) == after


def test_operations_but_get_function_share_one_rate() -> None:
    """Three calls are free, and twelve more of any kind take a second."""

    async def work() -> float:
        budget = Budget()
        await _turns(budget, "PublishVersion", 8)
        await _turns(budget, "GetRuntimeManagementConfig", 7)
        return elapsed()

    assert pytest.approx(1) == run(work())


def test_a_call_that_is_not_wanted_any_more_does_not_wait_for_its_turn() -> None:
    """A stopped run leaves the queue within a quarter of a second."""

    async def work() -> float:
        budget = Budget()
        stopped = 5.1

        def check() -> None:
            if elapsed() > stopped:
                raise InterruptedError

        queue = [budget.spend(OTHER, Caller(check), sent) for _ in range(1200)]
        outcomes = await asyncio.gather(*queue, return_exceptions=True)
        assert 3 + 61 == sum(outcome is True for outcome in outcomes)
        return elapsed()

    assert pytest.approx(5.1, abs=0.26) == run(work())
