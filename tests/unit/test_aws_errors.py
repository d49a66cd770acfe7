from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore import exceptions

from reconciler.aws.errors import classify, unreadable
from reconciler.model import Failure, FailureKind

if TYPE_CHECKING:
    from typing import Any

TEMPORARY = FailureKind.TEMPORARY
PERMANENT = FailureKind.PERMANENT
WRITES = ("UpdateFunctionCode", "PublishVersion", "PutRuntimeManagementConfig")
GENERAL_REMEDY = "look the error up in AWS's documentation"


def _answer(
    code: str,
    message: str = "no",
    status: int = 400,
    headers: dict[str, str] | None = None,
    operation: str = "UpdateFunctionCode",
) -> Failure:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {
            "RequestId": "request-1",
            "HTTPStatusCode": status,
            "HTTPHeaders": headers or {},
        },
    }
    return classify(operation, exceptions.ClientError(response, operation))


# AWS's own words (recorded, or quoted in public issues), and what they mean for trying again.
ANSWERS = [
    ("TooManyRequestsException", "Rate exceeded", 429, TEMPORARY),
    ("ThrottlingException", "Rate exceeded", 400, TEMPORARY),
    ("Throttling", "Rate exceeded", 400, TEMPORARY),
    ("RequestLimitExceeded", "Request limit exceeded", 503, TEMPORARY),
    ("SomeNewThrottle", "slow down", 429, TEMPORARY),
    (
        "ResourceConflictException",
        (
            "The operation cannot be performed at this time. An update is in progress for "
            "resource: arn:aws:lambda:eu-west-1:123456789012:function:orders"
        ),
        409,
        TEMPORARY,
    ),
    (
        "ResourceConflictException",
        (
            "The operation cannot be performed at this time. The function is currently in the "
            "following state: Pending"
        ),
        409,
        TEMPORARY,
    ),
    (
        "ResourceConflictException",
        (
            "The operation cannot be performed at this time. The resource is currently in the "
            "following state: 'Pending'"
        ),
        409,
        TEMPORARY,
    ),
    (
        "ResourceConflictException",
        "There is a concurrent update operation on the function. Please retry.",
        409,
        TEMPORARY,
    ),
    (
        "ResourceConflictException",
        (
            "The operation cannot be performed at this time. The function is currently in the "
            "following state: 'Failed', StateReasonCode: 'FunctionError'"
        ),
        409,
        PERMANENT,
    ),
    ("ResourceConflictException", "Function already exist: orders", 409, PERMANENT),
    (
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. Call the "
            "GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        412,
        TEMPORARY,
    ),
    (
        "InvalidParameterValueException",
        (
            "CodeSHA256 (a) is different from current CodeSHA256 in $LATEST (b). Please try again "
            "with the CodeSHA256 in $LATEST."
        ),
        400,
        TEMPORARY,
    ),
    (
        "InvalidParameterValueException",
        "The role defined for the function cannot be assumed by Lambda.",
        400,
        TEMPORARY,
    ),
    (
        "InvalidParameterValueException",
        (
            "The provided execution role does not have permissions to call CreateNetworkInterface "
            "on EC2"
        ),
        400,
        TEMPORARY,
    ),
    (
        "InvalidParameterValueException",
        "Your request has been throttled by EC2, please make sure you have enough API rate limit.",
        400,
        TEMPORARY,
    ),
    (
        "InvalidParameterValueException",
        (
            "Lambda was unable to configure access to your environment variables because the KMS "
            "key is invalid for CreateGrant."
        ),
        400,
        TEMPORARY,
    ),
    (
        "InvalidParameterValueException",
        (
            "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The "
            "specified key does not exist."
        ),
        400,
        PERMANENT,
    ),
    (
        "InvalidParameterValueException",
        "Please don't provide ImageUri when updating a function with packageType Zip.",
        400,
        PERMANENT,
    ),
    (
        "InvalidParameterValueException",
        "Unzipped size must be smaller than 262144000 bytes",
        400,
        PERMANENT,
    ),
    ("ValidationException", "1 validation error detected", 400, PERMANENT),
    ("RequestEntityTooLargeException", "Request must be smaller", 413, PERMANENT),
    ("AccessDeniedException", "User is not authorized to perform", 403, PERMANENT),
    ("ResourceNotFoundException", "Function not found: orders", 404, PERMANENT),
    ("CodeStorageExceededException", "Code storage limit exceeded.", 400, PERMANENT),
    ("CodeVerificationFailedException", "not signed", 400, PERMANENT),
    ("InvalidCodeSignatureException", "bad signature", 400, PERMANENT),
    ("CodeSigningConfigNotFoundException", "gone", 404, PERMANENT),
    ("ExpiredTokenException", "The security token is expired", 403, PERMANENT),
    ("UnrecognizedClientException", "The security token is invalid", 403, PERMANENT),
    ("NobodyKnows", "?", 400, PERMANENT),
    ("PermanentRedirect", "?", 301, PERMANENT),
]


