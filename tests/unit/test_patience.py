"""Deadline, pauses and tries, on a clock that does not wait."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Failure, FailureKind, ReconcileError
from reconciler.reconcile import Patience, WaitSettings, words
from reconciler.reconcile.patience import InterruptedRunError, StoppedError
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPORARY = Failure(FailureKind.TEMPORARY, "busy", "run again")
THROTTLED = Failure(FailureKind.TEMPORARY, "too many", "run again", throttled=True)
ASKED_TO_WAIT = Failure(FailureKind.TEMPORARY, "busy", "run again", retry_after=5)


class Tries:
    """An attempt that fails as it is told, and remembers when it was made."""

    def __init__(self, error: Callable[[], Exception], failures: int = 1000) -> None:
        self._error = error
        self._failures = failures
        self.at: list[float] = []
        self.pauses: list[float] = []
        self.end = 0.0

    async def attempt(self) -> str:
        """Fail, or succeed when it has failed often enough."""
        self.at.append(elapsed())
        if len(self.at) <= self._failures:
            raise self._error()
        return "done"

    def before_retry(self, _: Failure, seconds: float) -> None:
        """Remember the pause that is announced."""
        self.pauses.append(seconds)

    async def make(self, settings: WaitSettings) -> str:
        """Try under a fresh patience."""
        try:
            patience = Patience(settings, asyncio.Event())
            return await patience.retrying(self.attempt, self.before_retry)
        finally:
            self.end = elapsed()


def _lasting(failure: Failure, settings: WaitSettings | None = None) -> Tries:
    """Fail the same way for good, and expect that very failure in the end."""
    tries = Tries(lambda: ReconcileError(failure))
    with pytest.raises(ReconcileError) as raised:
        run(tries.make(settings or WaitSettings()))
    assert failure == raised.value.failure
    return tries


def test_polls_grow_to_ten_seconds() -> None:
    """They begin at half a second, grow by half of themselves, and go on without end."""

    async def polls() -> list[float]:
        return list(islice(Patience(WaitSettings(), asyncio.Event()).polls(), 12))

    expected = [0.5 * 1.5**number for number in range(8)] + [10.0] * 4
    assert pytest.approx(expected) == run(polls())


def test_a_pause_is_cut_at_the_deadline() -> None:
    """What fits is waited in full, what does not ends on time, and afterwards nothing is waited."""

    async def work() -> list[tuple[float, bool]]:
        patience = Patience(WaitSettings(function_timeout=3), asyncio.Event())
        ends = []
        for seconds in (2, 10, 10):
            await patience.pause(seconds)
            ends.append((elapsed(), patience.spent))
        return ends

    assert [(2.0, False), (3.0, True), (3.0, True)] == run(work())


def test_the_deadline_counts_from_the_beginning_of_the_function() -> None:
    """A function whose turn comes late has all of its time."""

    async def work() -> float:
        await asyncio.sleep(50)
        patience = Patience(WaitSettings(function_timeout=3), asyncio.Event())
        await patience.pause(10)
        return elapsed()

    assert 53.0 == run(work())


def test_a_stop_ends_a_pause_at_once() -> None:
    """A signal does not wait for the pause to be over."""

    async def work() -> float:
        stop = asyncio.Event()
        patience = Patience(WaitSettings(), stop)
        asyncio.get_running_loop().call_later(1, stop.set)
        with pytest.raises(InterruptedRunError):
            await patience.pause(100)
        return elapsed()

    assert pytest.approx(1) == run(work())


def test_a_stop_ends_the_pause_between_two_tries() -> None:
    """No further try is made."""

    async def work() -> tuple[float, int]:
        stop = asyncio.Event()
        patience = Patience(WaitSettings(first_retry=10), stop)
        tries = Tries(lambda: ReconcileError(TEMPORARY))
        asyncio.get_running_loop().call_later(1, stop.set)
        with pytest.raises(InterruptedRunError):
            await patience.retrying(tries.attempt, tries.before_retry)
        return elapsed(), len(tries.at)

    end, tries = run(work())

    assert pytest.approx(1) == end
    assert 1 == tries


def test_check_passes_until_the_deadline() -> None:
    """Afterwards it stops the function, with a temporary failure that names the time."""

    async def work() -> Failure:
        patience = Patience(WaitSettings(function_timeout=3), asyncio.Event())
        patience.check()
        await patience.pause(2.9)
        patience.check()
        await patience.pause(1)
        with pytest.raises(StoppedError) as raised:
            patience.check()
        return raised.value.failure

    failure = run(work())

    assert (FailureKind.TEMPORARY, "3 s were not enough") == (failure.kind, failure.what)


def test_a_version_is_waited_for_on_its_own_time() -> None:
    """What a snapshot takes is not the function's: as much is left after it as before."""

    async def wait() -> None:
        settings = WaitSettings(function_timeout=300, version_timeout=1800)
        patience = Patience(settings, asyncio.Event())
        await patience.pause(100)
        with patience.for_version():
            await patience.pause(1799)
            patience.check()
            assert words.Limit(1800, "--version-timeout") == patience.limit
            await patience.pause(100)
            assert patience.spent
        assert words.Limit(300, "--function-timeout") == patience.limit
        await patience.pause(199)
        patience.check()
        await patience.pause(100)
        assert patience.spent
        assert 100 + 1800 + 200 == elapsed()

    run(wait())


