"""
FunctionName and Qualifier against AWS's patterns and lengths.

The rows are those of LocalStack's test_function_name_and_qualifier_validation
(aws.validated), which tries each on get, delete and create; its fourth operation, Invoke,
the sandbox does not have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    Refused = Callable[..., tuple[int, str, str]]

PREFIX = "arn:aws:lambda:eu-west-1:123456789012:function"
ARN = f"{PREFIX}:my-function"
NO_REGION = "arn:aws:lambda:invalid-region:123456789012:function:my-function"
LONG = "a" * 170
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
    NO_REGION,
    "arn:aws:ec2:eu-west-1:123456789012:instance:i-1234567890abcdef0",
    f"{ARN}:1:2",
    "function:my-function:$LATEST:extra",
    "arn:aws:lambda::123456789012:function:my-function",
    "arn:aws:lambda:eu-west-1::function:my-function",
    f"{ARN}:$LATES",
    f"{NO_REGION}{LONG}",
]
BROKEN_FOR_WRITES = [
    "dotted.name",
    "my-function:invalid!",
    f"{ARN}:$LATEST:1",
    f"{ARN}:$latest",
    f"{ARN}:$LATEST.PUBLISHED",
]
READS = ["get_function", "get_function_configuration", "delete_function"]


def failure(value: str, member: str, rule: str) -> str:
    return f"Value '{value}' at '{member}' failed to satisfy constraint: {rule}"


def pattern(value: str, member: str, rule: str) -> str:
    return failure(value, member, f"Member must satisfy regular expression pattern: {rule}")


def length(value: str, member: str, limit: int) -> str:
    return failure(value, member, f"Member must have length less than or equal to {limit}")


def validation(*failures: str) -> tuple[int, str, str]:
    noun = "error" if len(failures) == 1 else "errors"
    text = f"{len(failures)} validation {noun} detected: {'; '.join(failures)}"
    return 400, "ValidationException", text


def not_found(arn: str) -> tuple[int, str, str]:
    return 404, "ResourceNotFoundException", f"Function not found: {arn}"


@pytest.mark.parametrize("operation", READS)
@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_name_is_refused_by_reads(
    aws: LambdaClient, refused: Refused, operation: str, name: str
) -> None:
    """Reads and deletion have their pattern, and take 232 characters without complaint."""
    refusal = refused(getattr(aws, operation), FunctionName=name)
    assert refusal == validation(pattern(name, "functionName", READ_PATTERN))


@pytest.mark.parametrize("name", [*BROKEN[:-1], *BROKEN_FOR_WRITES])
def test_a_broken_name_is_refused_by_writes(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused, name: str
) -> None:
    """Creation and other writes have another pattern."""
    refusal = validation(pattern(name, "functionName", WRITE_PATTERN))
    assert refused(aws.create_function, **{**creation, "FunctionName": name}) == refusal
    assert refused(aws.publish_version, FunctionName=name) == refusal


@pytest.mark.parametrize("name", [f"{NO_REGION}{LONG}", f"{NO_REGION}-{LONG}:{'a' * 129}"])
def test_a_name_can_break_two_rules(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused, name: str
) -> None:
    """Of creation the length is told before the pattern."""
    refusal = refused(aws.create_function, **{**creation, "FunctionName": name})
    assert refusal == validation(
        length(name, "functionName", 140), pattern(name, "functionName", WRITE_PATTERN)
    )


@pytest.mark.parametrize("name", [f"my-function:{'a' * 129}", f"{ARN}{'a' * 90}"])
def test_a_write_takes_140_characters(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused, name: str
) -> None:
    """A long ARN or qualifier is a validation (also LocalStack test_function_arns)."""
    refusal = refused(aws.create_function, **{**creation, "FunctionName": name})
    assert refusal == validation(length(name, "functionName", 140))


@pytest.mark.parametrize("operation", READS)
def test_a_broken_qualifier_is_refused(aws: LambdaClient, refused: Refused, operation: str) -> None:
    """Its pattern and its 128 characters are checked, and told before the name's."""
    call = getattr(aws, operation)
    refusal = refused(call, FunctionName="my-function", Qualifier="invalid!")
    assert refusal == validation(pattern("invalid!", "qualifier", QUALIFIER_PATTERN))
    long = "a" * 129
    refusal = refused(call, FunctionName="my-function", Qualifier=long)
    assert refusal == validation(length(long, "qualifier", 128))
    name = f"{NO_REGION}-{LONG}"
    refusal = refused(call, FunctionName=name, Qualifier=long)
    assert refusal == validation(
        length(long, "qualifier", 128), pattern(name, "functionName", READ_PATTERN)
    )


@pytest.mark.parametrize("operation", READS)
def test_a_long_name_is_only_not_found(aws: LambdaClient, refused: Refused, operation: str) -> None:
    """65 characters are no error but for creation."""
    refusal = refused(getattr(aws, operation), FunctionName="a" * 65)
    assert refusal == not_found(f"{PREFIX}:{'a' * 65}")


@pytest.mark.parametrize("operation", READS)
def test_an_arn_without_a_name_means_a_function_called_function(
    aws: LambdaClient, refused: Refused, operation: str
) -> None:
    """The pattern reads it so."""
    refusal = refused(getattr(aws, operation), FunctionName=PREFIX)
    assert refusal == not_found(f"{PREFIX}:function")


@pytest.mark.parametrize("operation", READS)
def test_latest_and_a_number_contradict(
    aws: LambdaClient, refused: Refused, operation: str
) -> None:
    """The name's qualifier and the other one must be the same."""
    call = getattr(aws, operation)
    assert refused(call, FunctionName=f"{ARN}:$LATEST", Qualifier="1") == (
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    )


def test_latest_is_not_spelled_in_lower_case(aws: LambdaClient, refused: Refused) -> None:
    """A read looks for such a version, a deletion for the function first."""
    question = {"FunctionName": ARN, "Qualifier": "$latest"}
    assert refused(aws.get_function, **question) == not_found(f"{ARN}:$latest")
    assert refused(aws.delete_function, **question) == not_found(ARN)


def test_a_qualifier_that_could_be_an_alias(aws: LambdaClient, refused: Refused) -> None:
    """A read does not find it, a deletion refuses it without a look."""
    question = {"FunctionName": "my-function", "Qualifier": "a" * 65}
    assert refused(aws.get_function, **question) == not_found(f"{ARN}:{'a' * 65}")
    assert refused(aws.delete_function, **question) == (
        400,
        "InvalidParameterValueException",
        "Deletion of aliases is not currently supported.",
    )


@pytest.mark.parametrize("name", ["123456789012:function:orders", f"{PREFIX}:orders"])
def test_a_function_can_be_created_by_its_arn(
    aws: LambdaClient, creation: dict[str, Any], name: str
) -> None:
    """Whole or partial (LocalStack test_function_arns)."""
    made = aws.create_function(**{**creation, "FunctionName": name})
    assert (made["FunctionName"], made["FunctionArn"]) == ("orders", f"{PREFIX}:orders")


def test_a_function_is_created_in_the_region_of_the_call(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused
) -> None:
    """Another region's ARN is out of reach (LocalStack test_function_arns)."""
    name = f"{PREFIX}:orders".replace("eu-west-1", "ap-southeast-1")
    assert refused(aws.create_function, **{**creation, "FunctionName": name}) == (
        404,
        "ResourceNotFoundException",
        "Functions from 'ap-southeast-1' are not reachable in this region ('eu-west-1')",
    )
