from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore import exceptions

from reconciler.aws.errors import classify, no_credentials, unreadable
from reconciler.model import Failure, FailureKind, Scope

if TYPE_CHECKING:
    from typing import Any

TEMPORARY = FailureKind.TEMPORARY
PERMANENT = FailureKind.PERMANENT


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


@pytest.mark.parametrize("status", [302, 307, 400, 403, 404, 407, 418])
@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "GetFunction", "BatchGetImage"])
def test_a_refusal_without_a_code_of_aws_is_somebody_elses(operation: str, status: int) -> None:
    """AWS names its errors; a bare status is a proxy's, a portal's, or another server's."""
    failure = classify(operation, _page(operation, status, "<html>proxy says no</html>"))
    assert (PERMANENT, str(status)) == (failure.kind, failure.code)
    assert f"{operation}: {status}: the answer is not one of AWS Lambda's" == failure.what
    assert (
        "something between here and AWS answered: check proxies and the endpoint" == failure.remedy
    )


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_bare_status_that_may_pass_is_temporary(status: int) -> None:
    """Whoever answered, another try may get through."""
    assert TEMPORARY is classify("GetFunction", _page("GetFunction", status, "<html>")).kind


def _page(operation: str, status: int, body: str) -> exceptions.ClientError:
    """Make what botocore makes of a body that it cannot read."""
    response: Any = {
        "Error": {"Code": str(status), "Message": body},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return exceptions.ClientError(response, operation)


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
    assert (PERMANENT, Scope.RUN) == (failure.kind, failure.scope)
    assert not failure.outcome_unknown
    assert "credentials" in failure.remedy


def test_a_source_of_credentials_that_fails_under_way_is_asked_again() -> None:
    """They were had when the run began: a container's endpoint may have a hiccup."""
    error = exceptions.CredentialRetrievalError(provider="container-role", error_msg="timeout")
    failure = classify("GetFunction", error)
    assert (TEMPORARY, Scope.FUNCTION) == (failure.kind, failure.scope)
    assert not failure.outcome_unknown


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (None, "no AWS credentials were found"),
        (RuntimeError("still expired"), "still expired"),  # botocore's own words
        (ValueError("Unknown string format: sesame"), "had: ValueError"),
        (KeyError("sesame"), "had: KeyError"),
        (FileNotFoundError(2, "No such file or directory", "sesame"), "No such file or directory"),
    ],
    ids=repr,
)
def test_a_source_without_credentials_stops_the_run(error: Exception | None, said: str) -> None:
    """No call of any function can be made; what the source gave is not quoted."""
    failure = no_credentials(error)
    assert (PERMANENT, Scope.RUN) == (failure.kind, failure.scope)
    assert "AWS credentials" in failure.what
    assert failure.what.endswith(said)
    assert "sesame" not in failure.what


def test_a_role_that_must_not_be_assumed_is_told_in_words_of_sts() -> None:
    """A missing permission is nobody's but the role's, and never stops a run."""
    response: Any = {
        "Error": {"Code": "AccessDenied", "Message": "not authorized to perform: sts:AssumeRole"},
        "ResponseMetadata": {"HTTPStatusCode": 403},
    }
    failure = no_credentials(exceptions.ClientError(response, "AssumeRole"))
    assert (PERMANENT, Scope.FUNCTION) == (failure.kind, failure.scope)
    assert "AssumeRole: AccessDenied: not authorized to perform: sts:AssumeRole" == failure.what
    assert "trust policy" in failure.remedy


def _sts_failed() -> exceptions.ClientError:
    response: Any = {
        "Error": {"Code": "InternalFailure", "Message": "trouble"},
        "ResponseMetadata": {"HTTPStatusCode": 500},
    }
    return exceptions.ClientError(response, "AssumeRole")


@pytest.mark.parametrize(
    "error",
    [
        exceptions.ReadTimeoutError(endpoint_url=ENDPOINT),
        exceptions.EndpointConnectionError(endpoint_url=ENDPOINT),
        _sts_failed(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_source_that_does_not_answer_is_temporary_and_without_effect(error: Exception) -> None:
    """STS may answer the next time; nothing was sent to Lambda meanwhile."""
    failure = no_credentials(error)
    assert (TEMPORARY, False) == (failure.kind, failure.outcome_unknown)


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