@pytest.mark.parametrize(
    ("code", "message", "status", "kind"),
    ANSWERS,
    ids=[f"{code}-{message[-28:]}" for code, message, *_ in ANSWERS],
)
def test_a_refusal_is_temporary_only_where_trying_again_helps(
    code: str, message: str, status: int, kind: FailureKind
) -> None:
    """Each answer below 500 has its kind, and leaves no doubt that nothing was done."""
    failure = _answer(code, message, status)
    assert kind is failure.kind
    assert failure.outcome_unknown is (status >= 500)
    assert f"UpdateFunctionCode: {code}: {message}" == failure.what
    assert ("UpdateFunctionCode", code, "request-1") == (
        failure.operation,
        failure.code,
        failure.request_id,
    )
    assert failure.remedy


@pytest.mark.parametrize("status", [500, 502, 503, 504])
@pytest.mark.parametrize("code", ["ServiceException", "InternalFailure", "502", "Unknown"])
def test_a_server_error_leaves_the_outcome_unknown(code: str, status: int) -> None:
    """The write may have taken effect before the server failed: read again, then plan again."""
    failure = _answer(code, "try again", status)
    assert TEMPORARY is failure.kind
    assert failure.outcome_unknown


def test_an_answer_without_a_status_is_treated_like_none() -> None:
    """What is not even HTTP cannot tell whether the write took effect."""
    failure = _answer("Odd", status=0)
    assert TEMPORARY is failure.kind
    assert failure.outcome_unknown


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="absent"),
        pytest.param({"retry-after": "3"}, 3.0, id="seconds"),
        pytest.param({"retry-after": "0"}, 0.0, id="zero"),
        pytest.param({"retry-after": ""}, None, id="empty"),
        pytest.param({"retry-after": "-5"}, None, id="negative"),
        pytest.param({"retry-after": "Wed, 04 Mar 2026 05:06:07 GMT"}, None, id="date"),
        pytest.param({"retry-after": "soon"}, None, id="word"),
        pytest.param({"retry-after": "nan"}, None, id="nan"),
        pytest.param({"retry-after": "inf"}, None, id="infinite"),
        pytest.param({"retry-after": "²"}, None, id="superscript"),
    ],
)
def test_retry_after_is_read_in_seconds(headers: dict[str, str], seconds: float | None) -> None:
    """Botocore ignores Retry-After; a value that is no number of seconds is ignored here too."""
    assert seconds == _answer("TooManyRequestsException", "slow", 429, headers).retry_after


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({}, id="empty"),
        pytest.param({"Error": {}}, id="no-code"),
        pytest.param({"Error": {"Code": "X", "Message": None}}, id="null-message"),
        pytest.param({"ResponseMetadata": {}}, id="no-metadata"),
        pytest.param({"Error": {"Code": "X"}, "message": "lower case"}, id="lower-case-message"),
    ],
)
def test_an_odd_answer_does_not_crash(response: Any) -> None:  # noqa: ANN401 - any JSON
    """Proxies answer all sorts of things."""
    failure = classify("GetFunction", exceptions.ClientError(response, "GetFunction"))
    assert TEMPORARY is failure.kind
    assert failure.what.startswith("GetFunction: ")
    assert failure.request_id is None


def test_the_message_of_a_rest_error_in_lower_case_is_shown() -> None:
    """Some of Lambda's errors have message instead of Message."""
    response: Any = {"Error": {"Code": "X"}, "message": "what happened"}
    assert "what happened" in classify("A", exceptions.ClientError(response, "A")).what


# Errors without an answer.

