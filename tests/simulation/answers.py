"""AWS's answers as botocore hands them out, made without a wire."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from reconciler.sandbox import LambdaError

if TYPE_CHECKING:
    from collections.abc import Mapping

_MODELED = {
    "CodeSigningConfigNotFoundException": ("Type", "Message"),
    "CodeStorageExceededException": ("Type", "message"),
    "InvalidParameterValueException": ("Type", "message"),
    "PreconditionFailedException": ("Type", "message"),
    "ResourceConflictException": ("Type", "message"),
    "ResourceNotFoundException": ("Type", "Message"),
    "ServiceException": ("Type", "Message"),
    "TooManyRequestsException": ("Type", "message", "Reason"),
}
"""The members that botocore puts beside Error, for the errors of Lambda's model."""


def success(status: int, body: Mapping[str, Any] | None, request_id: str) -> dict[str, Any]:
    """Shape an answer; botocore adds the metadata."""
    return {**(body or {}), "ResponseMetadata": metadata(status, request_id)}


def metadata(
    status: int, request_id: str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Shape ResponseMetadata, whose headers are in lower case."""
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    return {
        "RequestId": request_id,
        "HTTPStatusCode": status,
        "HTTPHeaders": lower,
        "RetryAttempts": 0,
    }


def client_error(error: LambdaError, operation: str, request_id: str) -> ClientError:
    """Make the exception that botocore raises for an error of Lambda."""
    response: dict[str, Any] = {
        "Error": {"Message": error.message, "Code": error.code},
        "ResponseMetadata": metadata(error.status, request_id, error.headers),
    }
    body = error.body
    known = _MODELED.get(error.code, ())
    response |= {name: body[name] for name in known if name in body}
    if error.code == "TooManyRequestsException" and "Retry-After" in error.headers:
        response["retryAfterSeconds"] = error.headers["Retry-After"]
    return ClientError(cast("Any", response), operation)


def throttled(retry_after: int | None) -> LambdaError:
    """Say "Rate exceeded", with or without Retry-After."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    members = {"Reason": "CallerRateLimitExceeded", "Type": "User"}
    return LambdaError(
        429, "TooManyRequestsException", "Rate exceeded", members=members, headers=headers
    )


def server_error(status: int) -> LambdaError:
    """Say that AWS failed: with its own error, or a bare status of a load balancer."""
    if status == 500:
        return LambdaError(500, "ServiceException", "Internal failure", members={"Type": "Service"})
    return LambdaError(status, str(status), HTTPStatus(status).phrase, members={})


def other_service(status: int, code: str, message: str, operation: str) -> ClientError:
    """Make the exception for an error of S3 or ECR."""
    response = {
        "Error": {"Message": message, "Code": code},
        "ResponseMetadata": metadata(status, "simulated"),
    }
    return ClientError(cast("Any", response), operation)