@pytest.mark.parametrize("waited", [0, 4])
def test_check_says_first_that_the_run_is_to_stop(waited: float) -> None:
    """With the time up or not, a stopped run is an interrupted one."""

    async def work() -> None:
        stop = asyncio.Event()
        patience = Patience(WaitSettings(function_timeout=3), stop)
        await patience.pause(waited)
        stop.set()
        with pytest.raises(InterruptedRunError):
            patience.check()

    run(work())


def test_a_lasting_temporary_failure_is_tried_seven_times() -> None:
    """Six pauses: 0.5 s, doubled each time, and up to half a second of jitter on each."""
    tries = _lasting(TEMPORARY)

    assert (7, 6) == (len(tries.at), len(tries.pauses))
    for number, pause in enumerate(tries.pauses):
        assert 0.5 * 2**number <= pause <= 0.5 * 2**number + 0.5
    assert 31.5 <= tries.end <= 34.5
    assert tries.at[-1] == tries.end


def test_the_announced_pauses_are_those_that_are_waited() -> None:
    """What the progress says and what happens is the same."""
    tries = _lasting(TEMPORARY)

    waited = [after - before for before, after in zip(tries.at, tries.at[1:], strict=False)]
    assert pytest.approx(tries.pauses) == waited


def test_the_pauses_are_jittered() -> None:
    """Functions that fail together do not come back together."""
    assert 1 < len({_lasting(TEMPORARY).pauses[0] for _ in range(5)})


def test_pauses_between_tries_grow_to_twenty_seconds() -> None:
    """The longest pause is the longest, jitter included."""
    tries = _lasting(TEMPORARY, WaitSettings(attempts=9))

    assert [20, 20] == tries.pauses[6:]
    assert 71.5 <= tries.end <= 74.5


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_attempts_are_counted_from_the_first(attempts: int) -> None:
    """So many tries, not so many repetitions."""
    assert attempts == len(_lasting(TEMPORARY, WaitSettings(attempts=attempts)).at)


def test_throttled_calls_are_tried_until_the_deadline() -> None:
    """However many tries that takes, and never past the deadline."""
    tries = _lasting(THROTTLED, WaitSettings(function_timeout=300, attempts=2))

    assert 18 <= len(tries.at) <= 21
    assert 280 <= tries.end <= 300


def test_a_temporary_failure_is_not_tried_past_the_deadline() -> None:
    """A pause that would not fit is not begun."""
    tries = _lasting(TEMPORARY, WaitSettings(function_timeout=10))

    assert len(tries.at) in (4, 5)
    assert tries.at[-1] == tries.end < 10


def test_retry_after_is_added_to_the_growing_pause() -> None:
    """Whoever was sent away together does not come back together."""
    tries = _lasting(ASKED_TO_WAIT, WaitSettings(attempts=4))

    for number, pause in enumerate(tries.pauses):
        assert 5 + 0.5 * 2**number <= pause <= 5 + 0.5 * 2**number + 0.5
    assert 3 == len(tries.pauses)