ENDPOINT = "https://lambda.eu-west-1.amazonaws.com/"


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ReadTimeoutError(endpoint_url=ENDPOINT),
        exceptions.ConnectionClosedError(endpoint_url=ENDPOINT),
        exceptions.SSLError(endpoint_url=ENDPOINT, error=OSError("handshake")),
        exceptions.HTTPClientError(error="line one\nline two"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_lost_answer_leaves_the_outcome_unknown(error: exceptions.BotoCoreError) -> None:
    """Without an answer the write may have taken effect: temporary, and read again."""
    failure = classify("PublishVersion", error)
    assert TEMPORARY is failure.kind
    assert failure.outcome_unknown
    assert type(error).__name__ == failure.code
    assert "PublishVersion" == failure.operation
    assert "\n" not in failure.what
    assert failure.request_id is None


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ConnectTimeoutError(endpoint_url=ENDPOINT),
        exceptions.EndpointConnectionError(endpoint_url="http://user:secret@127.0.0.1:1/"),
        exceptions.ProxyConnectionError(proxy_url="http://user:secret@proxy"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_request_that_never_left_had_no_effect(error: exceptions.BotoCoreError) -> None:
    """Nobody was reached, so that there is no outcome to look for; passwords are not shown."""
    failure = classify("PublishVersion", error)
    assert TEMPORARY is failure.kind
    assert not failure.outcome_unknown
    assert "secret" not in failure.what


@pytest.mark.parametrize("body", ['{"Configuration": {"Environment": ', "<html>", " [1]"])
def test_a_body_that_could_not_be_parsed_is_not_shown(body: str) -> None:
    """Half an answer may hold environment variables, and a proxy's page helps nobody."""
    response: Any = {
        "Error": {"Code": "500", "Message": body},
        "ResponseMetadata": {"HTTPStatusCode": 500},
    }
    failure = classify("GetFunction", exceptions.ClientError(response, "GetFunction"))
    assert "GetFunction: 500: the answer is not one of AWS Lambda's" == failure.what


def test_a_message_of_any_length_is_cut() -> None:
    """A line stays a line."""
    response: Any = {"Error": {"Code": "X", "Message": "m" * 5000}}
    assert 1100 > len(classify("A", exceptions.ClientError(response, "A")).what)


@pytest.mark.parametrize(
    ("code", "status", "throttled"),
    [
        ("TooManyRequestsException", 429, True),
        ("ThrottlingException", 400, True),
        ("Whatever", 429, True),
        ("ServiceException", 500, False),
        ("AccessDeniedException", 403, False),
    ],
)
def test_throttling_is_told_from_other_refusals(code: str, status: int, *, throttled: bool) -> None:
    """AWS has not looked at a throttled request: nothing needs to be read again for it."""
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    assert throttled is classify("A", exceptions.ClientError(response, "A")).throttled


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NoCredentialsError(),
        exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        exceptions.CredentialRetrievalError(provider="process", error_msg="exit 1"),
        exceptions.TokenRetrievalError(provider="sso", error_msg="expired"),
        exceptions.UnauthorizedSSOTokenError(),
        exceptions.SSOTokenLoadError(error_msg="no token"),
        exceptions.NoAuthTokenError(),
        exceptions.RefreshWithMFAUnsupportedError(),
        exceptions.InfiniteLoopConfigError(source_profile="a", visited_profiles=["a", "b"]),
        exceptions.LoginRefreshRequired(),
        exceptions.LoginTokenLoadError(error_msg="no token"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_credentials_that_cannot_be_had_are_permanent(error: exceptions.BotoCoreError) -> None:
    """No request was sent, and none will be until somebody logs in."""
    failure = classify("GetFunction", error)
    assert PERMANENT is failure.kind
    assert not failure.outcome_unknown
    assert "credentials" in failure.remedy


def test_a_parameter_that_botocore_refuses_is_permanent() -> None:
    """Nothing was sent: the value is wrong, and told in one line."""
    failure = classify(
        "GetFunction", exceptions.ParamValidationError(report="Invalid length\nfor FunctionName")
    )
    assert PERMANENT is failure.kind
    assert not failure.outcome_unknown
    assert "\n" not in failure.what


def test_an_unreadable_answer_is_of_unknown_outcome() -> None:
    """A write whose answer cannot be read may well have taken effect."""
    failure = unreadable("PublishVersion", "no Version").failure
    assert "PublishVersion: the answer has no Version" == failure.what
    assert TEMPORARY is failure.kind
    assert failure.outcome_unknown


# Every error that AWS declares.


@cache
def _declared() -> tuple[tuple[str, str, int], ...]:
    model = botocore.session.Session().get_service_model("lambda")
    return tuple(
        (operation, shape.name, shape.metadata["error"]["httpStatusCode"])
        for operation in WRITES
        for shape in model.operation_model(operation).error_shapes
    )


@pytest.mark.parametrize(
    ("operation", "code", "status"),
    _declared(),
    ids=[f"{operation}-{code}" for operation, code, _ in _declared()],
)
def test_every_declared_error_has_a_rule_of_its_own(operation: str, code: str, status: int) -> None:
    """An error that the API model announces is never answered with the general remedy."""
    failure = _answer(code, "something", status, operation=operation)
    assert status >= 500 or failure.remedy != GENERAL_REMEDY


def test_the_api_model_declares_errors() -> None:
    """The test above looks at all three writes."""
    assert set(WRITES) == {operation for operation, _, _ in _declared()}
