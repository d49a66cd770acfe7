"""
How many calls a second one account and region is asked for.

AWS allows 100 GetFunction a second, and 15 of all other control-plane calls taken
together; neither can be raised (developer guide, gettingstarted-limits). Others use
the same quota, so that a share of it is left to them.
"""

from __future__ import annotations

import asyncio

QUOTA_SHARE = 0.8
_GET_FUNCTION = 100.0 * QUOTA_SHARE
_EVERYTHING_ELSE = 15.0 * QUOTA_SHARE


class Rate:
    """
    A bucket of one second's calls, filled evenly.

    ``_next`` is when the bucket would be full again: as long as it lies less than a
    second ahead, a call goes out at once.
    """

    def __init__(self, per_second: float) -> None:
        self._interval = 1 / per_second
        self._next = 0.0

    async def take(self) -> None:
        """Wait for one call's turn; turns are given in the order in which they are asked for."""
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now) + self._interval
        await asyncio.sleep(self._next - now - 1)


class Budget:
    """The two rates of one account and region."""

    def __init__(self) -> None:
        self._get_function = Rate(_GET_FUNCTION)
        self._everything_else = Rate(_EVERYTHING_ELSE)

    async def take(self, operation: str) -> None:
        """Wait until this operation may be called."""
        get_function = operation == "GetFunction"
        await (self._get_function if get_function else self._everything_else).take()
