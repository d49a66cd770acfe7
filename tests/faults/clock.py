"""A clock that goes on only in pauses, while calls over real sockets take no time at all."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

Result = TypeVar("Result")


class Clock:
    """Seconds, as the event loop and the sandbox see them; read from any thread."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


class _Selector(selectors.DefaultSelector):
    """Waits for threads as long as it takes, and for the time not at all."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.at_work = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the clock go on where only the time is waited for."""
        if timeout is not None and timeout <= 0:
            return super().select(0)
        if self.at_work or timeout is None:
            return super().select(None)
        if events := super().select(0):
            return events
        self.clock.advance(timeout)
        return []


class _Loop(asyncio.SelectorEventLoop):
    """The usual loop on a given clock, which stands still while a thread is at work."""

    def __init__(self, clock: Clock) -> None:
        self._patient = _Selector(clock)
        super().__init__(self._patient)

    def time(self) -> float:
        """Tell the clock's time."""
        return self._patient.clock()

    def run_in_executor(  # type: ignore[override] # nobody here goes by the types of arguments
        self,
        executor: Any,  # noqa: ANN401 - as above
        func: Any,  # noqa: ANN401 - as above
        *args: Any,  # noqa: ANN401 - as above
    ) -> asyncio.Future[Any]:
        """Note that a thread is at work until its result is there."""
        self._patient.at_work += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._over)
        return future

    def _over(self, _: asyncio.Future[Any]) -> None:
        self._patient.at_work -= 1


def run(clock: Clock, coroutine: Coroutine[object, object, Result]) -> Result:
    """Run to the end; pauses cost nothing but the clock's time."""
    with asyncio.Runner(loop_factory=lambda: _Loop(clock)) as runner:
        return runner.run(coroutine)
