"""
How many calls a second one account and region is asked for.

AWS allows 100 GetFunction a second, and 15 of all other control-plane calls taken
together; neither can be raised (developer guide, gettingstarted-limits). Others use
the same quota, so that a share of it is left to them.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from reconciler.aws import rules
from reconciler.aws.pace import Pace
from reconciler.aws.turns import Turns
from reconciler.model import ReconcileError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from reconciler.aws.calls import Caller

    Answer = TypeVar("Answer")

QUOTA_SHARE = 0.8
_GET_FUNCTION = 100.0
_EVERYTHING_ELSE = 15.0


class Budget:
    """
    The two rates of one account and region, for all who call it.

    ``share`` of the quotas is over 0 and up to 1, else ValueError. None is for what has no
    quotas: nobody waits for anything.
    """

    def __init__(self, share: float | None = QUOTA_SHARE) -> None:
        if share is not None and not 0 < share <= 1:
            raise ValueError(f"a share of the quotas is over 0 and up to 1, not {share}")
        self._get_function, self._everything_else = (
            None if share is None else Turns(Pace(quota, share))
            for quota in (_GET_FUNCTION, _EVERYTHING_ELSE)
        )

    @property
    def get_function_rate(self) -> float:
        """The GetFunction requests a second that may be sent at the moment; inf without a pace."""
        return inf if self._get_function is None else self._get_function.rate

    async def spend(
        self, operation: str, caller: Caller, send: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """
        Make one request when it is its turn.

        When AWS refuses it for its quota, all calls that share the quota wait as long as
        AWS asks for, and are fewer for a while.
        """
        turns = self._get_function if operation == "GetFunction" else self._everything_else
        if turns is None:
            caller.check()
            return await send()
        given = await turns.take(caller)
        try:
            return await send()
        except ReconcileError as error:
            if rules.over_the_rate(error.failure):
                turns.refused(given, error.failure.retry_after)
            raise
