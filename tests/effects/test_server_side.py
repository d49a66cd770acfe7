"""A plan that AWS validates: each UpdateFunctionCode as a dry run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.world import pinned

if TYPE_CHECKING:
    from tests.effects.world import World


@pytest.fixture
def changed(world: World) -> World:
    """Set up a function whose code differs from the manifest's package."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}\npublish: true")
    return world


def test_aws_is_asked_and_nothing_changes(changed: World) -> None:
    """The dry run carries the package and the guard, and has no effect."""
    before = changed.live("app")

    result = changed.one(plan_only=True, server_side=True)

    assert Status.PLANNED == result.status
    assert result.plan is not None
    assert any("AWS accepts the UpdateFunctionCode" in note for note in result.plan.notes)
    assert ["UpdateFunctionCode"] == changed.writes
    assert before == changed.live("app")


def test_what_aws_refuses_fails_the_plan(changed: World) -> None:
    """The difference is still shown, with AWS's own words beside it."""
    changed.sandbox.inject(
        Fault(
            operation="UpdateFunctionCode",
            status=403,
            code="AccessDeniedException",
            message="User is not authorized to perform: lambda:UpdateFunctionCode",
        )
    )

    result = changed.one(plan_only=True, server_side=True)

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert "not authorized" in result.failure.what
    assert result.plan is not None
    assert ["code", "publish"] == [change.field for change in result.plan.changes]


def test_throttling_does_not_fail_the_plan(changed: World) -> None:
    """A dry run that AWS did not look at is asked again."""
    changed.sandbox.inject(
        Fault(operation="UpdateFunctionCode", status=429, code="TooManyRequestsException")
    )

    assert Status.PLANNED == changed.one(plan_only=True, server_side=True).status
    assert ["UpdateFunctionCode -> 429", "UpdateFunctionCode"] == changed.writes


def test_only_updates_of_code_are_validated(world: World) -> None:
    """Neither PublishVersion nor PutRuntimeManagementConfig has a dry run."""
    world.create("app")
    world.declare(app="publish: true\nruntimeManagement: {updateRuntimeOn: FunctionUpdate}")

    assert Status.PLANNED == world.one(plan_only=True, server_side=True).status
    assert world.writes == []


def test_a_plan_by_itself_sends_no_dry_run(changed: World) -> None:
    """The flag costs a call of the scarce quota, and an upload: it is off by default."""
    assert Status.PLANNED == changed.one(plan_only=True).status
    assert changed.writes == []


def test_an_update_that_waits_for_a_relaxed_pin_is_not_validated(changed: World) -> None:
    """AWS would refuse the new architecture only because the first step is not done yet."""
    changed.put_mode("app", pinned("x86_64"))
    changed.declare(
        app="code: {zipFile: app.zip}\narchitecture: arm64\n"
        "runtimeManagement: {updateRuntimeOn: Auto}"
    )

    result = changed.one(plan_only=True, server_side=True)

    assert Status.PLANNED == result.status
    assert result.plan is not None
    assert any("AWS was not asked" in note for note in result.plan.notes)
    assert changed.writes == []
