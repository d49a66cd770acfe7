"""Many functions in one run: how many at once, who is reported, and whom a failure befalls."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Failure, FailureKind, ReconcileError, Status
from tests.effects.world import Recorder

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.model import FunctionResult, LiveFunction
    from tests.effects.world import World

NAMES = ("a", "b", "c", "d", "e", "f")


class Gauge(Recorder):
    """Counts the functions between their first read and their end."""

    def __init__(self) -> None:
        super().__init__()
        self.at_work: set[str] = set()
        self.most = 0
        self.ended: list[str] = []

    def began(self, name: str) -> None:
        """Count a function in."""
        self.at_work.add(name)
        self.most = max(self.most, len(self.at_work))

    def finished(self, result: FunctionResult) -> None:
        """Count a function out."""
        self.at_work.discard(result.spec.name)
        self.ended.append(result.spec.name)


class Gauged:
    """The real calls, with reads that take the longer the earlier the name is."""

    def __init__(self, functions: BotoLambdaFunctions, gauge: Gauge) -> None:
        self._functions = functions
        self._gauge = gauge

    async def get_function(self, function_name: str) -> LiveFunction:
        """Count in, dawdle, and read."""
        self._gauge.began(function_name)
        await asyncio.sleep(0.02 * (len(NAMES) - NAMES.index(function_name)))
        return await self._functions.get_function(function_name)


@pytest.fixture
def gauge(world: World) -> Gauge:
    """Set up six functions in sync, and count them while they are at work."""
    for name in NAMES:
        world.create(name, "same")
        world.declare(**{name: "architecture: x86_64"})
    gauge = Gauge()
    world.recorder = gauge
    world.wrap = lambda functions: Gauged(functions, gauge)
    return gauge


@pytest.mark.parametrize("parallelism", [1, 2, 6, 16])
def test_no_more_functions_are_at_work_than_there_are_places(
    world: World, gauge: Gauge, parallelism: int
) -> None:
    """A function's place is taken from its first read to its end, and no place stays empty."""
    run = world.run(parallelism=parallelism)

    assert [Status.IN_SYNC] * len(NAMES) == [each.status for each in run.functions]
    assert min(parallelism, len(NAMES)) == gauge.most
    assert set() == gauge.at_work


def test_every_function_is_reported_once_and_in_the_order_given(world: World, gauge: Gauge) -> None:
    """The order of the report is that of the manifests, whoever ends first."""
    run = world.run()

    assert NAMES == tuple(each.spec.name for each in run.functions)
    assert list(NAMES) == sorted(gauge.ended)
    assert list(NAMES) != gauge.ended


def test_a_stop_leaves_the_functions_that_have_no_place_yet(world: World, gauge: Gauge) -> None:
    """Nothing more is read, and each is reported once, as not attempted."""

    def stop_at(name: str) -> None:
        Gauge.began(gauge, name)
        world.stop.request(15)

    gauge.began = stop_at  # type: ignore[method-assign]

    run = world.run(parallelism=1)

    assert [Status.NOT_ATTEMPTED] * 6 == [each.status for each in run.functions]
    assert list(NAMES) == gauge.ended
    assert 15 == run.interrupted_by
    assert 1 >= len(world.calls)


def test_a_region_without_a_client_fails_that_function_only(world: World, gauge: Gauge) -> None:
    """What cannot be connected to is that function's failure; the others go on."""
    failure = Failure(FailureKind.INVALID, "no such region", "correct the region")
    turns = iter(NAMES)

    def wrap(functions: BotoLambdaFunctions) -> Gauged:
        if next(turns) == "b":
            raise ReconcileError(failure)
        return Gauged(functions, gauge)

    world.wrap = wrap

    run = world.run()

    assert {"b": failure} == {
        each.spec.name: each.failure for each in run.functions if each.status is Status.FAILED
    }
    assert 5 == sum(each.status is Status.IN_SYNC for each in run.functions)
    assert ["GetFunction"] * 5 == world.calls
    assert list(NAMES) == sorted(gauge.ended)
