"""The fewest calls: what each kind of difference costs, on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import Architecture, Status
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION, pinned, zip_of

if TYPE_CHECKING:
    from reconciler.model import RuntimeManagement
    from tests.effects.world import World

CODE = "code: {zipFile: app.zip}"


def test_a_function_in_sync_costs_one_get_function(world: World) -> None:
    """Nothing differs and only code is declared: one read, no write."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=CODE)

    assert Status.IN_SYNC == world.one().status
    assert ["GetFunction"] == world.calls


def test_a_declared_mode_costs_one_more_read(world: World) -> None:
    """GetRuntimeManagementConfig is called where a mode is declared, once."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=f"{CODE}\nruntimeManagement: {{updateRuntimeOn: Auto}}")

    assert Status.IN_SYNC == world.one().status
    assert ["GetFunction", "GetRuntimeManagementConfig"] == world.calls


def test_publish_in_sync_reads_the_newest_version(world: World) -> None:
    """The newest version must carry $LATEST's code and be Active: a list and a GetFunction."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.package("app", "same")
    world.declare(app=f"{CODE}\npublish: true")

    assert Status.IN_SYNC == world.one().status
    assert ["GetFunction", "ListVersionsByFunction", "GetFunction 1"] == world.calls


def test_a_changed_zip_costs_one_update(world: World) -> None:
    """New code: one read, one guarded write, one read that finds it settled."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=CODE)

    result = world.one()

    assert Status.UPDATED == result.status
    assert ["GetFunction", "UpdateFunctionCode", "GetFunction"] == world.calls
    assert zip_of("new") == world.live("app").package.content


def test_a_changed_zip_is_published_once(world: World) -> None:
    """Publish follows the settled update; a GetFunction tells that nothing was published before."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=f"{CODE}\npublish: {{description: release 1}}")

    world.one()

    assert [
        "GetFunction",
        "GetFunction 1 -> 404",
        "UpdateFunctionCode",
        "GetFunction",
        "PublishVersion",
        "GetFunction",
    ] == world.calls
    version = world.live("app", "1")
    assert ("release 1", world.live("app").code_sha256) == (
        version.description,
        version.code_sha256,
    )


def test_a_second_run_writes_nothing(world: World) -> None:
    """Whatever a run did, the next one finds it done."""
    world.create("app", "old")
    world.package("app", "new")
    arn = pinned("arm64").runtime_version_arn
    world.declare(
        app=f"""
        {CODE}
        architecture: arm64
        runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: "{arn}"}}
        publish: true
        """
    )
    world.one()

    result = world.one()

    assert Status.IN_SYNC == result.status
    assert [] == world.writes
    assert ["1"] == world.versions("app")


def test_a_plan_writes_nothing(world: World) -> None:
    """--plan performs the reads of an apply and none of its writes."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=f"{CODE}\npublish: true")

    result = world.one(plan_only=True)

    assert Status.PLANNED == result.status
    assert ["GetFunction", "GetFunction 1 -> 404"] == world.calls


def test_only_the_function_that_differs_is_written(world: World) -> None:
    """Three functions, one of them changed: one write."""
    for name in ("one", "two", "three"):
        world.create(name, "same")
        world.package(name, "same")
        world.declare(**{name: f"code: {{zipFile: {name}.zip}}"})
    world.package("two", "new")

    result = world.run()

    assert ["InSync", "InSync", "Updated"] == [each.status for each in result.functions]
    assert ["UpdateFunctionCode"] == world.writes


def test_publish_alone_publishes_what_another_pipeline_deployed(world: World) -> None:
    """Without declared code, the newest version must carry whatever $LATEST has."""
    world.create("app", "theirs")
    world.declare(app="publish: true")

    world.one()

    assert ["PublishVersion"] == world.writes
    assert ["1"] == world.versions("app")


def test_an_undeclared_mode_is_neither_read_nor_changed(world: World) -> None:
    """What the manifest does not mention is not ours."""
    world.create("app", "same")
    world.put_mode("app", FUNCTION_UPDATE)
    world.declare(app="architecture: x86_64")

    assert Status.IN_SYNC == world.one().status
    assert ["GetFunction"] == world.calls
    assert FUNCTION_UPDATE == world.mode("app")


def test_a_suspended_function_is_read_and_not_written(world: World) -> None:
    """Suspend shows the difference and changes nothing."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=f"{CODE}\nsuspend: true")

    result = world.one()

    assert Status.SUSPENDED == result.status
    assert ["code"] == [change.field for change in result.plan.changes] if result.plan else False
    assert ["GetFunction"] == world.calls


