"""A write of ours that took effect unheard, and that somebody else undid at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Status
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
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
