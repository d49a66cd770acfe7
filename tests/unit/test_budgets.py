"""Who shares a budget, and whose share of the quota holds."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING

import pytest

from reconciler.aws import budgets
from reconciler.aws.budget import Budget
from reconciler.aws.budgets import Budgets
from reconciler.aws.calls import Caller
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from collections.abc import Callable

EU = ("111111111111", "eu-west-1")
US = ("111111111111", "us-east-1")


@pytest.fixture
def shares(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[float]]:
    """Give the shares with which budgets were made."""
    made: list[float] = []

    def make(share: float | None) -> Budget:
        made.append(inf if share is None else share)
        return Budget(share)

    monkeypatch.setattr(budgets, "Budget", make)
    return lambda: made


def test_an_account_and_region_has_one_budget() -> None:
    """Whoever asks; other regions and other accounts have their own."""
    made = Budgets(0.8)
    own = {id(made.of(*EU)), id(made.of(*US)), id(made.of("222222222222", EU[1]))}
    assert 3 == len(own)
    assert made.of(*EU) is made.of(*EU)
    assert made.of(None, EU[1]) is not made.of(*EU)


@pytest.mark.parametrize(
    ("of_the_run", "of_targets", "expected"),
    [
        (0.8, [], 0.8),
        (0.8, [None], 0.8),
        (0.8, [1.0], 1.0),
        (0.8, [None, 1.0], 0.8),
        (0.8, [0.5, 0.25, 1.0], 0.25),
        (None, [], inf),
        (None, [None, 0.5], 0.5),
    ],
)
def test_the_smallest_share_holds(
    shares: Callable[[], list[float]],
    of_the_run: float | None,
    of_targets: list[float | None],
    expected: float,
) -> None:
    """A target's own stands in place of the run's, and the smallest of all who call there holds."""
    made = Budgets(of_the_run)
    for share in of_targets:
        made.limit(*EU, share)
    made.of(*EU)
    made.of(*EU)
    assert [expected] == shares()


def test_a_smaller_share_that_comes_later_holds_from_then_on(
    shares: Callable[[], list[float]],
) -> None:
    """A manifest may name another target while the loop goes on."""
    made = Budgets(0.8)
    made.limit(*EU, None)
    before = made.of(*EU)
    made.limit(*EU, 0.5)
    assert made.of(*EU) is not before
    assert [0.8, 0.5] == shares()


@pytest.mark.parametrize(("share", "seconds"), [(None, 0), (1.0, 9), (0.5, 17)])
def test_a_budget_has_the_pace_of_its_share(share: float | None, seconds: float) -> None:
    """A thousand GetFunction take as long as the share of 100 a second says, or no time at all."""

    async def spend() -> float:
        clock = asyncio.get_running_loop().time
        budget = Budgets(share).of(*EU)
        began = clock()
        caller = Caller(lambda: None)
        await asyncio.gather(*(budget.spend("GetFunction", caller, _sent) for _ in range(1000)))
        return clock() - began

    took = run(spend())
    assert seconds <= took <= seconds * 1.25


async def _sent() -> None:
    """Be AWS, and answer at once."""
