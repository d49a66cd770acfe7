"""Who waits for the turns of one quota, and in which order they are given."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.aws.pace import ROUNDING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.aws.calls import Caller
    from reconciler.aws.pace import Pace

_LOOK = 0.25  # seconds, between two looks at whether the calls that wait are still wanted


@dataclass(frozen=True, slots=True, eq=False)
class _Waiter:
    check: Callable[[], None]
    turn: asyncio.Future[float]

    def gone(self) -> bool:
        """Whether it does not wait any more, or need not: its turn then is the exception."""
        if not self.turn.done():
            try:
                self.check()
            except Exception as error:  # noqa: BLE001 - its own, and raised where it waits
                self.turn.set_exception(error)
        return self.turn.done()


class Turns:
    """
    Gives turns to whoever waits: first to what is in flight, then to what begins.

    Each of the two waits in line. Who is in flight is asked when it comes, not when a turn
    is given: a function waits for its call, so that its answer does not change meanwhile,
    and a turn costs the same however many wait. One timer serves all of them, and one
    looks after those that are not wanted any more.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._in_flight: deque[_Waiter] = deque()
        self._beginning: deque[_Waiter] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._look: asyncio.TimerHandle | None = None
        self._waiting = 0

    async def take(self, caller: Caller) -> float:
        """
        Wait for one call's turn, and give the loop's time of it.

        The caller's ``check`` is asked again and again, and last just before the turn; what
        it raises is raised here within a quarter of a second, and no turn is used up.
        """
        caller.check()
        turn: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        line = self._in_flight if caller.in_flight() else self._beginning
        line.append(_Waiter(caller.check, turn))
        if self._timer is None:
            self._serve()
        if turn.done():
            return turn.result()
        self._waiting += 1
        try:
            return await self._wait(turn, caller.check)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._rest()

    @property
    def rate(self) -> float:
        """The turns a second that are given at the moment."""
        return self._pace.rate(asyncio.get_running_loop().time())

    def refused(self, given: float, retry_after: float | None) -> None:
        """Slow down for all: AWS refused the call whose turn was given then."""
        self._pace.refused(given, asyncio.get_running_loop().time(), retry_after)

    async def _wait(self, turn: asyncio.Future[float], check: Callable[[], None]) -> float:
        self._look_later()
        try:
            given = await turn
            check()
        except BaseException:  # cancelled, or not wanted any more
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self._pace.take_back(turn.result())
                self._serve()
            raise
        return given

    def _rest(self) -> None:
        """Leave nothing behind: whoever comes next may come on another loop."""
        for timer in (self._timer, self._look):
            if timer is not None:
                timer.cancel()
        self._timer = self._look = None
        self._in_flight.clear()
        self._beginning.clear()

    def _serve(self) -> None:
        """Give every turn that is due, and come back when the next one is."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while line := self._in_flight or self._beginning:
            due = self._pace.due()
            if due > now + ROUNDING:
                self._timer = loop.call_at(due, self._serve)
                return
            waiter = line.popleft()
            if not waiter.gone():
                self._pace.give(now)
                waiter.turn.set_result(now)

    def _look_later(self) -> None:
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK, self._look_through)

    def _look_through(self) -> None:
        """Send away whoever is not wanted any more."""
        self._look = None
        for line in (self._in_flight, self._beginning):
            waiting = [waiter for waiter in line if not waiter.gone()]
            line.clear()
            line.extend(waiting)
        if self._in_flight or self._beginning:
            self._look_later()
