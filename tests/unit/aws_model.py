"""The operations that are called, in AWS's API model as the installed botocore has it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import botocore.session

if TYPE_CHECKING:
    from typing import Any

WRITES = ("UpdateFunctionCode", "PublishVersion", "PutRuntimeManagementConfig")
READS = (
    "GetFunction",
    "GetRuntimeManagementConfig",
    "ListFunctions",
    "ListVersionsByFunction",
)
ELSEWHERE = {
    "HeadObject": "s3",
    "GetObject": "s3",
    "BatchGetImage": "ecr",
    "GetDownloadUrlForLayer": "ecr",
    "GetCallerIdentity": "sts",
    "AssumeRole": "sts",
}


@cache
def model(service: str = "lambda") -> Any:  # noqa: ANN401 - botocore's stubs know less than its model
    return botocore.session.Session().get_service_model(service)


def members(shape: Any) -> dict[str, Any]:  # noqa: ANN401 - a shape of botocore, or None
    """Give what a structure is made of."""
    found: dict[str, Any] = {} if shape is None else dict(shape.members)
    return found


def request(operation: str) -> dict[str, Any]:
    """Give the parameters of an operation."""
    return members(model(ELSEWHERE.get(operation, "lambda")).operation_model(operation).input_shape)


def answer(operation: str) -> Any:  # noqa: ANN401 - a shape of botocore
    """Give the shape of an answer."""
    return model(ELSEWHERE.get(operation, "lambda")).operation_model(operation).output_shape
