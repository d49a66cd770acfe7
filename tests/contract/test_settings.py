"""What the front end refuses of a function's settings, and settings with a shape of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

ROLE = "arn:aws:iam::123456789012:role/contract"
IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:1"
BAD_ROLE = (
    400,
    "ValidationException",
    (
        "1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member "
        r"must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?"
        r"[a-zA-Z_0-9+=,.@\-_/]+"
    ),
)


def test_a_role_is_an_arn(
    aws: LambdaClient,
    unchecked: LambdaClient,
    orders: str,
    creation: dict[str, Any],
    refused: Refused,
) -> None:
    """At creation and after (test_create_lambda_exceptions, test_update_lambda_exceptions)."""
    other = {**creation, "FunctionName": "other", "Role": "r1"}
    assert refused(unchecked.create_function, **other) == BAD_ROLE
    update = aws.update_function_configuration
    assert refused(update, FunctionName=orders, Role="r1") == BAD_ROLE


@pytest.mark.parametrize("runtime", ["non-existent-runtime", "PYTHON3.9"])
def test_a_runtime_is_one_of_those_there_are(
    aws: LambdaClient, orders: str, creation: dict[str, Any], refused: Refused, runtime: str
) -> None:
    """The text lists them (test_create_lambda_exceptions, test_update_lambda_exceptions)."""
    other = {**creation, "FunctionName": "other", "Runtime": runtime}
    update = aws.update_function_configuration
    for refusal in (
        refused(aws.create_function, **other),
        refused(update, FunctionName=orders, Runtime=runtime),
    ):
        assert refusal[:2] == (400, "InvalidParameterValueException")
        assert refusal[2].startswith(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy "
            "enum value set: [nodejs20.x, python3.14, "
        )
        assert refusal[2].endswith(", provided.al2, java8.al2] or be a valid ARN")


@pytest.mark.parametrize(
    "runtime",
    [
        "java8",
        "go1.x",
        "provided",
        "ruby2.7",
        "nodejs14.x",
        "python3.7",
        "dotnetcore3.1",
        "nodejs12.x",
    ],
)
def test_a_deprecated_runtime_has_a_text_of_its_own(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused, runtime: str
) -> None:
    """It was there once (test_create_deprecated_function_runtime_with_validation_enabled)."""
    assert refused(aws.create_function, **{**creation, "Runtime": runtime}) == (
        400,
        "InvalidParameterValueException",
        (
            f"The runtime parameter of {runtime} is no longer supported for creating or updating "
            "AWS Lambda functions. We recommend you use a supported runtime while creating or "
            "updating functions."
        ),
    )


def test_an_image_config_is_replaced_as_a_whole(aws: LambdaClient) -> None:
    """An empty one removes it (LocalStack test_lambda_image_and_image_config_crud)."""
    whole: Any = {"Command": ["-c", "echo"], "EntryPoint": ["sh"], "WorkingDirectory": "/app"}
    made: Any = aws.create_function(
        FunctionName="image",
        Role=ROLE,
        PackageType="Image",
        Code={"ImageUri": IMAGE},
        ImageConfig=whole,
    )
    assert made["ImageConfigResponse"] == {"ImageConfig": whole}
    aws.get_function(FunctionName="image")
    part: Any = {"Command": ["-c", "echo 1"]}
    answer = aws.update_function_configuration(FunctionName="image", ImageConfig=part)
    assert answer["ImageConfigResponse"] == {"ImageConfig": part}
    aws.get_function(FunctionName="image")
    kept = aws.update_function_configuration(FunctionName="image", Timeout=9)
    assert kept["ImageConfigResponse"] == {"ImageConfig": part}
    aws.get_function(FunctionName="image")
    removed = aws.update_function_configuration(FunctionName="image", ImageConfig={})
    assert "ImageConfigResponse" not in removed


def test_layers_are_taken_and_do_nothing(aws: LambdaClient, orders: str) -> None:
    """They are no part of CodeSha256, and the sandbox shows none (a rule of the sandbox)."""
    before = aws.get_function_configuration(FunctionName=orders)["CodeSha256"]
    layer = "arn:aws:lambda:eu-west-1:123456789012:layer:common:1"
    answer = aws.update_function_configuration(FunctionName=orders, Layers=[layer])
    assert (answer["CodeSha256"], answer["LastUpdateStatus"]) == (before, "InProgress")
