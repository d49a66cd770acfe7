"""Turns: a few at once, then evenly, and never more in a second than AWS allows."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from reconciler.aws.budget import Budget
from reconciler.aws.calls import Caller
from reconciler.aws.errors import classify_part
from reconciler.model import Failure, FailureKind, ReconcileError
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


async def refused(retry_after: float | None = 1) -> bool:
    """Be refused for the quota."""
    raise ReconcileError(
        Failure(FailureKind.TEMPORARY, "too fast", "wait", throttled=True, retry_after=retry_after)
    )


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


@pytest.mark.parametrize("share", [0, -0.1, 1.01, float("nan")])
def test_no_such_share(share: float) -> None:
    """A share is over 0 and up to 1."""
    with pytest.raises(ValueError, match="over 0 and up to 1"):
        Budget(share)


@pytest.mark.parametrize(("operation", "quota"), [(GET, 100), (OTHER, 15)])
@pytest.mark.parametrize("share", [0.1, 0.5, 1])
def test_the_share_sets_the_pace(operation: str, quota: int, share: float) -> None:
    """Ten seconds' worth of calls take nearly that long, whatever is sent at once."""
    calls = round(quota * share * 10)

    turns = run(_turns(Budget(share), operation, calls))

    assert pytest.approx(10, abs=1.1) == turns[-1]


def test_without_a_share_nobody_waits() -> None:
    """What has no quotas is called at once, if the call is wanted, and may refuse as it likes."""

    async def work() -> float:
        budget = Budget(None)
        with pytest.raises(ReconcileError):
            await budget.spend(OTHER, Caller(wanted), refused)
        await _turns(budget, OTHER, 1000)
        return elapsed()

    def unwanted() -> None:
        raise InterruptedError

    assert 0 == run(work())
    with pytest.raises(InterruptedError):
        run(Budget(None).spend(OTHER, Caller(unwanted), sent))


def test_a_refusal_holds_back_all_calls_of_its_quota_alone() -> None:
    """After Retry-After the others go on, more slowly; the other quota is as before."""

    async def work() -> tuple[list[float], list[float]]:
        budget = Budget()
        with pytest.raises(ReconcileError):
            await budget.spend(OTHER, Caller(wanted), partial(refused, 5))
        unconcerned = await _turns(budget, GET, 40)
        return await _turns(budget, "PublishVersion", 24), unconcerned

    turns, unconcerned = run(work())

    assert pytest.approx(_expected(40, 80, 20), abs=1e-6) == unconcerned
    assert pytest.approx(5) == turns[0]
    assert pytest.approx(12 * 0.7, rel=0.1) == 21 / (turns[-1] - turns[2])


def test_what_waits_already_is_held_back_too() -> None:
    """Everybody whose turn was near when the refusal came waits as long as AWS asks."""

    async def work() -> list[float]:
        budget = Budget(1)
        sending = [_turns(budget, OTHER, 1) for _ in range(4)]
        first = asyncio.gather(*sending)
        with pytest.raises(ReconcileError):
            await budget.spend("PublishVersion", Caller(wanted, lambda: True), refused)
        return [turn for (turn,) in await first]

    assert [True] * 4 == [turn >= 1 for turn in run(work())]


@pytest.mark.parametrize(
    "failure",
    [
        Failure(FailureKind.TEMPORARY, "failed", "run again", retry_after=60),
        classify_part(
            "PublishVersion", "TooManyRequestsException", "ConcurrentSnapshotCreateLimitExceeded"
        ),
    ],
    ids=["a server that failed", "too many snapshots at once"],
)
def test_other_failures_slow_nothing_down(failure: Failure) -> None:
    """They are no word about the rate of calls, whatever pause is asked for."""

    async def fails() -> None:
        raise ReconcileError(failure)

    async def work() -> list[float]:
        budget = Budget()
        for _ in range(3):
            with pytest.raises(ReconcileError):
                await budget.spend(OTHER, Caller(wanted), fails)
        return await _turns(budget, OTHER, 12)

    assert pytest.approx(_expected(15, 12, 3)[3:], abs=1e-6) == run(work())
