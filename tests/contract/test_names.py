"""FunctionName in all its forms, and what is not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
READS = [
    "get_function",
    "get_function_configuration",
    "get_function_code_signing_config",
    "delete_function",
]


@pytest.mark.parametrize(
    "name",
    ["orders", "function:orders", "123456789012:orders", "123456789012:function:orders", ARN],
)
def test_a_name_has_many_forms(aws: LambdaClient, orders: str, name: str) -> None:
    """Names, partial ARNs and ARNs mean the same (LocalStack test_function_arns)."""
    live = aws.get_function(FunctionName=name)["Configuration"]
    assert (live["FunctionName"], live["FunctionArn"]) == (orders, ARN)


@pytest.mark.parametrize(
    ("members", "suffix", "version"),
    [
        ({"FunctionName": "orders"}, "", "$LATEST"),
        ({"FunctionName": "orders", "Qualifier": "$LATEST"}, ":$LATEST", "$LATEST"),
        ({"FunctionName": "orders:$LATEST"}, ":$LATEST", "$LATEST"),
        ({"FunctionName": "orders:1"}, ":1", "1"),
        ({"FunctionName": f"{ARN}:1"}, ":1", "1"),
        ({"FunctionName": "orders", "Qualifier": "1"}, ":1", "1"),
        ({"FunctionName": "orders:1", "Qualifier": "1"}, ":1", "1"),
    ],
)
@pytest.mark.usefixtures("orders")
def test_the_arn_is_qualified_as_it_was_asked(
    aws: LambdaClient, members: dict[str, Any], suffix: str, version: str
) -> None:
    """FunctionArn follows the question (LocalStack test_publish_version_on_create)."""
    aws.publish_version(FunctionName="orders")
    live = aws.get_function_configuration(**members)
    assert (live["FunctionArn"], live["Version"]) == (ARN + suffix, version)


@pytest.mark.parametrize("operation", READS)
def test_a_missing_function_is_not_found(
    aws: LambdaClient, refused: Refused, operation: str
) -> None:
    """The text has the unqualified ARN (LocalStack test_ops_on_nonexisting_fn)."""
    assert refused(getattr(aws, operation), FunctionName="orders") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ARN}",
    )


@pytest.mark.parametrize("operation", ["update_function_code", "publish_version"])
def test_writes_find_nothing_either(
    aws: LambdaClient, package: Package, refused: Refused, operation: str
) -> None:
    """No recording has these, so they answer as the reads do."""
    members = {"ZipFile": package("b")} if operation == "update_function_code" else {}
    refusal = refused(getattr(aws, operation), FunctionName="orders", **members)
    assert refusal == (404, "ResourceNotFoundException", f"Function not found: {ARN}")


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration"])
def test_a_missing_version_is_not_found(
    aws: LambdaClient, orders: str, refused: Refused, operation: str
) -> None:
    """The text has the qualifier at its end (LocalStack test_ops_on_nonexisting_version)."""
    assert refused(getattr(aws, operation), FunctionName=orders, Qualifier="1221") == (
        404,
        "ResourceNotFoundException",
        f"Function not found: {ARN}:1221",
    )


def test_not_found_spells_message_with_a_capital(aws: LambdaClient) -> None:
    """The body has ``Message`` and ``Type`` (LocalStack test_ops_on_nonexisting_fn)."""
    with pytest.raises(aws.exceptions.ResourceNotFoundException) as raised:
        aws.get_function(FunctionName="orders")
    response: Any = raised.value.response
    assert response["Message"] == f"Function not found: {ARN}"
    assert response["Type"] == "User"
    assert response["ResponseMetadata"]["RequestId"]


def test_qualifiers_must_not_contradict(aws: LambdaClient, orders: str, refused: Refused) -> None:
    """Name and Qualifier agree (LocalStack test_ops_with_arn_qualifier_mismatch)."""
    assert refused(aws.get_function, FunctionName=f"{orders}:1", Qualifier="2") == (
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    )


@pytest.mark.parametrize("operation", READS)
def test_another_region_is_out_of_reach(
    aws: LambdaClient, refused: Refused, operation: str
) -> None:
    """An ARN of another region is refused (LocalStack test_get_function_wrong_region)."""
    arn = ARN.replace("eu-west-1", "us-east-1")
    assert refused(getattr(aws, operation), FunctionName=arn) == (
        404,
        "ResourceNotFoundException",
        "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
    )


def test_an_account_has_its_own_functions(
    aws: LambdaClient, orders: str, control_plane: ControlPlane, package: Package
) -> None:
    """The account of the FunctionName is the account of the request (a rule of the sandbox)."""
    other = ARN.replace("123456789012", "210987654321")
    control_plane.create_function(
        other, region="eu-west-1", Code={"ZipFile": package("b")}, Role="role"
    )
    theirs = aws.get_function(FunctionName=other)["Configuration"]
    ours = aws.get_function(FunctionName=orders)["Configuration"]
    assert (theirs["FunctionArn"], ours["FunctionArn"]) == (other, ARN)
    assert theirs["CodeSha256"] != ours["CodeSha256"]


@pytest.mark.parametrize(
    ("region", "partition"),
    [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("us-iso-east-1", "aws-iso")],
)
def test_an_arn_is_of_the_partition_of_its_region(
    clients: Callable[..., Any], creation: dict[str, Any], region: str, partition: str
) -> None:
    """Functions and runtime versions alike (botocore's data: partitions)."""
    elsewhere = clients("lambda", region)
    elsewhere.create_function(**creation)
    arn = f"arn:{partition}:lambda:{region}:123456789012:function:orders"
    live = elsewhere.get_function(FunctionName=arn)["Configuration"]
    assert live["FunctionArn"] == arn
    runtime = live["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert runtime.startswith(f"arn:{partition}:lambda:{region}::runtime:")
