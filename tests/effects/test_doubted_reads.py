"""Readings from before a write that AWS accepted: doubted for a while, and then believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, State, Status
from reconciler.sandbox import Fault
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION, zip_of

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.aws.protocol import Receipt
    from reconciler.model import (
        FunctionResult,
        LiveFunction,
        PublishedVersion,
        PutRuntimeManagementConfig,
        RuntimeManagement,
    )
    from tests.effects.world import World

PUBLISHED = "code: {zipFile: app.zip}\npublish: true"
MODE = "runtimeManagement: {updateRuntimeOn: FunctionUpdate}"
PUT = "PutRuntimeManagementConfig"
LOOKS = 3
FOR_EVER = 1000


class Lagging:
    """
    The real calls, but $LATEST is shown ``lag`` times as it was before PublishVersion.

    ``blind`` leaves every version out of the list.
    """

    def __init__(self, functions: BotoLambdaFunctions, lag: int, *, blind: bool = False) -> None:
        self._functions = functions
        self._lag = lag
        self._blind = blind
        self._published = False
        self._before: LiveFunction | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def get_function(self, function_name: str) -> LiveFunction:
        """Show what was, for as long as it lags."""
        now = await self._functions.get_function(function_name)
        if self._published and self._lag and self._before is not None:
            self._lag -= 1
            return self._before
        self._before = now
        return now

    async def newest_version(self, function_name: str) -> PublishedVersion | None:
        """List what there is, or nothing."""
        newest = await self._functions.newest_version(function_name)
        return None if self._blind else newest

    async def publish_version(self, *arguments: Any) -> Receipt:  # noqa: ANN401 - passed on
        """Publish, and lag from then on."""
        receipt = await self._functions.publish_version(*arguments)
        self._published = True
        return receipt


class OldMode:
    """The real calls, but a mode is shown ``lag`` times as it was before it was put."""

    def __init__(self, functions: BotoLambdaFunctions, lag: int) -> None:
        self._functions = functions
        self._lag = lag
        self._left = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def get_runtime_management_config(self, *arguments: Any) -> RuntimeManagement:  # noqa: ANN401 - passed on
        """Show Auto for as long as it lags."""
        now = await self._functions.get_runtime_management_config(*arguments)
        if not self._left:
            return now
        self._left -= 1
        return AUTO

    async def put_runtime_management_config(
        self, function_name: str, step: PutRuntimeManagementConfig
    ) -> Receipt:
        """Put, and lag from then on."""
        receipt = await self._functions.put_runtime_management_config(function_name, step)
        self._left = self._lag
        return receipt


def results(result: FunctionResult) -> list[tuple[str | None, bool]]:
    """Give what came of each step, and whether it changed anything."""
    return [(record.result, record.changed) for record in result.steps]


# PublishVersion


@pytest.fixture
def unpublished(world: World) -> World:
    """Set up a function in sync, but for its version."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=PUBLISHED)
    return world


@pytest.mark.parametrize("blind", [False, True], ids=["list", "stale list"])
@pytest.mark.parametrize("lag", [0, 1, LOOKS])
def test_a_new_version_is_told_as_new(unpublished: World, lag: int, *, blind: bool) -> None:
    """The RevisionId of before says that nothing was published, and it is an old reading."""
    unpublished.plane.publish_version("app", region=REGION)
    unpublished.plane.update_function_code("app", region=REGION, ZipFile=zip_of("newer"))
    unpublished.package("app", "newer")
    unpublished.wrap = lambda functions: Lagging(functions, lag, blind=blind)

    result = unpublished.one()

    assert Status.UPDATED == result.status
    assert [("version 2", True)] == results(result)
    assert ["PublishVersion"] == unpublished.writes
    assert ["1", "2"] == unpublished.versions("app")


def test_a_no_op_is_recognised_all_the_same(unpublished: World) -> None:
    """The RevisionId stays for good when nothing is published; it is looked at some times."""
    unpublished.plane.publish_version("app", region=REGION)
    unpublished.wrap = lambda functions: Lagging(functions, 0, blind=True)

    result = unpublished.one()

    assert Status.IN_SYNC == result.status
    assert [("version 1 was there already: nothing had changed", False)] == results(result)
    assert 1 + LOOKS + 1 == unpublished.calls.count("GetFunction")


