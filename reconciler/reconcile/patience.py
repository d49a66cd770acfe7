"""How long one function may take, and how it waits: without a thread, and interruptible."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tenacity import AsyncRetrying, retry_if_exception
from tenacity.wait import wait_exponential_jitter

from reconciler.model import FailureKind, ReconcileError
from reconciler.reconcile import words

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence
    from typing import TypeVar

    from tenacity import RetryCallState

    from reconciler.model import Failure

    Result = TypeVar("Result")


class Reader:
    """
    Reads, and tries again in place after temporary failures.

    When that does not help, the function stops: StoppedError.
    """

    def __init__(self, patience: Patience, tell: Callable[[str], None]) -> None:
        self._patience = patience
        self._tell = tell

    async def __call__(self, read: Callable[[], Awaitable[Result]]) -> Result:
        """Give what was read."""
        try:
            return await self._patience.retrying(
                lambda: self.once(read),
                lambda failure, seconds: self._tell(words.trying_again(failure, seconds)),
            )
        except StoppedError:
            raise
        except ReconcileError as error:
            raise StoppedError(error.failure) from error

    async def once(self, read: Callable[[], Awaitable[Result]]) -> Result:
        """Give what was read in time; to try again is left to the caller."""
        return await self._patience.in_time(read())

    async def aside(self, waiting: Awaitable[Result]) -> Result:
        """Wait for what somebody else reads, and let others work meanwhile."""
        return await self._patience.aside(waiting)

    def check(self) -> None:
        """Raise when nothing new may be begun."""
        self._patience.check()


class InterruptedRunError(Exception):
    """The run is asked to stop: no new step is begun and no wait goes on."""


class StoppedError(ReconcileError):
    """A failure that trying again within this run would not mend."""


@dataclass(frozen=True, slots=True)
class WaitSettings:
    """
    Seconds, all of them, but for ``attempts``.

    Waiting for a published version has a time of its own: SnapStart takes minutes, and
    AWS's own waiter allows 26.

    A zip update settles in 1 to 6 s, so that the polls begin at half a second and
    grow. ``attempts`` bounds the tries of one call that fails temporarily each time.
    ``last_look`` is for one reading after the signal to stop.
    """

    function_timeout: float = 300.0
    version_timeout: float = 1800.0
    first_poll: float = 0.5
    poll_growth: float = 1.5
    longest_poll: float = 10.0
    first_retry: float = 0.5
    longest_retry: float = 20.0
    attempts: int = 7
    last_look: float = 5.0


class Place(Protocol):
    """A function's place among those that are worked on."""

    @property
    def between_polls(self) -> float:
        """The shortest pause between two looks at AWS, in seconds: others wait too."""

    async def away(self, waiting: Awaitable[Result]) -> Result:
        """Wait, and let somebody else work meanwhile."""


