"""What others change while the run is at work is named in the report, and nothing else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import Change, Failure, FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION, zip_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import FunctionResult
    from tests.effects.world import World

EVERYTHING = """
code: {zipFile: app.zip}
runtimeManagement: {updateRuntimeOn: FunctionUpdate}
publish: true
"""


@pytest.fixture
def drifted(world: World) -> World:
    """Set up a function that needs its mode put, its code updated and a version published."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=EVERYTHING)
    return world


def rival(world: World, before: str, act: Callable[[], object], skip: int = 0) -> None:
    """Let somebody else act just before a call of ours, and be done with it at once."""

    def acting() -> None:
        act()
        world.live("app")
        world.plane.settle_now("app", region=REGION)

    world.sandbox.inject(Fault(before, run=acting, skip=skip))


def fields(result: FunctionResult) -> list[str]:
    """Name what was changed by others."""
    return [change.field for change in result.foreign_changes]


def test_nothing_of_our_own_is_called_foreign(drifted: World) -> None:
    """Three writes, each of which changes what is read next."""
    result = drifted.one()

    assert Status.UPDATED == result.status
    assert () == result.foreign_changes


def test_a_lost_answer_is_our_own(drifted: World) -> None:
    """Its effect is found, and explained by what was sent."""
    for operation in ("PutRuntimeManagementConfig", "UpdateFunctionCode", "PublishVersion"):
        drifted.sandbox.inject(Fault(operation, lose_answer=True))

    result = drifted.one()

    assert Status.UPDATED == result.status
    assert () == result.foreign_changes


def test_code_of_somebody_else_is_named(drifted: World) -> None:
    """It is overwritten all the same: Git says what is to run, and the report what was found."""
    rival(
        drifted,
        "UpdateFunctionCode",
        lambda: drifted.plane.update_function_code("app", region=REGION, ZipFile=zip_of("theirs")),
    )

    result = drifted.one()

    assert Status.UPDATED == result.status
    assert ["code"] == fields(result)
    assert drifted.live("app").code_sha256 != result.foreign_changes[0].new
    assert 1 == len(drifted.versions("app"))


def test_other_settings_are_named_by_their_revision(drifted: World) -> None:
    """What is not declared is not compared; that it moved is known."""
    rival(
        drifted,
        "UpdateFunctionCode",
        lambda: drifted.plane.update_function_configuration("app", region=REGION, MemorySize=256),
    )

    result = drifted.one()

    assert Status.UPDATED == result.status
    assert ["configuration (RevisionId)"] == fields(result)
    assert 256 == drifted.live("app").settings["MemorySize"]


def test_a_mode_that_somebody_else_puts_is_named(drifted: World) -> None:
    """Found just before the call that has no guard."""
    drifted.put_mode("app", FUNCTION_UPDATE)
    drifted.declare(app="runtimeManagement: {updateRuntimeOn: Auto}")
    reads = iter(range(9))

    def act() -> None:
        if next(reads) == 1:
            drifted.put_mode("app", AUTO)

    drifted.sandbox.inject(Fault("GetRuntimeManagementConfig", times=9, run=act))

    result = drifted.one()

    assert (Change("runtimeManagement", "FunctionUpdate", "Auto"),) == result.foreign_changes
    assert [] == drifted.writes


def test_a_version_that_somebody_else_publishes_is_named(drifted: World) -> None:
    """Its RevisionId tells that somebody was there, and the version is found and kept."""
    rival(
        drifted,
        "PublishVersion",
        lambda: drifted.plane.publish_version("app", region=REGION),
    )

    result = drifted.one()

    assert ["1"] == drifted.versions("app")
    assert ["configuration (RevisionId)"] == [each.field for each in result.foreign_changes]
    assert Status.UPDATED == result.status


def test_a_fight_ends_and_names_the_other(drifted: World) -> None:
    """Whoever puts the old code back each time is not fought without end."""
    old = zip_of("old")

    def revert() -> None:
        if drifted.live("app").code_sha256 != result_of_old:
            drifted.plane.update_function_code("app", region=REGION, ZipFile=old)
            drifted.plane.settle_now("app", region=REGION)

    result_of_old = drifted.live("app").code_sha256
    drifted.sandbox.inject(Fault("GetFunction", times=999, run=revert))

    result = drifted.one()

    assert isinstance(result.failure, Failure)
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "was done 2 times and is wanted again" in result.failure.what
    assert "code" in fields(result)
    assert 2 == drifted.writes.count("UpdateFunctionCode")