PUT = "PutRuntimeManagementConfig"
UPDATE = "UpdateFunctionCode"
ORDERS = {
    "Auto to FunctionUpdate": (AUTO, FUNCTION_UPDATE, "x86_64", "same", [PUT]),
    "mode before code": (AUTO, FUNCTION_UPDATE, "x86_64", "new", [PUT, UPDATE]),
    "mode before architecture": (AUTO, FUNCTION_UPDATE, "arm64", "same", [PUT, UPDATE]),
    "Manual to Auto before architecture": (pinned("x86_64"), AUTO, "arm64", "new", [PUT, UPDATE]),
    "pin before code": (AUTO, pinned("x86_64"), "x86_64", "new", [PUT, UPDATE]),
    "pin after architecture": (AUTO, pinned("arm64"), "arm64", "same", [UPDATE, PUT]),
    "relax, change, pin": (pinned("x86_64"), pinned("arm64"), "arm64", "new", [PUT, UPDATE, PUT]),
    "a pin stays for new code": (pinned("x86_64"), pinned("x86_64"), "x86_64", "new", [UPDATE]),
}


@pytest.mark.parametrize("case", ORDERS.values(), ids=ORDERS)
def test_mode_and_architecture_change_in_the_order_that_aws_allows(
    world: World,
    case: tuple[RuntimeManagement, RuntimeManagement, str, str, list[str]],
) -> None:
    """The sandbox refuses an architecture change under Manual, so only the right order gets by."""
    live_mode, mode, architecture, text, writes = case
    world.create("app", "same")
    world.put_mode("app", live_mode)
    world.package("app", text)
    arn = f', runtimeVersionArn: "{mode.runtime_version_arn}"' if mode.runtime_version_arn else ""
    world.declare(
        app=f"""
        {CODE}
        architecture: {architecture}
        runtimeManagement: {{updateRuntimeOn: {mode.update_runtime_on}{arn}}}
        """
    )

    result = world.one()

    assert (Status.UPDATED, None) == (result.status, result.failure)
    assert writes == world.writes
    assert mode == world.mode("app")
    live = world.live("app")
    assert (Architecture(architecture), zip_of(text)) == (live.architecture, live.package.content)


def test_a_new_version_gets_the_declared_mode(world: World) -> None:
    """AWS does not say whether a version inherits the mode: it is read back, and put once."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(
        app=f"{CODE}\npublish: true\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}"
    )

    world.one()

    assert FUNCTION_UPDATE == world.mode("app", "1")
    assert [PUT, UPDATE, "PublishVersion", f"{PUT} 1"] == world.writes


def test_a_version_that_inherits_the_mode_is_left_alone(world: World) -> None:
    """Where AWS copies the mode, there is nothing to put."""
    world.plane.versions_inherit_runtime_management = True
    world.create("app", "old")
    world.package("app", "new")
    world.declare(
        app=f"{CODE}\npublish: true\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}"
    )

    world.one()

    assert [PUT, UPDATE, "PublishVersion"] == world.writes


def published(world: World, *texts: str) -> None:
    """Publish a version of each code, and leave the last one live."""
    world.create("app", texts[0])
    for number, text in enumerate(texts):
        if number:
            world.plane.update_function_code("app", region=REGION, ZipFile=zip_of(text))
            world.plane.settle_now("app", region=REGION)
        world.plane.publish_version("app", region=REGION)


def test_a_function_with_versions_is_deployed_without_a_list(world: World) -> None:
    """The newest of five is found by GetFunction, whose quota nothing else needs."""
    published(world, *"abcde")
    world.package("app", "new")
    world.declare(app=f"{CODE}\npublish: true")

    assert Status.UPDATED == world.one().status
    numbers = ["1", "2", "4", "8 -> 404", "6 -> 404", "5"]
    assert [
        "GetFunction",
        *(f"GetFunction {number}" for number in numbers),
        "UpdateFunctionCode",
        "GetFunction",
        "PublishVersion",
        "GetFunction",
    ] == world.calls


def test_a_function_that_was_changed_by_hand_gets_its_code_back_and_no_version(
    world: World,
) -> None:
    """The newest version carries it already; the guess that it does is confirmed by a list."""
    published(world, "a", "good")
    world.plane.update_function_code("app", region=REGION, ZipFile=zip_of("by hand"))
    world.plane.settle_now("app", region=REGION)
    world.package("app", "good")
    world.declare(app=f"{CODE}\npublish: true")

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode"] == world.writes
    assert ["1", "2"] == world.versions("app")
    assert 1 == world.calls.count("ListVersionsByFunction")


def test_behind_a_gap_a_version_that_is_the_newest_is_not_taken_for_granted(world: World) -> None:
    """What the last version before the gap carries says nothing of the newest one."""
    published(world, "a", "good", "c", "d")
    world.plane.delete_function("app", qualifier="3", region=REGION)
    world.package("app", "good")
    world.declare(app=f"{CODE}\npublish: true")

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode", "PublishVersion"] == world.writes
    assert ["1", "2", "4", "5"] == world.versions("app")
