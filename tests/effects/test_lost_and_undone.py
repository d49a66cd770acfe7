"""A write of ours that took effect unheard, and that somebody else undid at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Status
from reconciler.reconcile.journal import LOST
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from tests.effects.world import World


def test_a_lost_write_is_told_also_when_the_function_is_in_sync_without_it(world: World) -> None:
    """Its answer is lost and a rival brings other code: nothing is left to do, nothing hidden."""
    world.create("app")
    world.declare(app="architecture: arm64")
    world.sandbox.inject(Fault("UpdateFunctionCode", lose_answer=True))

    def rival() -> None:
        world.plane.settle_now("app", region=REGION)
        world.plane.update_function_code("app", region=REGION, ZipFile=zip_of("rival"))

    # Before it there are two: one to plan with, and one to fetch the live package by.
    world.sandbox.inject(Fault("GetFunction", skip=2, run=rival))

    result = world.one()

    assert Status.IN_SYNC == result.status
    assert [(False, "sent, no answer came")] == [
        (record.succeeded, record.result) for record in result.steps
    ]
    assert "arm64" == world.live("app").architecture


def test_a_lost_version_that_the_list_hides_is_not_told_as_somebody_elses(world: World) -> None:
    """Its answer is lost, and the list lags: the no-op that follows shows that it was made."""
    world.create("app")
    world.declare(app="publish: true")
    world.sandbox.inject(Fault("PublishVersion", lose_answer=True))
    world.wrap = Hidden

    result = world.one()

    assert Status.UPDATED == result.status
    assert [(True, LOST)] == [(record.succeeded, record.result) for record in result.steps]
    assert ["1"] == world.versions("app")


class Hidden:
    """The real calls, but for a list of versions that shows none."""

    def __init__(self, functions: BotoLambdaFunctions) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def newest_version(self, function_name: str) -> None:
        """Show no version."""
        await self._functions.newest_version(function_name)
