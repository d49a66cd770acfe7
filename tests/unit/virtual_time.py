"""An event loop that never sleeps: when nothing is left to do, its clock goes on at once."""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

Result = TypeVar("Result")

BEGINNING = 1000.0
"""What the clock shows first; a monotonic clock may begin anywhere."""


class _Selector(selectors.SelectSelector):
    """Takes no time, and says how much of it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.now = BEGINNING

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Let the time pass instead of waiting; waiting without end is a bug of the test."""
        if timeout is None:
            raise AssertionError("nothing is left that could ever happen")
        self.now += max(timeout, 0)
        return super().select(0)


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """The usual loop on a clock of its own."""

    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        """Tell the virtual time."""
        return self._virtual.now


def run(coroutine: Coroutine[object, object, Result]) -> Result:
    """Run to the end, without waiting for anything."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coroutine)


def elapsed() -> float:
    """Give the virtual seconds since the loop began."""
    return asyncio.get_running_loop().time() - BEGINNING
