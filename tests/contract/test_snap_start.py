"""SnapStart: versions that are Pending for minutes, then On, or Failed for good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane, ManualClock, Sandbox

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ON = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
OFF = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
FAILURE = ("FunctionError.RuntimeInitError", "The function failed to initialise.")


@pytest.fixture
def snap(aws: LambdaClient, orders: str, control_plane: ControlPlane) -> str:
    """Switch SnapStart on, settled."""
    control_plane.update_function_configuration(
        orders, region="eu-west-1", SnapStart={"ApplyOn": "PublishedVersions"}
    )
    control_plane.settle_now(orders, region="eu-west-1")
    assert aws.get_function_configuration(FunctionName=orders)["SnapStart"] == OFF
    return orders


def version(aws: LambdaClient, number: str) -> Any:  # noqa: ANN401 - a dict, with or without members
    return aws.get_function(FunctionName="orders", Qualifier=number)["Configuration"]


def test_snap_start_is_switched_on_with_an_update(aws: LambdaClient, orders: str) -> None:
    """The answer shows it, InProgress and Off (test_snapstart_update_function_configuration)."""
    answer = aws.update_function_configuration(
        FunctionName=orders, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    assert (answer["SnapStart"], answer["LastUpdateStatus"]) == (OFF, "InProgress")


def test_a_snapshot_takes_its_time(aws: LambdaClient, snap: str, clock: ManualClock) -> None:
    """Pending, then Active and On; $LATEST never (LocalStack test_snapstart_lifecycle)."""
    pending = aws.publish_version(FunctionName=snap, Description="version1")
    assert (pending["State"], pending["SnapStart"]) == ("Pending", OFF)
    assert "LastUpdateStatus" not in pending
    clock.advance(9)
    assert version(aws, "1")["State"] == "Pending"
    clock.advance(1)
    live = version(aws, "1")
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Successful")
    assert (live["SnapStart"], live["Description"]) == (ON, "version1")
    latest = aws.get_function(FunctionName=snap)["Configuration"]
    assert latest["SnapStart"] == OFF


def test_a_snapshot_can_take_longer_than_an_update(
    aws: LambdaClient, snap: str, clock: ManualClock, control_plane: ControlPlane
) -> None:
    """Minutes, where updates take seconds (terraform-provider-aws#43973)."""
    control_plane.snap_start_settle = 180
    aws.update_function_configuration(FunctionName=snap, Timeout=9)
    clock.advance(10)
    assert aws.get_function_configuration(FunctionName=snap)["LastUpdateStatus"] == "Successful"
    aws.publish_version(FunctionName=snap)
    clock.advance(179)
    assert version(aws, "1")["State"] == "Pending"
    clock.advance(1)
    assert version(aws, "1")["State"] == "Active"


def test_a_failed_snapshot_is_sticky(
    aws: LambdaClient, snap: str, sandbox: Sandbox, package: Package
) -> None:
    """Publishing again answers with the Failed version (terraform-provider-aws#49904)."""
    sandbox.inject(Fault("PublishVersion", fail_update=FAILURE))
    aws.publish_version(FunctionName=snap)
    failed = version(aws, "1")
    assert (failed["State"], failed["StateReasonCode"]) == ("Failed", FAILURE[0])
    assert (failed["StateReason"], failed["SnapStart"]) == (FAILURE[1], OFF)
    assert "LastUpdateStatus" not in failed
    again = aws.publish_version(FunctionName=snap)
    assert (again["Version"], again["State"]) == ("1", "Failed")
    latest = aws.get_function(FunctionName=snap)["Configuration"]
    assert (latest["State"], latest["CodeSha256"]) == ("Active", failed["CodeSha256"])
    aws.update_function_code(FunctionName=snap, ZipFile=package("repaired"))
    aws.get_function(FunctionName=snap)
    assert aws.publish_version(FunctionName=snap)["Version"] == "2"
    assert version(aws, "2")["State"] == "Active"


def test_an_alias_does_not_move_to_a_failed_snapshot(
    aws: LambdaClient, snap: str, sandbox: Sandbox, refused: Refused
) -> None:
    """The move is a conflict (terraform-provider-aws#49904)."""
    sandbox.inject(Fault("PublishVersion", fail_update=FAILURE))
    aws.publish_version(FunctionName=snap)
    version(aws, "1")
    alias = {"FunctionName": snap, "Name": "live", "FunctionVersion": "1"}
    refusal = refused(aws.create_alias, **alias)
    assert refusal[:2] == (409, "ResourceConflictException")


def test_a_deleted_failed_version_is_published_anew(
    aws: LambdaClient, snap: str, sandbox: Sandbox
) -> None:
    """Without the version there is nothing to answer with (a rule of the sandbox)."""
    sandbox.inject(Fault("PublishVersion", fail_update=FAILURE))
    aws.publish_version(FunctionName=snap)
    aws.delete_function(FunctionName=snap, Qualifier="1")
    assert aws.publish_version(FunctionName=snap)["Version"] == "2"


def test_snap_start_applies_to_two_things(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused
) -> None:
    """Anything else is refused (LocalStack test_snapstart_exceptions)."""
    members = {**creation, "SnapStart": {"ApplyOn": "invalidOption"}}
    assert refused(aws.create_function, **members) == (
        400,
        "ValidationException",
        (
            "1 validation error detected: Value 'invalidOption' at 'snapStart.applyOn' failed to "
            "satisfy constraint: Member must satisfy enum value set: [PublishedVersions, None]"
        ),
    )
