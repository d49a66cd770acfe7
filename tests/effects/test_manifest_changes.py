"""A manifest that is edited while a run is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Status
from reconciler.sandbox import Fault
from tests.effects.world import AUTO, FUNCTION_UPDATE

if TYPE_CHECKING:
    from tests.effects.world import World


def test_a_run_carries_out_the_manifests_that_it_read(world: World) -> None:
    """Half of the old and half of the new would be a state that nobody declared."""
    world.create("app", "old")
    world.package("app", "new")
    world.package("other", "newer")
    world.declare(app="code: {zipFile: app.zip}\nruntimeManagement: {updateRuntimeOn: Auto}")

    def edit() -> None:
        world.declare(
            app="code: {zipFile: other.zip}\nruntimeManagement: {updateRuntimeOn: FunctionUpdate}"
        )

    world.sandbox.inject(Fault("UpdateFunctionCode", run=edit))

    first = world.one()

    assert (Status.UPDATED, ["UpdateFunctionCode"]) == (first.status, world.writes)
    assert AUTO == world.mode("app")

    second = world.one()

    assert Status.UPDATED == second.status
    assert ["PutRuntimeManagementConfig", "UpdateFunctionCode"] == world.writes
    assert FUNCTION_UPDATE == world.mode("app")
