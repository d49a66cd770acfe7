"""What several want at the same time, asked for once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

_Answer = TypeVar("_Answer")


class Together(Generic[_Answer]):
    """
    One asking for all who come while it lasts: they get its answer, or its failure.

    Nothing is remembered: who comes later, asks anew. Whoever stops waiting stops
    nobody else's asking. All askers share an event loop.
    """

    def __init__(self) -> None:
        self._asking: asyncio.Task[_Answer] | None = None

    async def ask(self, begin: Callable[[], Coroutine[object, object, _Answer]]) -> _Answer:
        """Give the answer of the asking that is under way, or of one that begins now."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(begin())
            self._asking.add_done_callback(_look_at)
        return await asyncio.shield(self._asking)


def _look_at(done: asyncio.Task[_Answer]) -> None:
    """Take note of a failure that nobody waits for, which asyncio would log."""
    if not done.cancelled():
        done.exception()
