"""UpdateFunctionCode of zip functions."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

import pytest

from reconciler.model import State

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane, ManualClock

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
IN_PROGRESS = (
    f"The operation cannot be performed at this time. An update is in progress for resource: {ARN}"
)
STALE = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
)
KMS_KEY = "arn:aws:kms:eu-west-1:123456789012:key/00000000-0000-0000-0000-000000000000"


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.mark.usefixtures("clock")
def test_an_update_is_in_progress_while_the_state_stays_active(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """A running update says Creating, of all things (LocalStack test_function_lifecycle)."""
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("second"))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert answer["State"] == "Active"
    assert answer["LastUpdateStatus"] == "InProgress"
    assert answer["LastUpdateStatusReason"] == "The function is being created."
    assert str(answer["LastUpdateStatusReasonCode"]) == "Creating"


@pytest.mark.usefixtures("clock")
def test_the_new_hash_shows_before_the_update_has_landed(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """Reads see the new CodeSha256 (LocalStack test_lambda_code_location_zipfile)."""
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("second"))
    live = aws.get_function(FunctionName=orders)["Configuration"]
    assert answer["CodeSha256"] == live["CodeSha256"] == digest(package("second"))
    assert live["LastUpdateStatus"] == "InProgress"
    assert live["RevisionId"] == answer["RevisionId"]


def test_an_update_changes_the_revision_twice(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """Once when accepted, once when complete (LocalStack test_function_revisions_basic)."""
    before = aws.get_function(FunctionName=orders)["Configuration"]
    accepted = aws.update_function_code(FunctionName=orders, ZipFile=package("second"))
    after = aws.get_function(FunctionName=orders)["Configuration"]
    assert after["LastUpdateStatus"] == "Successful"
    assert "LastUpdateStatusReason" not in after
    assert "LastUpdateStatusReasonCode" not in after
    assert len({before["RevisionId"], accepted["RevisionId"], after["RevisionId"]}) == 3
    again = aws.get_function(FunctionName=orders)["Configuration"]
    assert again["RevisionId"] == after["RevisionId"]


def test_an_update_ends_when_its_time_has_come(
    aws: LambdaClient, orders: str, package: Package, clock: ManualClock
) -> None:
    """InProgress lasts for the sandbox's settle time (no test of AWS: it lasts seconds)."""
    aws.update_function_code(FunctionName=orders, ZipFile=package("second"))
    clock.advance(9.9)
    assert aws.get_function_configuration(FunctionName=orders)["LastUpdateStatus"] == "InProgress"
    clock.advance(0.1)
    assert aws.get_function_configuration(FunctionName=orders)["LastUpdateStatus"] == "Successful"


def test_identical_code_is_an_update_all_the_same(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """The same bytes again cost two revisions (LocalStack test_function_revisions_basic)."""
    before = aws.get_function(FunctionName=orders)["Configuration"]
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("first"))
    assert answer["LastUpdateStatus"] == "InProgress"
    assert answer["CodeSha256"] == before["CodeSha256"]
    assert answer["RevisionId"] != before["RevisionId"]


@pytest.mark.usefixtures("clock")
def test_nothing_else_is_written_during_an_update(
    aws: LambdaClient,
    orders: str,
    package: Package,
    refused: Refused,
) -> None:
    """Writes conflict with an update (LocalStack test_lambda_concurrent_code_updates)."""
    code = package("second")
    aws.update_function_code(FunctionName=orders, ZipFile=code)
    refusal = (409, "ResourceConflictException", IN_PROGRESS)
    assert refused(aws.update_function_code, FunctionName=orders, ZipFile=code) == refusal
    assert refused(aws.update_function_configuration, FunctionName=orders, Timeout=9) == refusal
    assert refused(aws.publish_version, FunctionName=orders) == refusal


def test_a_stale_revision_is_refused(
    aws: LambdaClient,
    orders: str,
    package: Package,
    refused: Refused,
) -> None:
    """The accepted RevisionId goes stale (LocalStack test_function_revisions_basic)."""
    code = package("second")
    accepted = aws.update_function_code(FunctionName=orders, ZipFile=code)["RevisionId"]
    assert refused(
        aws.update_function_code, FunctionName=orders, ZipFile=code, RevisionId=accepted
    ) == (412, "PreconditionFailedException", STALE)


def test_the_current_revision_is_taken(aws: LambdaClient, orders: str, package: Package) -> None:
    """The RevisionId of a settled read is good (LocalStack test_function_revisions_basic)."""
    revision = aws.get_function(FunctionName=orders)["Configuration"]["RevisionId"]
    answer = aws.update_function_code(
        FunctionName=orders, ZipFile=package("second"), RevisionId=revision
    )
    assert answer["CodeSha256"] == digest(package("second"))


