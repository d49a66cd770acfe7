"""How many bytes of packages one process holds at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

HELD_AT_ONCE = 96 * 1024 * 1024
"""
Bytes of packages. What is sent is held as bytes, as base64 and as JSON: about four times as much.
"""


class Room:
    """
    Lets in so many bytes at once; who asks first is served first.

    What is larger than all of it goes alone. All askers share an event loop.
    """

    def __init__(self, size: int = HELD_AT_ONCE) -> None:
        self._size = size
        self._free = size
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @contextlib.asynccontextmanager
    async def taken(self, size: int) -> AsyncIterator[None]:
        """Hold so many bytes of it, as soon as there is room for them."""
        size = min(size, self._size)
        await self._take(size)
        try:
            yield
        finally:
            self._give_back(size)

    async def _take(self, size: int) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        self._let_in()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._let_in()  # somebody smaller may have stood behind
            else:
                self._give_back(size)  # the turn was given just now
            raise

    def _give_back(self, size: int) -> None:
        self._free += size
        self._let_in()

    def _let_in(self) -> None:
        """Serve from the front; nobody overtakes, or large packages would never go."""
        while self._waiting:
            size, turn = self._waiting[0]
            if not turn.done():
                if size > self._free:
                    return
                self._free -= size
                turn.set_result(None)
            self._waiting.popleft()