def test_a_version_in_place_is_told_by_its_name(world: World) -> None:
    """$LATEST.PUBLISHED has the same number before and after: it is new all the same."""
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:p"}}
    world.plane.create_function(
        "app",
        region=REGION,
        Code={"ZipFile": zip_of("old")},
        Runtime="python3.13",
        CapacityProviderConfig=provider,
    )
    world.plane.settle_now("app", region=REGION)
    world.declare(app="code: {zipFile: app.zip}\npublish: {publishTo: LATEST_PUBLISHED}")
    for text in ("new", "newer"):
        world.package("app", text)
        world.wrap = lambda functions: Lagging(functions, 1)

        assert ("version $LATEST.PUBLISHED", True) == results(world.one())[-1]


# PutRuntimeManagementConfig


@pytest.fixture
def automatic(world: World) -> World:
    """Set up a function whose mode is not the declared one."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=MODE)
    return world


@pytest.mark.parametrize("lag", [1, LOOKS])
def test_a_mode_of_before_is_not_put_again(automatic: World, lag: int) -> None:
    """Nor is anybody accused of having undone it."""
    automatic.wrap = lambda functions: OldMode(functions, lag)

    result = automatic.one()

    assert Status.UPDATED == result.status
    assert [("FunctionUpdate on $LATEST", True)] == results(result)
    assert [PUT] == automatic.writes
    said = "\n".join(automatic.recorder.said)
    assert lag == said.count("waiting for $LATEST: the accepted mode does not show yet")
    assert "while this run was at work" not in said


def test_a_mode_of_before_is_not_put_again_on_a_version(automatic: World) -> None:
    """A version has a mode of its own, which may lag as well."""
    automatic.plane.publish_version("app", region=REGION)
    automatic.put_mode("app", FUNCTION_UPDATE)
    automatic.declare(app=f"{PUBLISHED}\n{MODE}")
    automatic.wrap = lambda functions: OldMode(functions, LOOKS)

    result = automatic.one()

    assert [("FunctionUpdate on version 1", True)] == results(result)
    assert [f"{PUT} 1"] == automatic.writes
    assert FUNCTION_UPDATE == automatic.mode("app", "1")


def test_a_mode_that_stays_replaced_is_believed_after_some_looks(automatic: World) -> None:
    """Somebody undoes it each time: it is put twice, and then said in words."""
    automatic.wrap = lambda functions: OldMode(functions, FOR_EVER)

    result = automatic.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "was done 2 times and is wanted again" in result.failure.what
    assert [PUT, PUT] == automatic.writes
    guards, looks = 2, 1 + 2 * (LOOKS + 1)
    assert guards + looks == automatic.calls.count("GetRuntimeManagementConfig")


# A version that was waited for


def test_latest_is_read_again_after_a_version_was_waited_for(world: World) -> None:
    """A snapshot takes minutes, in which somebody deploys: his code is not called in sync."""
    world.create("app", "same")
    world.package("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.plane.set_status("app", region=REGION, qualifier="1", state=State.PENDING)
    world.declare(app=PUBLISHED)

    def deploy() -> None:
        world.plane.update_function_code("app", region=REGION, ZipFile=zip_of("of a rival"))
        world.plane.set_status("app", region=REGION, qualifier="1", state=State.ACTIVE)

    world.sandbox.inject(Fault("GetFunction", skip=2, run=deploy))

    result = world.one()

    assert ["GetFunction", "ListVersionsByFunction", "GetFunction 1", "GetFunction 1"] == (
        world.calls[:4]
    )
    assert Status.UPDATED == result.status
    assert ["UpdateFunctionCode"] == world.writes
    assert zip_of("same") == world.live("app").package.content


def test_a_version_that_needs_no_wait_costs_no_second_reading(world: World) -> None:
    """What was read a moment ago is good enough: one GetFunction for each."""
    world.create("app", "same")
    world.package("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.declare(app=PUBLISHED)

    assert Status.IN_SYNC == world.one().status
    assert ["GetFunction", "ListVersionsByFunction", "GetFunction 1"] == world.calls