def test_the_architecture_changes_with_the_same_code(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """Architecture and runtime version change at once (LocalStack test_mixed_architecture)."""
    before = aws.get_function(FunctionName=orders)["Configuration"]
    answer = aws.update_function_code(
        FunctionName=orders, ZipFile=package("first"), Architectures=["arm64"]
    )
    assert answer["Architectures"] == ["arm64"]
    assert answer["CodeSha256"] == before["CodeSha256"]
    assert answer["RuntimeVersionConfig"] != before["RuntimeVersionConfig"]


def test_an_omitted_architecture_is_kept(aws: LambdaClient, orders: str, package: Package) -> None:
    """Without Architectures the function stays what it is (go-to-k/cdkd#952)."""
    aws.update_function_code(FunctionName=orders, ZipFile=package("a"), Architectures=["arm64"])
    aws.get_function(FunctionName=orders)
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert answer["Architectures"] == ["arm64"]


def test_publish_answers_with_the_version(
    aws: LambdaClient, orders: str, package: Package, clock: ManualClock
) -> None:
    """Publish=true gives a Pending version without status (LocalStack test_publish_with_update)."""
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("b"), Publish=True)
    assert (answer["Version"], answer["FunctionArn"]) == ("1", f"{ARN}:1")
    assert (answer["State"], answer["StateReasonCode"]) == ("Pending", "Creating")
    assert "LastUpdateStatus" not in answer
    latest = aws.get_function(FunctionName=orders)["Configuration"]
    assert (latest["State"], latest["LastUpdateStatus"]) == ("Active", "InProgress")
    assert latest["RevisionId"] != answer["RevisionId"]
    clock.advance(10)
    version = aws.get_function(FunctionName=orders, Qualifier="1")["Configuration"]
    assert (version["State"], version["LastUpdateStatus"]) == ("Active", "Successful")
    assert version["RevisionId"] != answer["RevisionId"]


def test_publish_takes_the_description_of_latest(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """It is described as $LATEST is (LocalStack test_lambda_versions_with_code_changes)."""
    aws.update_function_configuration(FunctionName=orders, Description="prices")
    aws.get_function(FunctionName=orders)
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("b"), Publish=True)
    assert answer["Description"] == "prices"


def test_a_dry_run_changes_nothing(aws: LambdaClient, orders: str, package: Package) -> None:
    """DryRun validates without modifying the code (AWS API reference)."""
    before = aws.get_function(FunctionName=orders)["Configuration"]
    answer = aws.update_function_code(FunctionName=orders, ZipFile=package("b"), DryRun=True)
    assert answer["CodeSha256"] == digest(package("b"))
    assert aws.get_function(FunctionName=orders)["Configuration"] == before


def test_a_dry_run_is_guarded_too(
    aws: LambdaClient,
    orders: str,
    package: Package,
    refused: Refused,
) -> None:
    """DryRun checks what the update would check (AWS API reference)."""
    members = {"ZipFile": package("b"), "DryRun": True, "RevisionId": "stale"}
    refusal = refused(aws.update_function_code, FunctionName=orders, **members)
    assert refusal == (412, "PreconditionFailedException", STALE)


def test_an_omitted_key_is_reset(aws: LambdaClient, orders: str, package: Package) -> None:
    """SourceKMSKeyArn is forgotten when omitted (AWS developer guide: encrypt-zip-package)."""
    aws.update_function_code(FunctionName=orders, ZipFile=package("a"), SourceKMSKeyArn=KMS_KEY)
    assert aws.get_function(FunctionName=orders)["Code"]["SourceKMSKeyArn"] == KMS_KEY
    aws.update_function_code(FunctionName=orders, ZipFile=package("a"))
    assert "SourceKMSKeyArn" not in aws.get_function(FunctionName=orders)["Code"]


def test_only_latest_can_be_updated(
    aws: LambdaClient,
    orders: str,
    package: Package,
    refused: Refused,
) -> None:
    """A version's name is refused (not recorded of AWS; versions are immutable)."""
    name = f"{orders}:1"
    status, code, _ = refused(aws.update_function_code, FunctionName=name, ZipFile=package("a"))
    assert (status, code) == (400, "InvalidParameterValueException")


def test_an_inactive_function_can_be_updated(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, package: Package
) -> None:
    """Updating repairs an Inactive function (AWS developer guide: functions-states)."""
    control_plane.set_status(
        orders, region="eu-west-1", state=State.INACTIVE, state_reason_code="Idle"
    )
    live = aws.get_function(FunctionName=orders)["Configuration"]
    assert (live["State"], live["StateReasonCode"]) == ("Inactive", "Idle")
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    live = aws.get_function(FunctionName=orders)["Configuration"]
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Successful")


def test_a_failed_creation_is_final(
    aws: LambdaClient,
    orders: str,
    control_plane: ControlPlane,
    package: Package,
    refused: Refused,
) -> None:
    """A function in State Failed must be recreated (AWS developer guide: functions-states)."""
    control_plane.set_status(orders, region="eu-west-1", state=State.FAILED)
    refusal = refused(aws.update_function_code, FunctionName=orders, ZipFile=package("b"))
    assert refusal[:2] == (409, "ResourceConflictException")
    assert refusal[2].endswith("The function is currently in the following state: Failed")
