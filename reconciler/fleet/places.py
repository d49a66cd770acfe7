"""How many functions of one account and region are worked on at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from typing import TypeVar

    Result = TypeVar("Result")

_POLLS = 0.5
"""The share of GetFunction for those that wait; the rest is for others."""


class Places:
    """
    A number of places, which functions hold while they work and give back while they wait.

    Who comes back from a wait is served before who begins: what was begun is ended first.
    ``rate`` gives the looks at AWS that are allowed a second, at the moment: all those that wait
    take half of it together, however many they are.
    """

    def __init__(self, number: int, rate: Callable[[], float]) -> None:
        self._free = number
        self._rate = rate
        self._coming_back: deque[asyncio.Future[None]] = deque()
        self._beginning: deque[asyncio.Future[None]] = deque()
        self._away = 0

    @contextlib.asynccontextmanager
    async def taken(self) -> AsyncIterator[Place]:
        """Hold a place, as soon as there is one."""
        await self.take(self._beginning)
        place = Place(self)
        try:
            yield place
        finally:
            if place.held:
                self.leave()

    @property
    def between_polls(self) -> float:
        """The seconds that each of those who wait has to leave between two looks."""
        return self._away / (self._rate() * _POLLS)

    async def away(self, place: Place, waiting: Awaitable[Result]) -> Result:
        """Let somebody else work while this one waits."""
        place.held = False
        self.leave()
        self._away += 1
        try:
            result = await waiting
        finally:
            self._away -= 1
        await self.take(self._coming_back)
        place.held = True
        return result

    async def take(self, queue: deque[asyncio.Future[None]]) -> None:
        """Wait in this queue for a place."""
        if self._free:
            self._free -= 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()  # the place was given just now
            raise

    def leave(self) -> None:
        """Give a place to the next who waits for it."""
        for queue in (self._coming_back, self._beginning):
            while queue:
                turn = queue.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._free += 1


class Place:
    """One function's place; see ``reconcile.patience``."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.held = True

    @property
    def between_polls(self) -> float:
        """The shortest pause between two looks at AWS, in seconds."""
        return self._places.between_polls

    async def away(self, waiting: Awaitable[Result]) -> Result:
        """Wait, and let somebody else work meanwhile."""
        return await self._places.away(self, waiting)