def test_a_retry_after_that_does_not_fit_ends_the_tries() -> None:
    """AWS's pause is not cut short."""
    tries = _lasting(ASKED_TO_WAIT, WaitSettings(function_timeout=5))

    assert ([0.0], []) == (tries.at, tries.pauses)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(
            ReconcileError(Failure(FailureKind.PERMANENT, "no", "do something")), id="permanent"
        ),
        pytest.param(
            ReconcileError(Failure(FailureKind.INVALID, "no", "correct it")), id="invalid"
        ),
        pytest.param(StoppedError(TEMPORARY), id="stopped"),
        pytest.param(StoppedError(THROTTLED), id="stopped-and-throttled"),
        pytest.param(InterruptedRunError(), id="interrupted"),
        pytest.param(ZeroDivisionError(), id="bug"),
    ],
)
def test_what_trying_again_would_not_mend_is_tried_once(error: Exception) -> None:
    """The exception comes through as it is, at once."""
    tries = Tries(lambda: error)

    with pytest.raises(type(error)) as raised:
        run(tries.make(WaitSettings()))

    assert error is raised.value
    assert ([0.0], [], 0.0) == (tries.at, tries.pauses, tries.end)


def test_a_permanent_failure_after_temporary_ones_ends_the_tries() -> None:
    """Each failure is judged by itself."""
    failures = [TEMPORARY, THROTTLED, Failure(FailureKind.PERMANENT, "no", "do something")]
    tries = Tries(lambda: ReconcileError(failures[len(tries.at) - 1]))

    with pytest.raises(ReconcileError, match="no"):
        run(tries.make(WaitSettings()))

    assert 3 == len(tries.at)


def test_a_try_that_succeeds_gives_its_result() -> None:
    """Two failures, two pauses, and then the value."""
    tries = Tries(lambda: ReconcileError(TEMPORARY), failures=2)

    assert "done" == run(tries.make(WaitSettings()))
    assert (3, 2) == (len(tries.at), len(tries.pauses))


def test_a_pause_that_would_take_all_the_time_is_not_begun() -> None:
    """At its end nothing could be tried any more."""
    failure = Failure(FailureKind.TEMPORARY, "busy", "run again", retry_after=30)
    settings = WaitSettings(function_timeout=30, first_retry=0)
    tries = _lasting(failure, settings)
    assert (1, 0.0) == (len(tries.at), tries.end)


def test_a_pause_is_spread_by_no_more_than_its_own_length() -> None:
    """So that many functions do not come back at once, and none much later."""
    pauses = [_lasting(TEMPORARY, WaitSettings(attempts=2)).pauses[0] for _ in range(100)]
    assert 0.5 <= min(pauses)
    assert max(pauses) <= 1.0
    assert len(set(pauses)) > 1


@pytest.mark.parametrize(
    "waited",
    [
        pytest.param(0, id="minutes are left"),
        pytest.param(299, id="a second is left"),
        pytest.param(300, id="nothing is left"),
    ],
)
def test_a_last_look_has_five_seconds_of_its_own(waited: float) -> None:
    """However much of the function's time is left: neither less than these five nor more."""

    async def work() -> None:
        stop = asyncio.Event()
        patience = Patience(WaitSettings(), stop)
        await patience.pause(waited)
        stop.set()
        assert "seen" == await patience.last_look(asyncio.sleep(4.9, "seen"))
        assert pytest.approx(waited + 4.9) == elapsed()
        begun = elapsed()
        with pytest.raises(StoppedError):
            await patience.last_look(asyncio.sleep(1000))
        assert pytest.approx(5) == elapsed() - begun

    run(work())


def test_a_last_look_may_make_calls_although_the_run_is_to_stop() -> None:
    """Whoever sends asks first whether anything new may be begun."""

    async def work() -> str:
        stop = asyncio.Event()
        patience = Patience(WaitSettings(), stop)
        stop.set()
        with pytest.raises(InterruptedRunError):
            patience.check()

        async def look() -> str:
            patience.check()
            return "seen"

        return await patience.last_look(look())

    assert "seen" == run(work())


def test_what_stops_a_later_try_is_told_as_it_is() -> None:
    """Only a deadline is told with what went wrong before it."""
    stopped = Failure(FailureKind.PERMANENT, "stopped", "give up")
    errors = iter([ReconcileError(TEMPORARY), StoppedError(stopped)])

    async def attempt() -> None:
        raise next(errors)

    async def work() -> None:
        patience = Patience(WaitSettings(), asyncio.Event())
        await patience.retrying(attempt, lambda *_: None)

    with pytest.raises(StoppedError) as raised:
        run(work())
    assert stopped == raised.value.failure
