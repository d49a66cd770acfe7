"""Which code signing configuration a function has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Refused = Callable[..., tuple[int, str, str]]

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
CONFIG = "arn:aws:lambda:eu-west-1:123456789012:code-signing-config:csc-0123456789abcdef0"
NO_CONFIG = (
    404,
    "CodeSigningConfigNotFoundException",
    (
        "The code signing configuration cannot be found. "
        f"Check that the provided configuration is not deleted: {CONFIG}."
    ),
)


def found(aws: LambdaClient, name: str) -> dict[str, Any]:
    answer: Any = aws.get_function_code_signing_config(FunctionName=name)
    del answer["ResponseMetadata"]
    members: dict[str, Any] = answer
    return members


def test_a_configuration_comes_and_goes(
    aws: LambdaClient, orders: str, control_plane: ControlPlane
) -> None:
    """Put answers 200, Delete 204, Get nothing without one (test_function_code_signing_config)."""
    control_plane.code_signing_configs = frozenset({CONFIG})
    assert found(aws, orders) == {}
    aws.put_function_code_signing_config(FunctionName=orders, CodeSigningConfigArn=CONFIG)
    assert found(aws, orders) == {"CodeSigningConfigArn": CONFIG, "FunctionName": orders}
    for _ in range(2):
        answer = aws.delete_function_code_signing_config(FunctionName=orders)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    assert found(aws, orders) == {}


def test_a_missing_configuration_comes_before_a_missing_function(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """Put looks for the configuration first (LocalStack test_code_signing_not_found_excs)."""
    put = aws.put_function_code_signing_config
    for name in (orders, "missing"):
        assert refused(put, FunctionName=name, CodeSigningConfigArn=CONFIG) == NO_CONFIG


@pytest.mark.parametrize("verb", ["get", "put", "delete"])
def test_a_missing_function_has_none(
    aws: LambdaClient, control_plane: ControlPlane, refused: Refused, verb: str
) -> None:
    """All three say so (LocalStack test_code_signing_not_found_excs)."""
    control_plane.code_signing_configs = frozenset({CONFIG})
    members = {"CodeSigningConfigArn": CONFIG} if verb == "put" else {}
    call = getattr(aws, f"{verb}_function_code_signing_config")
    refusal = refused(call, FunctionName="orders", **members)
    assert refusal == (404, "ResourceNotFoundException", f"Function not found: {ARN}")
