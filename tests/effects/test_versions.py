"""Published versions that take their time, fail, or are overwritten in place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, LastUpdateStatus, State, Status
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

PUBLISHED = "code: {zipFile: app.zip}\npublish: true"


@pytest.fixture
def snapshots(world: World) -> World:
    """Set up a SnapStart function whose code differs from the manifest's package."""
    world.create("app", "old")
    world.plane.update_function_configuration(
        "app", region=REGION, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    world.plane.settle_now("app", region=REGION)
    world.package("app", "new")
    world.declare(app=PUBLISHED)
    return world


def test_a_snapshot_is_waited_for(snapshots: World) -> None:
    """A SnapStart version is done when its own State is Active."""
    assert Status.UPDATED == snapshots.one().status
    assert State.ACTIVE == snapshots.live("app", "1").state
    assert ["UpdateFunctionCode", "PublishVersion"] == snapshots.writes
    assert "GetFunction 1" in snapshots.calls


def test_a_version_that_fails_stays_failed_on_every_later_run(snapshots: World) -> None:
    """AWS publishes nothing new while nothing changes, so that nothing is sent and all is told."""
    snapshots.sandbox.inject(
        Fault(
            operation="PublishVersion",
            fail_update=("FunctionError.InitTimeout", "The function timed out."),
        )
    )

    for writes in (["UpdateFunctionCode", "PublishVersion"], [], []):
        result = snapshots.one()
        assert Status.FAILED == result.status
        assert result.failure is not None
        assert FailureKind.PERMANENT is result.failure.kind
        assert "version 1 carries the declared code and is Failed" in result.failure.what
        assert "does not initialise" in result.failure.remedy
        assert writes == snapshots.writes
    assert ["1"] == snapshots.versions("app")


def test_other_code_gets_over_a_failed_version(snapshots: World) -> None:
    """A new package makes a new version; the failed one is history."""
    snapshots.sandbox.inject(
        Fault(operation="PublishVersion", fail_update=("FunctionError", "broken"))
    )
    assert Status.FAILED == snapshots.one().status
    snapshots.package("app", "repaired")

    assert Status.UPDATED == snapshots.one().status
    assert ["1", "2"] == snapshots.versions("app")


@pytest.fixture
def pending(world: World) -> World:
    """Set up a function in sync, but for its version, which AWS never finishes."""
    world.create("app", "same")
    world.package("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.plane.set_status("app", region=REGION, qualifier="1", state=State.PENDING)
    world.declare(app=PUBLISHED)
    return world


def test_a_version_has_its_own_time(pending: World) -> None:
    """The function's own time does not end the wait for a snapshot, which takes minutes."""
    pending.wait = replace(pending.wait, version_timeout=1)

    result = pending.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "version 1 has not settled within 1 s" in result.failure.what
    assert "--version-timeout" in result.failure.remedy
    assert pending.writes == []


def test_a_plan_does_not_wait_for_a_version(pending: World) -> None:
    """What is Pending is told at once, and is not in sync: trying again later may help."""
    result = pending.one(plan_only=True)

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "version 1 carries the declared code and its State is Pending" in result.failure.what
    assert 1 == pending.calls.count("GetFunction 1")


def test_a_publish_that_finds_nothing_to_publish_is_told_as_such(world: World) -> None:
    """AWS answers with the version that is there; a rival was faster."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=PUBLISHED)
    world.sandbox.inject(
        Fault(
            operation="PublishVersion",
            run=lambda: world.plane.publish_version("app", region=REGION),
        )
    )

    result = world.one()

    assert ["1"] == world.versions("app")
    assert Status.FAILED != result.status


def test_the_same_content_is_never_published_twice(world: World) -> None:
    """However often it runs, one package makes one version."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=PUBLISHED)

    for _ in range(3):
        world.run()

    assert ["1"] == world.versions("app")


def managed(world: World) -> None:
    """Create a function on Lambda Managed Instances, with other code than declared."""
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:p"}}
    world.plane.create_function(
        "app",
        region=REGION,
        Code={"ZipFile": zip_of("old")},
        Runtime="python3.13",
        CapacityProviderConfig=provider,
    )
    world.plane.settle_now("app", region=REGION)
    world.package("app", "new")


def test_latest_published_is_kept_up_to_date_in_place(world: World) -> None:
    """Unqualified invocations run $LATEST.PUBLISHED on Lambda Managed Instances."""
    managed(world)
    world.declare(app="code: {zipFile: app.zip}\npublish: {publishTo: LATEST_PUBLISHED}")

    for text in ("new", "newer"):
        world.package("app", text)
        assert Status.UPDATED == world.one().status
        assert ["UpdateFunctionCode", "PublishVersion"] == world.writes
        latest, published = world.live("app"), world.live("app", "$LATEST.PUBLISHED")
        assert latest.code_sha256 == published.code_sha256
        assert Status.IN_SYNC == world.one().status
        assert world.writes == []


def test_a_version_in_place_is_done_when_its_update_is(world: World) -> None:
    """$LATEST.PUBLISHED may be Active while it is being overwritten."""
    managed(world)
    world.declare(app="code: {zipFile: app.zip}\npublish: {publishTo: LATEST_PUBLISHED}")
    assert Status.UPDATED == world.one().status
    world.plane.set_status(
        "app",
        region=REGION,
        qualifier="$LATEST.PUBLISHED",
        last_update_status=LastUpdateStatus.IN_PROGRESS,
    )
    world.wait = replace(world.wait, version_timeout=1)

    waiting = world.one()

    assert waiting.failure is not None
    assert "LastUpdateStatus is InProgress" in waiting.failure.what
    world.plane.set_status(
        "app",
        region=REGION,
        qualifier="$LATEST.PUBLISHED",
        last_update_status=LastUpdateStatus.FAILED,
        last_update_status_reason_code="FunctionError",
    )
    failed = world.one().failure
    assert failed is not None
    assert "its last update Failed (FunctionError" in failed.what


def test_publish_to_is_refused_for_an_ordinary_function(world: World) -> None:
    """Only functions with a capacity provider have $LATEST.PUBLISHED."""
    world.create("app")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}\npublish: {publishTo: LATEST_PUBLISHED}")

    result = world.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert "Lambda Managed Instances" in result.failure.what
    assert world.writes == []


def test_a_rival_that_publishes_and_changes_a_setting_spares_us_a_version(world: World) -> None:
    """Its version carries what is declared; the setting alone would let AWS make another."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=f"{PUBLISHED}\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}")

    def rival() -> None:
        world.plane.publish_version("app", region=REGION)
        world.plane.update_function_configuration("app", region=REGION, Timeout=9)
        world.plane.settle_now("app", region=REGION)

    world.sandbox.inject(Fault("GetFunction", skip=1, run=rival))

    assert Status.UPDATED == world.one().status
    assert ["1"] == world.versions("app")
    assert {"PutRuntimeManagementConfig", "PutRuntimeManagementConfig 1"} == set(world.writes)


def test_rivals_that_deploy_and_publish_after_us_spare_us_a_second_version(world: World) -> None:
    """Other code comes right after our version, and theirs of it: nothing is left to publish."""
    world.create("app", "live")
    world.declare(app="publish: true")

    def rivals() -> None:
        world.plane.update_function_code("app", region=REGION, ZipFile=zip_of("theirs"))
        world.plane.settle_now("app", region=REGION)
        world.plane.publish_version("app", region=REGION)
        world.plane.update_function_configuration("app", region=REGION, Timeout=9)
        world.plane.settle_now("app", region=REGION)

    world.sandbox.inject(Fault("GetFunction", skip=1, run=rivals))

    assert Status.UPDATED == world.one().status
    assert ["1", "2"] == world.versions("app")
    assert ["PublishVersion"] == world.writes
