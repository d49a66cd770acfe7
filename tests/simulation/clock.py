"""A loop on which years pass in seconds, and always in the same order."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from tests.unit.virtual_time import BEGINNING, VirtualTimeLoop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

Result = TypeVar("Result")


class SimulatedLoop(VirtualTimeLoop):
    """
    Virtual time, and no threads: what would go to one is done at once.

    Whoever waits for it still has to wait for a turn of the loop.
    """

    def run_in_executor(
        self, executor: object, func: Callable[..., Result], *args: object
    ) -> asyncio.Future[Result]:
        """Do the work here and now, and give its outcome later."""
        del executor
        future: asyncio.Future[Result] = self.create_future()
        try:
            result = func(*args)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the work's outcome
            self.call_soon(_fail, future, error)
        else:
            self.call_soon(_succeed, future, result)
        return future

    @property
    def elapsed(self) -> float:
        """The virtual seconds since the loop began."""
        return self.time() - BEGINNING


def _succeed(future: asyncio.Future[Result], result: Result) -> None:
    if not future.done():
        future.set_result(result)


def _fail(future: asyncio.Future[Result], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def run(
    work: Callable[[SimulatedLoop], Coroutine[object, object, Result]],
) -> Result:
    """Run to the end, without waiting for anything."""
    loop = SimulatedLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work(loop))
