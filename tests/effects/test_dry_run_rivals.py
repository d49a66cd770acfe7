"""Dry runs that meet a rival, and packages that change: looked at anew, or said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

UPDATE = "UpdateFunctionCode"


@pytest.fixture
def changed(world: World) -> World:
    """Set up a function whose code differs from the manifest's package."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")
    return world


def test_a_dry_run_that_meets_a_rival_is_asked_with_what_is_live_then(changed: World) -> None:
    """The RevisionId of before would be refused each time: GetFunction gives another one."""
    changed.sandbox.inject(
        Fault(
            UPDATE,
            run=lambda: changed.plane.update_function_configuration(
                "app", region=REGION, Description="by a rival"
            ),
        )
    )

    result = changed.one(plan_only=True, server_side=True)

    assert Status.PLANNED == result.status
    first, *between, last = changed.calls[1:]
    assert first in (f"{UPDATE} -> 412", f"{UPDATE} -> 409")
    assert {"GetFunction"} == set(between)
    assert UPDATE == last
    assert zip_of("old") == changed.live("app").package.content


def test_a_rival_who_deploys_what_is_declared_leaves_nothing_to_ask(changed: World) -> None:
    """The plan is made anew as well: it is in sync, and was never validated."""
    changed.sandbox.inject(
        Fault(
            UPDATE,
            run=lambda: changed.plane.update_function_code(
                "app", region=REGION, ZipFile=zip_of("new")
            ),
        )
    )

    result = changed.one(plan_only=True, server_side=True)

    assert (Status.IN_SYNC, 1) == (result.status, len(changed.writes))
    assert result.plan is not None
    assert ((), ()) == (result.plan.steps, result.plan.notes)


def test_a_package_that_changes_during_the_run_is_not_waited_for(changed: World) -> None:
    """The hash that was planned will not come back: one look, and it is said."""
    changed.sandbox.inject(Fault("GetFunction", run=lambda: changed.package("app", "newer")))

    result = changed.one()

    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "changed while it was being deployed" in result.failure.what
    assert ["GetFunction"] == changed.calls
    assert not any("trying again" in line for line in changed.recorder.said)
