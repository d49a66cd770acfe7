"""
Every error of the AWS calls, classified once, by the table in ``rules``.

Temporary means: read again, plan again, and the call may turn out to be needed no
more. Permanent means: AWS refuses until somebody changes something. What the table
does not know is temporary when the server failed (5xx) and permanent when it refused
(4xx).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore import exceptions

from reconciler.aws import rules
from reconciler.model import Failure, FailureKind, ReconcileError, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_CREDENTIALS = "check the AWS credentials and AWS_PROFILE, then run again"
_TRY_AGAIN = rules.Rule("*", FailureKind.TEMPORARY, "run again")
_LOOK_UP = rules.Rule(
    "*", FailureKind.PERMANENT, "look the error up in AWS's documentation of the operation"
)

_SOMEBODY_ELSE = rules.Rule(
    "*",
    FailureKind.PERMANENT,
    "something between here and AWS answered: check proxies and the endpoint",
)
"""AWS names its errors. Without a name botocore puts the status in its place."""

_LONGEST_MESSAGE = 1_000
_REQUEST_TIMEOUT = 408
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")
_CANONICAL_REQUEST = re.compile(r"The Canonical String for this request", re.IGNORECASE)
_SIGNED = re.compile(
    r"(x-amz-(?:security-token|signature|credential)[=:]\s*)[^\s&'\"]+", re.IGNORECASE
)

_CREDENTIAL_ERRORS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.TokenRetrievalError,
    exceptions.RefreshWithMFAUnsupportedError,
    exceptions.InvalidConfigError,
    exceptions.SSOError,
    exceptions.LoginError,
    exceptions.NoAuthTokenError,
)


NOT_SENT = (
    *_CREDENTIAL_ERRORS,
    exceptions.ParamValidationError,
    exceptions.EndpointConnectionError,
    exceptions.ConnectTimeoutError,
    exceptions.ProxyConnectionError,
)
"""What befalls a request before any of it reaches AWS."""


def classify(operation: str, error: Exception) -> Failure:
    """Say what an error of a request means for the function that it befell."""
    if isinstance(error, exceptions.ClientError):
        return _classify_answer(operation, error.response)
    if not isinstance(error, exceptions.BotoCoreError):
        return unreadable(operation, "a body that cannot be read").failure
    what = f"{operation}: {_text(error)}"
    if isinstance(error, exceptions.CredentialRetrievalError):  # their source has a hiccup
        remedy = "check where the AWS credentials come from, then run again"
        return Failure(FailureKind.TEMPORARY, what, remedy, operation)
    if isinstance(error, _CREDENTIAL_ERRORS):
        return Failure(FailureKind.PERMANENT, what, _CREDENTIALS, operation, scope=Scope.RUN)
    if isinstance(error, exceptions.ParamValidationError):
        return Failure(FailureKind.PERMANENT, what, "correct the value that is named", operation)
    return Failure(
        FailureKind.TEMPORARY,
        f"{operation}: no answer from AWS ({_text(error)})",
        "check the network and the endpoint, then run again",
        operation,
        code=type(error).__name__,
        outcome_unknown=not isinstance(error, NOT_SENT),
    )


def classify_part(operation: str, code: str, message: str | None) -> Failure:
    """Say what a refusal means that stands for one of many things inside a good answer."""
    rule = rules.find(operation, code, message or "") or _LOOK_UP
    return _failure(rule, operation, code, _message(message))


def no_credentials(error: Exception | None = None) -> Failure:
    """
    Say why no credentials could be had; ``error`` is what their source raised, if anything.

    Nothing was sent for want of them, and nothing can be: this is the whole run's failure.
    Where AWS was asked for them (a role, SSO), its answer, or the lack of one, is
    classified like any other.
    """
    if isinstance(error, exceptions.ClientError):
        return replace(classify(error.operation_name, error), outcome_unknown=False)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return replace(classify("AWS credentials", error), outcome_unknown=False)
    what = (
        "no AWS credentials were found"
        if error is None
        else f"no AWS credentials could be had: {_text(error)}"
    )
    remedy = "set AWS_PROFILE, --profile or the AWS_* variables, then run again"
    return Failure(FailureKind.PERMANENT, what, remedy, scope=Scope.RUN)


def unreadable(operation: str, what: str) -> ReconcileError:
    """Make the error for an answer that lacks what every answer of AWS has."""
    return ReconcileError(
        Failure(
            FailureKind.TEMPORARY,
            f"{operation}: the answer has {what}",
            "check that the endpoint is AWS Lambda's",
            operation,
            outcome_unknown=True,
        )
    )


def _classify_answer(operation: str, response: Mapping[str, Any]) -> Failure:
    details = response.get("Error", {})
    metadata = response.get("ResponseMetadata", {})
    code = " ".join(str(details.get("Code") or "").split()) or "Unknown"
    message = _message(details.get("Message") or response.get("message"), response.get("Reason"))
    status = int(metadata.get("HTTPStatusCode", 0))
    rule = _judge(operation, code, message, status)
    headers = metadata.get("HTTPHeaders", {})
    asked = seconds(response.get("retryAfterSeconds"))
    if asked is None:  # the model names the header so; other errors have it among the headers
        asked = seconds(headers.get("retry-after"))
    return replace(
        _failure(rule, operation, code, message),
        request_id=metadata.get("RequestId") or request_id(headers),
        retry_after=rule.pause if asked is None else asked,
        outcome_unknown=status >= _SERVER_ERROR or not status,
    )


def _failure(rule: rules.Rule, operation: str, code: str, message: str) -> Failure:
    return Failure(
        rule.kind,
        f"{operation}: {code}: {message}",
        rule.remedy,
        operation,
        code=code,
        retry_after=rule.pause,
        throttled=rule.throttled,
        scope=rule.scope,
    )


def _judge(operation: str, code: str, message: str, status: int) -> rules.Rule:
    """Find the rule. A server that failed or limits calls may do better next time, always."""
    rule = rules.find(operation, code, message)
    if status == _TOO_MANY_REQUESTS:
        return rule if rule and rule.throttled else rules.THROTTLED
    if status >= _SERVER_ERROR:
        return replace(rule or _TRY_AGAIN, kind=FailureKind.TEMPORARY, scope=Scope.FUNCTION)
    if status in (0, _REQUEST_TIMEOUT):
        return rule or _TRY_AGAIN
    nameless = code == str(status) and operation not in rules.S3  # whose HEAD has a status only
    return rule or (_SOMEBODY_ELSE if nameless else _LOOK_UP)


def _message(*parts: object) -> str:
    """
    Show AWS's message and reason; not a body that could not be parsed, which botocore gives.

    A proxy's page helps nobody, and half an answer may hold environment variables.
    """
    text = " ".join(" ".join(str(part).split()) for part in parts if part) or "no message"
    if text.startswith(("{", "[", "<")):
        return "the answer is not one of AWS Lambda's"
    return one_line(text)


def one_line(text: str) -> str:
    """Give AWS's words as they may be shown: in one line, cut to a length, without a signature."""
    text = _without_secrets(" ".join(text.split()))
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def _without_secrets(text: str) -> str:
    """
    Cut what AWS repeats of the request, and strike out what signs it.

    To a wrong signature AWS answers with the whole canonical request, which holds the
    session token.
    """
    return _SIGNED.sub(r"\1***", _CANONICAL_REQUEST.split(text)[0].rstrip())


def _text(error: Exception) -> str:
    """Give an exception's text in one line, without a password in an endpoint's address."""
    return _without_secrets(re.sub(r"//[^/@\s]+@", "//***@", " ".join(str(error).split())))


def request_id(headers: Mapping[str, str]) -> str | None:
    """
    Find the id by which AWS's support knows a request; names in lower case or any.

    botocore reads it too, but for a 5xx without a body, which is S3's to a HEAD.
    """
    return headers.get("x-amzn-requestid") or headers.get("x-amz-request-id")


def seconds(value: object) -> float | None:
    """Read Retry-After, which botocore itself ignores. Only its form in seconds is used."""
    text = str(value)
    return float(text) if _SECONDS.fullmatch(text) else None
