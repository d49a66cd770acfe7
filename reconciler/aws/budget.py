"""
How many calls a second one account and region is asked for.

AWS allows 100 GetFunction a second, and 15 of all other control-plane calls taken
together; neither can be raised (developer guide, gettingstarted-limits). Others use
the same quota, so that a share of it is left to them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from reconciler.aws.calls import Caller

    Answer = TypeVar("Answer")

QUOTA_SHARE = 0.8
_GET_FUNCTION = 100.0
_EVERYTHING_ELSE = 15.0
_LONGEST_SLEEP = 0.25  # seconds, between two looks at whether the call is still wanted


class Rate:
    """
    Turns, evenly at the share of a quota, and a few at once after a pause.

    As many go out at once as the share leaves of the quota, so that no second has
    more than the quota itself.
    """

    def __init__(self, quota: float) -> None:
        self._interval = 1 / (quota * QUOTA_SHARE)
        self._at_once = quota * (1 - QUOTA_SHARE) * self._interval
        self._next = 0.0

    async def take(self, check: Callable[[], None]) -> None:
        """
        Wait for one call's turn; turns are given in the order in which they are asked for.

        ``check`` is asked again and again, and last just before the turn; it raises when
        the call is not wanted any more.
        """
        clock = asyncio.get_running_loop().time
        self._next = max(self._next, clock()) + self._interval
        due = self._next - self._at_once
        check()
        while (left := due - clock()) > 0:
            await asyncio.sleep(min(left, _LONGEST_SLEEP))
            check()


class Budget:
    """The two rates of one account and region."""

    def __init__(self) -> None:
        self._get_function = Rate(_GET_FUNCTION)
        self._everything_else = Rate(_EVERYTHING_ELSE)

    async def spend(
        self, operation: str, caller: Caller, send: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Make one request when it is its turn."""
        get_function = operation == "GetFunction"
        await (self._get_function if get_function else self._everything_else).take(caller.check)
        return await send()
