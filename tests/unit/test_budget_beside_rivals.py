"""The budget against buckets of tokens like AWS's, alone and beside somebody else."""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import pytest

from reconciler.aws.budget import Budget
from reconciler.aws.calls import Caller
from reconciler.model import Failure, FailureKind, ReconcileError
from reconciler.sandbox.quotas import TokenBucket
from tests.unit.virtual_time import BEGINNING, elapsed, run

if TYPE_CHECKING:
    from collections.abc import Callable

GET, OTHER = "GetFunction", "PublishVersion"
QUOTAS = pytest.mark.parametrize(("operation", "quota"), [(GET, 100), (OTHER, 15)])
SECONDS = 120


@dataclass(slots=True)
class Wire:
    """
    AWS's bucket, some way off: a request is under way for as long as ``latency`` gives.

    It refuses with the Retry-After of the sandbox, in whole seconds, where ``asks``.
    """

    quota: int
    latency: Callable[[], float]
    asks: bool = True
    taken: list[float] = field(default_factory=list)
    refused: int = 0
    _bucket: TokenBucket = field(init=False)

    def __post_init__(self) -> None:
        self._bucket = TokenBucket(self.quota, BEGINNING)

    def arrive(self) -> float:
        """Take a token, or give the seconds until there is one."""
        return self._bucket.take(asyncio.get_running_loop().time())

    async def send(self) -> None:
        """Make a request of ours."""
        latency = self.latency()
        await asyncio.sleep(latency / 2)
        seconds = self.arrive()
        await asyncio.sleep(latency / 2)
        if not seconds:
            self.taken.append(elapsed())
            return
        self.refused += 1
        asked = max(1, math.ceil(seconds)) if self.asks else None
        failure = Failure(FailureKind.TEMPORARY, "", "", throttled=True, retry_after=asked)
        raise ReconcileError(failure)

    @property
    def refused_percent(self) -> float:
        """How many of our requests were refused."""
        return 100 * self.refused / (self.refused + len(self.taken))


async def _work(budget: Budget, wire: Wire, operation: str, calls: int) -> None:
    """Make so many calls in the end, 32 at once, each again and again until it is taken."""
    left = iter(range(calls))

    async def worker() -> None:
        for _ in left:
            while True:
                try:
                    await budget.spend(operation, Caller(lambda: None), wire.send)
                except ReconcileError:
                    continue
                break

    await asyncio.gather(*(worker() for _ in range(32)))


async def _rival(wire: Wire, pause: Callable[[], float]) -> None:
    """Take a token after each pause, and insist: it gets what it wants, sooner or later."""
    clock = asyncio.get_running_loop().time
    due = clock()
    while True:
        due += pause()
        await asyncio.sleep(max(due - clock(), 0))
        while seconds := wire.arrive():  # noqa: ASYNC110 - AWS tells nobody when it has a token
            await asyncio.sleep(seconds + 0.0001)  # a wait too short for the clock would never end


async def _beside_a_rival(wire: Wire, operation: str, rival: asyncio.Task[None]) -> float:
    """Work against a rival, and give the seconds that it took."""
    await _work(Budget(), wire, operation, wire.quota * SECONDS // 2)
    rival.cancel()
    return elapsed()


@QUOTAS
@pytest.mark.parametrize("latency", [0.0, 0.05, 0.2])
def test_alone_nothing_is_ever_refused(operation: str, quota: int, latency: float) -> None:
    """The whole quota is used, and AWS has no reason to complain."""
    wire = Wire(quota, lambda: latency)

    async def work() -> float:
        await _work(Budget(1), wire, operation, quota * 10)
        return elapsed()

    assert run(work()) <= 10.2 + latency
    assert 0 == wire.refused


@QUOTAS
def test_a_shaky_wire_refuses_nothing(operation: str, quota: int) -> None:
    """Requests that overtake each other on their way are no more than AWS takes at once."""
    chances = random.Random(1)  # noqa: S311 - no secret
    wire = Wire(quota, partial(chances.uniform, 0.01, 0.2))

    run(_work(Budget(1), wire, operation, quota * 10))

    assert 0 == wire.refused


@QUOTAS
@pytest.mark.parametrize("asks", [True, False], ids=["Retry-After", "no Retry-After"])
@pytest.mark.parametrize("latency", [0.03, 0.1])
def test_beside_a_rival_that_takes_half(
    operation: str, quota: int, latency: float, *, asks: bool
) -> None:
    """Nearly all that it leaves is used, and hardly a call is refused."""
    wire = Wire(quota, lambda: latency, asks)

    async def work() -> float:
        steadily = _rival(wire, lambda: 2 / quota)
        return await _beside_a_rival(wire, operation, asyncio.ensure_future(steadily))

    seconds = run(work())

    assert seconds <= SECONDS / 0.95
    assert wire.refused_percent <= 2


@QUOTAS
@pytest.mark.parametrize("seed", range(3))
def test_beside_a_rival_that_comes_and_goes(operation: str, quota: int, seed: int) -> None:
    """It takes half on average, at random moments."""
    chances = random.Random(seed)  # noqa: S311 - no secret
    wire = Wire(quota, partial(chances.uniform, 0.03, 0.3))

    async def work() -> float:
        at_random = _rival(wire, partial(chances.expovariate, quota / 2))
        return await _beside_a_rival(wire, operation, asyncio.ensure_future(at_random))

    seconds = run(work())

    assert seconds <= SECONDS / 0.85
    assert wire.refused_percent <= 3


@QUOTAS
def test_two_budgets_get_along(operation: str, quota: int) -> None:
    """Two runs that know nothing of each other share the quota, and both use it well."""
    wires = [Wire(quota, lambda: 0.1), Wire(quota, lambda: 0.07)]
    wires[1]._bucket = wires[0]._bucket  # noqa: SLF001 - AWS has one

    async def work() -> float:
        calls = quota * SECONDS // 2
        await asyncio.gather(*(_work(Budget(), wire, operation, calls) for wire in wires))
        return elapsed()

    assert run(work()) <= SECONDS / 0.85
    assert all(wire.refused_percent <= 3 for wire in wires)


@QUOTAS
def test_when_the_rival_is_gone_the_share_is_used_again(operation: str, quota: int) -> None:
    """Half a minute after its last call the pace is the old one."""
    wire = Wire(quota, lambda: 0.05)

    async def work() -> float:
        rival = asyncio.ensure_future(_rival(wire, lambda: 2 / quota))
        asyncio.get_running_loop().call_later(30, rival.cancel)
        await _work(Budget(), wire, operation, quota * 60)
        return elapsed()

    run(work())

    a_second = sum(60 <= when < 70 for when in wire.taken) / 10
    assert pytest.approx(0.8 * quota, rel=0.05) == a_second


def test_when_everything_is_taken_it_goes_on_asking() -> None:
    """A rival that lets nothing through does not stop it for good, and is not besieged."""
    wire = Wire(15, lambda: 0.05)

    async def work() -> None:
        rival = asyncio.ensure_future(_rival(wire, lambda: 0.001))
        asyncio.get_running_loop().call_later(60, rival.cancel)
        await _work(Budget(), wire, OTHER, 300)

    run(work())

    assert 30 <= wire.refused <= 90
    assert 300 == len(wire.taken)
