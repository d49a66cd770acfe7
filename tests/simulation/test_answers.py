"""The exceptions of the simulation are those that botocore makes of AWS's bytes."""

from __future__ import annotations

import json
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from reconciler.sandbox import LambdaError, errors
from tests.simulation import answers

ERRORS = [
    errors.rate_exceeded(3),
    answers.throttled(None),
    answers.throttled(2),
    answers.server_error(500),
    answers.server_error(503),
    errors.stale_revision(),
    errors.manual_mode("architecture"),
    errors.other_code("a", "b"),
    errors.function_not_found("arn:aws:lambda:eu-west-1:123456789012:function:f"),
    errors.update_in_progress("arn:aws:lambda:eu-west-1:123456789012:function:f"),
    errors.validation(["a value"]),
    LambdaError(400, "CodeStorageExceededException", "Code storage limit exceeded."),
    LambdaError(403, "ExpiredTokenException", "The security token is expired", members={}),
]


def _parsed(error: LambdaError) -> dict[str, Any]:
    """Parse the sandbox's answer as botocore does, modeled members included."""
    model = botocore.session.Session().get_service_model("lambda")
    parser = create_parser(model.metadata["protocol"])
    headers = {name.lower(): value for name, value in error.headers.items()}
    balancer = error.code.isdecimal()  # answers in place of AWS, with a status and no more
    response = {
        "status_code": error.status,
        "headers": HeadersDict(headers | ({} if balancer else {"x-amzn-errortype": error.code})),
        "body": b"" if balancer else json.dumps(error.body).encode(),
    }
    parsed: dict[str, Any] = parser.parse(response, model.shape_for("FunctionConfiguration"))
    shapes: Any = model.error_shapes
    known = {shape.error_code: shape for shape in shapes}
    shape = known.get(parsed["Error"]["Code"])
    return parsed if shape is None else parsed | parser.parse(response, shape)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: f"{error.status} {error.code}")
def test_an_error_is_the_one_that_botocore_would_raise(error: LambdaError) -> None:
    """Code, message and modeled members; of the headers those that mean something."""
    parsed = _parsed(error)
    raised = answers.client_error(error, "PublishVersion", "request-1")
    made: dict[str, Any] = {**raised.response}

    kept = ("Error", "Type", "Reason", "message", "Message", "retryAfterSeconds")
    assert {name: parsed[name] for name in kept if name in parsed} == {
        name: made[name] for name in kept if name in made
    }
    assert error.status == made["ResponseMetadata"]["HTTPStatusCode"]
