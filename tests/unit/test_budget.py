"""The calls of a second: at once while there are any left, then evenly."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.aws.budget import Budget
from tests.unit.virtual_time import elapsed, run

GET, OTHER = "GetFunction", "ListVersionsByFunction"
RATES = [
    pytest.param(GET, 80, id="GetFunction"),
    pytest.param(OTHER, 12, id="everything-else"),
]


async def _turns(budget: Budget, operation: str, calls: int) -> list[float]:
    """Make calls one after the other, and give when each went out."""
    turns = []
    for _ in range(calls):
        await budget.take(operation)
        turns.append(elapsed())
    return turns


def _expected(calls: int, rate: int, start: float = 0) -> list[float]:
    return [start + max(0, (number - rate) / rate) for number in range(1, calls + 1)]


@pytest.mark.parametrize(("operation", "rate"), RATES)
def test_a_second_at_once_and_the_rest_evenly(operation: str, rate: int) -> None:
    """The bucket's worth goes out without a wait, and each further call at its interval."""
    turns = run(_turns(Budget(), operation, 3 * rate))

    assert pytest.approx(_expected(3 * rate, rate), abs=1e-6) == turns


@pytest.mark.parametrize(("operation", "rate"), RATES)
def test_calls_side_by_side_share_the_bucket(operation: str, rate: int) -> None:
    """Whoever asks at the same moment gets the turns in the order of asking."""

    async def work() -> list[tuple[float, int]]:
        budget = Budget()
        turns: list[tuple[float, int]] = []

        async def call(number: int) -> None:
            await budget.take(operation)
            turns.append((elapsed(), number))

        await asyncio.gather(*map(call, range(2 * rate)))
        return turns

    turns = run(work())

    assert list(range(2 * rate)) == [number for _, number in turns]
    assert pytest.approx(_expected(2 * rate, rate), abs=1e-6) == [when for when, _ in turns]


def test_a_hundred_and_twenty_shared_calls_take_nine_seconds() -> None:
    """Twelve are free, the others take a twelfth of a second each."""
    assert pytest.approx(9, abs=1 / 12) == run(_turns(Budget(), OTHER, 120))[-1]


def test_the_two_rates_are_independent() -> None:
    """A spent bucket of one delays nothing of the other."""

    async def work() -> tuple[float, float]:
        budget = Budget()
        await _turns(budget, OTHER, 24)
        before = elapsed()
        await _turns(budget, GET, 80)
        return before, elapsed()

    before, after = run(work())

    assert pytest.approx(1) == before
    assert pytest.approx(before, abs=1e-6) == after


def test_operations_but_get_function_share_one_rate() -> None:
    """Six calls of each of two operations are twelve calls."""

    async def work() -> float:
        budget = Budget()
        for operation in ("PublishVersion", "GetRuntimeManagementConfig"):
            await _turns(budget, operation, 12)
        return elapsed()

    assert pytest.approx(1) == run(work())


@pytest.mark.parametrize(("operation", "rate"), RATES)
@pytest.mark.parametrize("idle", [1.0, 60.0])
def test_an_idle_time_refills_one_second_and_no_more(
    operation: str, rate: int, idle: float
) -> None:
    """However long nothing is asked, no more than one second's worth is saved."""

    async def work() -> list[float]:
        budget = Budget()
        await _turns(budget, operation, 2 * rate)
        await asyncio.sleep(idle)
        return await _turns(budget, operation, 2 * rate)

    assert pytest.approx(_expected(2 * rate, rate, 1 + idle), abs=1e-6) == run(work())


def test_half_an_idle_second_refills_half_a_bucket() -> None:
    """The bucket is filled evenly."""

    async def work() -> list[float]:
        budget = Budget()
        await _turns(budget, OTHER, 12)
        await asyncio.sleep(0.5)
        return await _turns(budget, OTHER, 8)

    expected = [0.5] * 6 + [0.5 + 1 / 12, 0.5 + 2 / 12]
    assert pytest.approx(expected, abs=1e-6) == run(work())
