"""FunctionName and Qualifier in all their forms, and what is not found."""

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
PREFIX_PATTERN = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?"
)
READ_PATTERN = PREFIX_PATTERN + r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
WRITE_PATTERN = PREFIX_PATTERN + r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"
BROKEN = [
    "*",
    "my-function!",
    "invalid-account:function:my-function",
    "arn:aws:lambda:invalid-region:123456789012:function:my-function",
    "arn:aws:ec2:eu-west-1:123456789012:instance:i-1234567890abcdef0",
    f"{ARN}:1:2",
    "function:my-function:$LATEST:extra",
    "arn:aws:lambda::123456789012:function:my-function",
    f"{ARN}:$LATES",
]
READS = ["get_function", "get_function_configuration", "delete_function"]


def broken_name(value: str, pattern: str) -> str:
    return (
        f"1 validation error detected: Value '{value}' at 'functionName' failed to satisfy "
        f"constraint: Member must satisfy regular expression pattern: {pattern}"
    )


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


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_name_is_refused_by_reads(aws: LambdaClient, refused: Refused, name: str) -> None:
    """Reads have their pattern (LocalStack test_function_name_and_qualifier_validation)."""
    assert refused(aws.get_function, FunctionName=name) == (
        400,
        "ValidationException",
        broken_name(name, READ_PATTERN),
    )


@pytest.mark.parametrize("name", [*BROKEN, "dotted.name"])
def test_a_broken_name_is_refused_by_creation(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused, name: str
) -> None:
    """Creation has another (LocalStack test_function_name_and_qualifier_validation)."""
    members = {**creation, "FunctionName": name}
    assert refused(aws.create_function, **members) == (
        400,
        "ValidationException",
        broken_name(name, WRITE_PATTERN),
    )


@pytest.mark.parametrize(
    ("qualifier", "rule"),
    [
        ("invalid!", f"Member must satisfy regular expression pattern: {QUALIFIER_PATTERN}"),
        ("a" * 129, "Member must have length less than or equal to 128"),
    ],
)
def test_a_broken_qualifier_is_refused(
    aws: LambdaClient, refused: Refused, qualifier: str, rule: str
) -> None:
    """Qualifiers too (LocalStack test_function_name_and_qualifier_validation)."""
    text = (
        f"1 validation error detected: Value '{qualifier}' at 'qualifier' failed to satisfy "
        f"constraint: {rule}"
    )
    refusal = refused(aws.get_function, FunctionName="orders", Qualifier=qualifier)
    assert refusal == (400, "ValidationException", text)


def test_an_arn_without_a_name_means_a_function_called_function(
    aws: LambdaClient, refused: Refused
) -> None:
    """The pattern reads it so (LocalStack test_function_name_and_qualifier_validation)."""
    name = "arn:aws:lambda:eu-west-1:123456789012:function"
    refusal = refused(aws.get_function, FunctionName=name)
    assert refusal[2] == f"Function not found: {name}:function"
