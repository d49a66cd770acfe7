"""Managed Instances, durable functions, Lambda@Edge, customer-managed runtimes and keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane, ManualClock

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
PROVIDER = "arn:aws:lambda:eu-west-1:123456789012:capacity-provider:pool"
CAPACITY: Any = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": PROVIDER}}
PUBLISHED = "$LATEST.PUBLISHED"


@pytest.fixture
def managed(aws: LambdaClient, creation: dict[str, Any]) -> str:
    """Create a function on Managed Instances, settled."""
    aws.create_function(**creation, CapacityProviderConfig=CAPACITY)
    return "orders"


def publish(aws: LambdaClient, **members: Any) -> Any:  # noqa: ANN401 - the stubs lag behind
    call: Any = aws.publish_version
    return call(FunctionName="orders", PublishTo="LATEST_PUBLISHED", **members)


def test_managed_latest_is_not_invocable(aws: LambdaClient, managed: str) -> None:
    """Its healthy State is ActiveNonInvocable (botocore's model; terraform-provider-aws)."""
    live: Any = aws.get_function(FunctionName=managed)["Configuration"]
    assert (live["State"], live["LastUpdateStatus"]) == ("ActiveNonInvocable", "Successful")
    assert live["CapacityProviderConfig"] == CAPACITY


def test_managed_latest_is_updated_as_any_other(
    aws: LambdaClient, managed: str, package: Package
) -> None:
    """InProgress, then ActiveNonInvocable again (developer guide: lambda-managed-instances)."""
    before = aws.get_function(FunctionName=managed)["Configuration"]["CodeSha256"]
    answer = aws.update_function_code(FunctionName=managed, ZipFile=package("b"))
    assert answer["LastUpdateStatus"] == "InProgress"
    live = aws.get_function(FunctionName=managed)["Configuration"]
    assert live["State"] == "ActiveNonInvocable"
    assert live["CodeSha256"] != before


def test_latest_published_is_made_and_made_again(
    aws: LambdaClient, managed: str, package: Package
) -> None:
    """It has one name (developer guide: lambda-managed-instances-version-publishing)."""
    aws.get_function(FunctionName=managed)
    first = publish(aws)
    assert (first["Version"], first["FunctionArn"]) == (PUBLISHED, f"{ARN}:{PUBLISHED}")
    assert first["ResponseMetadata"]["HTTPStatusCode"] == 201
    aws.update_function_code(FunctionName=managed, ZipFile=package("b"))
    latest = aws.get_function(FunctionName=managed)["Configuration"]
    old: Any = aws.get_function(FunctionName=managed, Qualifier=PUBLISHED)
    assert old["Configuration"]["CodeSha256"] == first["CodeSha256"] != latest["CodeSha256"]
    publish(aws)
    new: Any = aws.get_function(FunctionName=managed, Qualifier=PUBLISHED)
    assert new["Configuration"]["CodeSha256"] == latest["CodeSha256"]
    assert new["Configuration"]["State"] == "Active"
    listed = aws.list_versions_by_function(FunctionName=managed)["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", PUBLISHED]


def test_latest_published_is_started_first(
    aws: LambdaClient, managed: str, clock: ManualClock, control_plane: ControlPlane
) -> None:
    """Instances take minutes (developer guide: lambda-managed-instances), numbers too."""
    control_plane.settle_now(managed, region="eu-west-1")
    control_plane.snap_start_settle = 300
    assert publish(aws)["State"] == "Pending"
    assert aws.publish_version(FunctionName=managed)["State"] == "Pending"
    clock.advance(299)
    for qualifier in (PUBLISHED, "1"):
        live = aws.get_function(FunctionName=managed, Qualifier=qualifier)["Configuration"]
        assert live["State"] == "Pending"
    clock.advance(1)
    for qualifier in (PUBLISHED, "1"):
        live = aws.get_function(FunctionName=managed, Qualifier=qualifier)["Configuration"]
        assert live["State"] == "Active"


def test_latest_published_is_no_number(aws: LambdaClient, managed: str) -> None:
    """Neither stands for the other (guide: lambda-managed-instances-version-publishing)."""
    aws.get_function(FunctionName=managed)
    assert aws.publish_version(FunctionName=managed)["Version"] == "1"
    assert publish(aws)["Version"] == PUBLISHED
    assert aws.publish_version(FunctionName=managed)["Version"] == "1"


def test_latest_published_keeps_the_guards(
    aws: LambdaClient, managed: str, refused: Refused
) -> None:
    """CodeSha256 and RevisionId count as for a number (AWS API reference: PublishVersion)."""
    before = aws.get_function(FunctionName=managed)["Configuration"]["RevisionId"]
    members = {"FunctionName": managed, "PublishTo": "LATEST_PUBLISHED"}
    assert refused(aws.publish_version, **members, CodeSha256="other")[0] == 400
    publish(aws, RevisionId=before)
    assert refused(aws.publish_version, **members, RevisionId=before)[0] == 412


def test_an_update_can_publish_to_latest_published(
    aws: LambdaClient, managed: str, package: Package
) -> None:
    """The answer is the version (AWS API reference: UpdateFunctionCode)."""
    aws.get_function(FunctionName=managed)
    call: Any = aws.update_function_code
    answer = call(
        FunctionName=managed,
        ZipFile=package("b"),
        Publish=True,
        PublishTo="LATEST_PUBLISHED",
    )
    assert (answer["Version"], answer["State"]) == (PUBLISHED, "Pending")


@pytest.mark.parametrize("operation", ["publish_version", "update_function_code"])
def test_other_functions_have_no_latest_published(
    aws: LambdaClient, orders: str, package: Package, refused: Refused, operation: str
) -> None:
    """Only Managed Instances have it; the refusal is not recorded."""
    code = {"ZipFile": package("b")} if operation == "update_function_code" else {}
    before = aws.get_function(FunctionName=orders)["Configuration"]
    refusal = refused(
        getattr(aws, operation), FunctionName=orders, PublishTo="LATEST_PUBLISHED", **code
    )
    assert refusal[:2] == (400, "InvalidParameterValueException")
    assert aws.get_function(FunctionName=orders)["Configuration"] == before


def test_a_durable_function_shows_its_configuration(
    aws: LambdaClient, creation: dict[str, Any]
) -> None:
    """DurableConfig is shown as it was given (botocore's model text)."""
    config: Any = {"RetentionPeriodInDays": 7, "ExecutionTimeout": 60}
    aws.create_function(**creation, DurableConfig=config)
    live: Any = aws.get_function(FunctionName="orders")["Configuration"]
    assert live["DurableConfig"] == config


def test_a_replica_names_its_master(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, clients: Callable[..., Any]
) -> None:
    """A Lambda@Edge replica has a dot in its name, and a MasterArn (botocore's model text)."""
    aws.publish_version(FunctionName=orders)
    control_plane.replicate(orders, "1", region="eu-west-1", to_region="us-east-2")
    elsewhere = clients("lambda", "us-east-2")
    live = elsewhere.get_function(FunctionName="eu-west-1.orders")["Configuration"]
    assert live["MasterArn"] == f"{ARN}:1"
    assert live["FunctionArn"] == ARN.replace("eu-west-1", "us-east-2").replace(
        "orders", "eu-west-1.orders"
    )
    assert (
        live["CodeSha256"] == aws.get_function(FunctionName=orders)["Configuration"]["CodeSha256"]
    )
    (listed,) = elsewhere.list_functions(MasterRegion="eu-west-1", FunctionVersion="ALL")[
        "Functions"
    ]
    assert listed["MasterArn"] == f"{ARN}:1"


def test_a_replica_cannot_be_written(
    orders: str,
    control_plane: ControlPlane,
    clients: Callable[..., Any],
    package: Package,
    refused: Refused,
) -> None:
    """A name with a dot fits no write's pattern (botocore's model)."""
    control_plane.replicate(orders, "$LATEST", region="eu-west-1", to_region="us-east-2")
    elsewhere = clients("lambda", "us-east-2")
    name = "eu-west-1.orders"
    for call, members in (
        (elsewhere.update_function_code, {"ZipFile": package("b")}),
        (elsewhere.publish_version, {}),
    ):
        refusal = refused(call, FunctionName=name, **members)
        assert refusal[:2] == (400, "ValidationException")


def test_a_customer_managed_runtime_has_versions_of_its_own(
    aws: LambdaClient, creation: dict[str, Any]
) -> None:
    """RuntimeConfig names it, RuntimeVersionArn has the account (botocore's model)."""
    arn = "arn:aws:lambda:eu-west-1:123456789012:runtime/ours"
    config = {"RuntimeArn": arn, "RuntimeAlias": "live"}
    aws.create_function(**{**creation, "Runtime": "custom", "RuntimeConfig": config})
    live: Any = aws.get_function(FunctionName="orders")["Configuration"]
    assert live["RuntimeConfig"] == config
    assert live["RuntimeVersionConfig"] == {"RuntimeVersionArn": f"{arn}/version/1"}


def test_a_package_whose_key_is_out_of_reach(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, package: Package
) -> None:
    """Code has an Error, the configuration is whole (developer guide: encrypt-zip-package)."""
    before = aws.get_function(FunctionName=orders)
    error = ("AccessDeniedException", "Lambda was unable to access the key.")
    control_plane.set_status(orders, region="eu-west-1", code_error=error)
    live = aws.get_function(FunctionName=orders)
    code: Any = live["Code"]
    assert code["Error"] == {"ErrorCode": error[0], "Message": error[1]}
    assert "Location" not in code
    assert live["Configuration"] == before["Configuration"]
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert "Location" in aws.get_function(FunctionName=orders)["Code"]
