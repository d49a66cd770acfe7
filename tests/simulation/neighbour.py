"""Somebody else who uses the same quotas, all the time, whatever the reconciler does."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from reconciler.sandbox import LambdaError, Quota
from reconciler.sandbox.quotas import EVERYTHING_ELSE, GET_FUNCTION, Quotas
from tests.simulation.storage import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_REMEMBERED = 2.0
"""Seconds after which a bucket has forgotten whatever was taken from it."""


class SharedQuotas:
    """
    AWS's quotas, of which a neighbour takes the ``share`` evenly, whether it is refused or not.

    Its requests are counted when one of ours arrives, so that it costs nothing meanwhile.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.share = 0.0
        self._clock = clock
        self._moment: float | None = None
        self._quotas = Quotas(Quota.AWS, self._now)
        self._counted: dict[int, float] = {}

    def check(self, operation: str) -> None:
        """Count our request, or refuse it: a LambdaError with status 429."""
        rate = GET_FUNCTION if operation == "GetFunction" else EVERYTHING_ELSE
        for moment in self._of_the_neighbour(rate):
            self._moment = moment
            with contextlib.suppress(LambdaError):
                self._quotas.check(operation, ACCOUNT, REGION)
        self._moment = None
        self._quotas.check(operation, ACCOUNT, REGION)

    def _of_the_neighbour(self, rate: int) -> Iterator[float]:
        """Give the times of its requests since the last one that was counted."""
        now = self._clock()
        moment = max(self._counted.get(rate, 0), now - _REMEMBERED)
        while self.share and (moment := moment + 1 / (rate * self.share)) <= now:
            self._counted[rate] = moment
            yield moment

    def _now(self) -> float:
        return self._clock() if self._moment is None else self._moment