class Patience:
    """
    One function's deadline, from now on, and the run's signal to stop.

    Without a ``place`` nobody else is there to be considered.
    """

    def __init__(
        self, settings: WaitSettings, stop: asyncio.Event, place: Place | None = None
    ) -> None:
        self._settings = settings
        self._stop = stop
        self._place = place
        self._limit = words.Limit(settings.function_timeout, "--function-timeout")
        self._deadline = _now() + settings.function_timeout
        self._for_versions = settings.version_timeout
        self._last_looks = False

    @property
    def limit(self) -> words.Limit:
        """How long may be waited in all, and how to allow more."""
        return self._limit

    @contextlib.contextmanager
    def for_version(self) -> Iterator[None]:
        """
        Wait for a version on a time of its own, not on the function's.

        All versions that a function waits for share it: somebody may go on publishing.
        """
        limit, left = self._limit, self._left()
        self._limit = words.Limit(self._settings.version_timeout, "--version-timeout")
        self._deadline = _now() + self._for_versions
        try:
            yield
        finally:
            self._for_versions = max(self._left(), 0)
            self._limit, self._deadline = limit, _now() + left

    @property
    def spent(self) -> bool:
        """Whether the deadline has passed."""
        return self._left() <= 0

    def check(self) -> None:
        """Raise when nothing new may be begun: the run is to stop, or the time is up."""
        if self._stop.is_set() and not self._last_looks:
            raise InterruptedRunError
        if self.spent:
            raise StoppedError(words.out_of_time(self._limit))

    def polls(self) -> Iterator[float]:
        """Give the pauses between polls: growing, without end, and longer the more wait."""
        pause = self._settings.first_poll
        while True:
            yield max(pause, self._place.between_polls if self._place else 0)
            pause = min(pause * self._settings.poll_growth, self._settings.longest_poll)

    async def pause(self, seconds: float) -> None:
        """Wait, at most until the deadline. Raises InterruptedRunError when the run stops."""
        waiting = self._wait_for_stop(seconds)
        await (waiting if self._place is None else self._place.away(waiting))

    async def _wait_for_stop(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stop.wait(), min(seconds, max(self._left(), 0)))
        except TimeoutError:
            return
        raise InterruptedRunError

    async def in_time(self, reading: Awaitable[Result]) -> Result:
        """Wait no longer than the deadline for something that is given up then: a reading."""
        try:
            return await asyncio.wait_for(reading, max(self._left(), 0))
        except TimeoutError as error:
            raise StoppedError(words.out_of_time(self._limit)) from error

    async def aside(self, waiting: Awaitable[Result]) -> Result:
        """
        Wait for what has a deadline of its own, and let somebody else work meanwhile.

        It is read for many, so that the time does not count as this function's.
        """
        begun = _now()
        try:
            return await (waiting if self._place is None else self._place.away(waiting))
        finally:
            self._deadline += _now() - begun

    async def last_look(self, reading: Awaitable[Result]) -> Result:
        """Allow one short reading although the run is to stop. Raises ReconcileError."""
        self._last_looks = True
        self._deadline = _now() + self._settings.last_look
        return await self.in_time(reading)

    async def retrying(
        self,
        attempt: Callable[[], Awaitable[Result]],
        before_retry: Callable[[Failure, float], None],
    ) -> Result:
        """
        Try again after temporary failures, for as long as patience lasts.

        Throttling is bounded by the deadline alone: the function is not to blame. A
        deadline that passes during another try is told with what made it necessary.

        What goes well at once, as nearly every call does, never meets tenacity, whose
        bookkeeping costs more time than all the rest of a call.
        """
        try:
            return await attempt()
        except ReconcileError as error:
            if not _worth_trying_again(error):
                raise
            failed = error
        return await self._trying_again(failed, attempt, before_retry)

    async def _trying_again(
        self,
        failed: ReconcileError,
        attempt: Callable[[], Awaitable[Result]],
        before_retry: Callable[[Failure, float], None],
    ) -> Result:
        """Go on after an attempt that has failed, which counts as the first."""
        first = [failed]
        tries = 0
        failures: list[Failure] = []

        def gives_up(state: RetryCallState) -> bool:
            nonlocal tries
            tries += not _failure(state).throttled
            return tries >= self._settings.attempts or state.upcoming_sleep >= self._left()

        def told(state: RetryCallState) -> None:
            failures.append(_failure(state))
            before_retry(failures[-1], state.upcoming_sleep)

        retrying = AsyncRetrying(
            retry=retry_if_exception(_worth_trying_again),
            stop=gives_up,
            wait=self._wait,
            sleep=self.pause,
            before_sleep=told,
            reraise=True,
        )

        async def once() -> Result:
            if first:
                raise first.pop()
            return await self._try(attempt, failures)

        return await retrying(once)

    async def _try(
        self, attempt: Callable[[], Awaitable[Result]], failures: Sequence[Failure]
    ) -> Result:
        """Try once; a deadline that passes meanwhile is told with the failure before."""
        try:
            return await attempt()
        except StoppedError as error:
            if not failures or error.failure != words.out_of_time(self._limit):
                raise
            raise StoppedError(words.out_of_time_at(self._limit, failures[-1])) from error

    def _wait(self, state: RetryCallState) -> float:
        """Wait a growing and jittered time, and at least as long as AWS asked."""
        grow = wait_exponential_jitter(
            multiplier=self._settings.first_retry,
            max=self._settings.longest_retry,
            jitter=self._settings.first_retry,
        )
        return grow(state) + (_failure(state).retry_after or 0)

    def _left(self) -> float:
        return self._deadline - _now()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _failure(state: RetryCallState) -> Failure:
    error = state.outcome.exception() if state.outcome else None
    if not isinstance(error, ReconcileError):
        raise AssertionError("only ReconcileErrors are tried again")  # noqa: TRY004 - a bug, no input
    return error.failure


def _worth_trying_again(error: BaseException) -> bool:
    return (
        isinstance(error, ReconcileError)
        and not isinstance(error, StoppedError)
        and error.failure.kind is FailureKind.TEMPORARY
    )
