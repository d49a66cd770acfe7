"""A function from its creation to its deletion."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ROLE = "arn:aws:iam::123456789012:role/contract"
PENDING = (
    "The operation cannot be performed at this time. "
    "The function is currently in the following state: Pending"
)
NAME_TOO_LONG = (
    "1 validation error detected: Value '{}' at 'functionName' failed to satisfy "
    "constraint: Member must have length less than or equal to 64"
)
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"


@pytest.mark.usefixtures("clock")
def test_a_new_function_is_pending_without_a_last_update_status(
    aws: LambdaClient, creation: dict[str, Any]
) -> None:
    """CreateFunction answers 201, Pending and Creating (LocalStack test_function_state)."""
    created = aws.create_function(**creation)
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["State"] == "Pending"
    assert created["StateReason"] == "The function is being created."
    assert created["StateReasonCode"] == "Creating"
    assert "LastUpdateStatus" not in created
    assert "LastUpdateStatus" not in aws.get_function(FunctionName="orders")["Configuration"]


def test_a_new_function_becomes_active_with_another_revision(
    aws: LambdaClient, creation: dict[str, Any]
) -> None:
    """Pending to Active changes the RevisionId (LocalStack test_function_revisions_basic)."""
    created = aws.create_function(**creation)
    live = aws.get_function(FunctionName="orders")["Configuration"]
    assert (live["State"], live["LastUpdateStatus"]) == ("Active", "Successful")
    assert live["RevisionId"] != created["RevisionId"]
    assert "StateReason" not in live
    assert "StateReasonCode" not in live


def test_the_members_of_a_configuration(aws: LambdaClient, orders: str) -> None:
    """A zip function has AWS's members and defaults (LocalStack test_function_lifecycle)."""
    live = aws.get_function_configuration(FunctionName=orders)
    assert live["Architectures"] == ["x86_64"]
    assert live["Description"] == ""
    assert live["Environment"] == {"Variables": {"LEVEL": "info"}}
    assert live["EphemeralStorage"] == {"Size": 512}
    assert live["FunctionArn"] == ARN
    assert live["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/orders"}
    assert live["MemorySize"] == 128
    assert live["PackageType"] == "Zip"
    assert live["SnapStart"] == {"ApplyOn": "None", "OptimizationStatus": "Off"}
    assert live["Timeout"] == 3
    assert live["TracingConfig"] == {"Mode": "PassThrough"}
    assert live["Version"] == "$LATEST"
    arn = live["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert arn.startswith("arn:aws:lambda:eu-west-1::runtime:")


def test_both_reads_agree(aws: LambdaClient, orders: str) -> None:
    """GetFunction and GetFunctionConfiguration say the same (LocalStack test_redundant_updates)."""
    configuration = dict(aws.get_function_configuration(FunctionName=orders))
    del configuration["ResponseMetadata"]
    assert aws.get_function(FunctionName=orders)["Configuration"] == configuration


def test_the_code_location_serves_the_exact_bytes(
    aws: LambdaClient, orders: str, package: Package
) -> None:
    """Code.Location gives the deployed zip file (LocalStack test_lambda_code_location_zipfile)."""
    live = aws.get_function(FunctionName=orders)
    assert live["Code"]["RepositoryType"] == "S3"
    with urlopen(live["Code"]["Location"]) as answer:  # noqa: S310 - it is the sandbox's own URL
        content = answer.read()
    assert content == package("first")
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert live["Configuration"]["CodeSha256"] == digest
    assert live["Configuration"]["CodeSize"] == len(content)


def test_a_function_is_created_once(
    aws: LambdaClient,
    orders: str,
    creation: dict[str, Any],
    refused: Refused,
) -> None:
    """A second CreateFunction of the same name is a conflict (AWS API reference)."""
    assert orders == creation["FunctionName"]
    assert refused(aws.create_function, **creation) == (
        409,
        "ResourceConflictException",
        "Function already exist: orders",
    )


def test_a_name_over_64_characters_cannot_be_created(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused
) -> None:
    """A long name is worded as a validation, but is not one (LocalStack test_function_arns)."""
    name = "a" * 65
    assert refused(aws.create_function, **{**creation, "FunctionName": name}) == (
        400,
        "InvalidParameterValueException",
        NAME_TOO_LONG.format(name),
    )


@pytest.mark.usefixtures("clock")
def test_nothing_is_written_while_pending(
    aws: LambdaClient,
    creation: dict[str, Any],
    package: Package,
    refused: Refused,
) -> None:
    """Updates and publishing fail in State Pending (AWS developer guide: functions-states)."""
    aws.create_function(**creation)
    refusal = (409, "ResourceConflictException", PENDING)
    code = package("second")
    assert refused(aws.update_function_code, FunctionName="orders", ZipFile=code) == refusal
    assert refused(aws.update_function_configuration, FunctionName="orders", Timeout=9) == refusal
    assert refused(aws.publish_version, FunctionName="orders") == refusal


def test_deleting_twice_finds_nothing(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """DeleteFunction answers 204, then 404 (LocalStack test_function_lifecycle)."""
    assert aws.delete_function(FunctionName=orders)["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert refused(aws.delete_function, FunctionName=orders) == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ARN}",
    )


def test_a_recreated_function_goes_on_counting_versions(
    aws: LambdaClient,
    orders: str,
    control_plane: ControlPlane,
    package: Package,
) -> None:
    """Version numbers survive deletion (AWS developer guide: configuration-versions)."""
    before = aws.publish_version(FunctionName=orders)
    aws.delete_function(FunctionName=orders)
    control_plane.create_function(
        orders, region="eu-west-1", Role=ROLE, Code={"ZipFile": package("first")}
    )
    after = aws.publish_version(FunctionName=orders)
    assert (before["Version"], after["Version"]) == ("1", "2")
    assert before["RevisionId"] != after["RevisionId"]


def test_latest_cannot_be_deleted_alone(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """$LATEST goes with its function only (LocalStack test_ops_with_arn_qualifier_mismatch)."""
    assert refused(aws.delete_function, FunctionName=orders, Qualifier="$LATEST") == (
        400,
        "InvalidParameterValueException",
        "$LATEST version cannot be deleted without deleting the function.",
    )


def test_an_alias_is_not_deleted_as_a_version(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """Refuse what is no number (LocalStack test_function_name_and_qualifier_validation)."""
    assert refused(aws.delete_function, FunctionName=orders, Qualifier="live") == (
        400,
        "InvalidParameterValueException",
        "Deletion of aliases is not currently supported.",
    )


def test_deleting_a_version_that_never_was_succeeds(aws: LambdaClient, orders: str) -> None:
    """Only the function must exist (LocalStack test_delete_on_nonexisting_version)."""
    answer = aws.delete_function(FunctionName=orders, Qualifier="1221")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
