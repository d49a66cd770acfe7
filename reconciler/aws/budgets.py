"""One budget for each account and region, whoever calls there."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from reconciler.aws.budget import Budget

if TYPE_CHECKING:
    Place = tuple[str | None, str]


class Budgets:
    """
    The budgets of a run.

    AWS counts the requests of an account and region, whichever credentials sign them: two
    targets there share one budget, and the smallest share that one of them ever asked for
    holds.
    ``share`` is that of those who ask for none; None means that nothing is paced. An
    account that nobody knows is None, and taken for one of its own.
    """

    def __init__(self, share: float | None) -> None:
        self._share = inf if share is None else share
        self._shares: dict[Place, float] = {}
        self._budgets: dict[Place, tuple[float, Budget]] = {}

    def limit(self, account: str | None, region: str, share: float | None) -> None:
        """Say that somebody calls there who wants no more than ``share`` of the quota."""
        wanted = self._share if share is None else share
        held = self._shares.get((account, region), inf)
        self._shares[account, region] = min(held, wanted)

    def of(self, account: str | None, region: str) -> Budget:
        """Give the budget, another one after its share has become smaller."""
        place = (account, region)
        share = self._shares.get(place, self._share)
        if place not in self._budgets or self._budgets[place][0] != share:
            self._budgets[place] = (share, Budget(None if share == inf else share))
        return self._budgets[place][1]
