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
from reconciler.aws.hidden import struck_out
from reconciler.model import Failure, FailureKind, ReconcileError, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Hide = Callable[[str], str]

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

UNSENDABLE = Failure(
    FailureKind.PERMANENT,
    "the AWS credentials have a character that no request can carry, such as a line break",
    "write the access key, secret key and session token again, without what surrounds them",
    scope=Scope.RUN,
)

_LONGEST_MESSAGE = 1_000
_LONGEST_NAME = 100  # of an error code or a request id; real ones have half of it
_LONG_PAUSE = 60
_REQUEST_TIMEOUT = 408
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]+)?")
_CODE = re.compile(r"[\w.-]{1,100}")
_TALKATIVE = ("custom-process", "container-role")
"""Sources of credentials whose errors quote what a program or a server said."""
_OF_BOTOCORE = re.compile(
    r"Missing required key in response: '\w+'"
    r"|Received non 200 response [0-9]{3}"
    r"|Unable to parse JSON returned from container metadata services"
    r"|Received error when attempting to retrieve container metadata: .*",
    re.DOTALL,
)
"""The parts of such errors that are botocore's own words (ContainerMetadataFetcher and others)."""

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


def classify(operation: str, error: Exception, hide: Hide = struck_out) -> Failure:
    """
    Say what an error of a request means for the function that it befell.

    ``hide`` strikes out of AWS's and botocore's words what must not be shown.
    """
    if isinstance(error, exceptions.ClientError):
        return _classify_answer(operation, error.response, hide)
    if not isinstance(error, exceptions.BotoCoreError):
        return unreadable(operation, "a body that cannot be read").failure
    text = text_of(error, hide)
    what = f"{operation}: {text}"
    if isinstance(error, exceptions.CredentialRetrievalError):  # their source has a hiccup
        remedy = "check where the AWS credentials come from, then run again"
        return Failure(FailureKind.TEMPORARY, what, remedy, operation)
    if isinstance(error, _CREDENTIAL_ERRORS):
        return Failure(FailureKind.PERMANENT, what, _CREDENTIALS, operation, scope=Scope.RUN)
    if isinstance(error, exceptions.ParamValidationError):
        return Failure(FailureKind.PERMANENT, what, "correct the value that is named", operation)
    return Failure(
        FailureKind.TEMPORARY,
        f"{operation}: no answer from AWS ({text})",
        "check the network and the endpoint, then run again",
        operation,
        code=type(error).__name__,
        outcome_unknown=not isinstance(error, NOT_SENT),
    )


def classify_part(operation: str, code: str, message: str | None) -> Failure:
    """Say what a refusal means that stands for one of many things inside a good answer."""
    code = _code(code)
    rule = rules.find(operation, code, message or "") or _LOOK_UP
    return _failure(rule, operation, code, _message(struck_out, message))


def no_credentials(error: Exception | None = None, hide: Hide = struck_out) -> Failure:
    """
    Say why no credentials could be had; ``error`` is what their source raised, if anything.

    Nothing was sent for want of them, and nothing can be: this is the whole run's failure.
    Where AWS was asked for them (a role, SSO), its answer, or the lack of one, is
    classified like any other.
    """
    if isinstance(error, exceptions.ClientError):
        return replace(classify(error.operation_name, error, hide), outcome_unknown=False)
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return replace(classify("AWS credentials", error, hide), outcome_unknown=False)
    what = (
        "no AWS credentials were found"
        if error is None
        else f"no AWS credentials could be had: {text_of(error, hide)}"
    )
    remedy = "set AWS_PROFILE, --profile or the AWS_* variables, then run again"
    return Failure(FailureKind.PERMANENT, what, remedy, scope=Scope.RUN)


def _pause_asked_for(seconds: float | None) -> str:
    """Tell a pause that nobody expects: a run does not wait that long."""
    long = seconds is not None and seconds >= _LONG_PAUSE
    return f"; AWS asks to wait {seconds:g} s" if long else ""


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


def _classify_answer(operation: str, response: Mapping[str, Any], hide: Hide) -> Failure:
    details = response.get("Error", {})
    metadata = response.get("ResponseMetadata", {})
    code = _code(details.get("Code"))
    said = details.get("Message") or response.get("message")
    message = _message(hide, said, response.get("Reason"))
    status = int(metadata.get("HTTPStatusCode", 0))
    rule = _judge(operation, code, message, status)
    headers = metadata.get("HTTPHeaders", {})
    asked = seconds(response.get("retryAfterSeconds"))
    if asked is None:  # the model names the header so; other errors have it among the headers
        asked = seconds(headers.get("retry-after"))
    failure = _failure(rule, operation, code, message)
    return replace(
        failure,
        what=failure.what + _pause_asked_for(asked),
        request_id=short_name(metadata.get("RequestId") or request_id(headers)),
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


def _code(code: object) -> str:
    """Give AWS's code, which is one word; what is none may be anything."""
    text = str(code or "").strip()
    return text if _CODE.fullmatch(text) else "Unknown"


def _message(hide: Hide, *parts: object) -> str:
    """
    Show AWS's message and reason; not a body that could not be parsed, which botocore gives.

    A proxy's page helps nobody, and half an answer may hold environment variables.
    """
    text = " ".join(" ".join(str(part).split()) for part in parts if part) or "no message"
    if text.startswith(("{", "[", "<")):
        return "the answer is not one of AWS Lambda's"
    return one_line(text, hide)


def short_name(value: object) -> str | None:
    """Give an error code or a request id in one line and of bounded length, None for none."""
    return " ".join(str(value or "").split())[:_LONGEST_NAME] or None


def one_line(text: str, hide: Hide = struck_out) -> str:
    """Give AWS's words as they may be shown: in one line, cut to a length, without a secret."""
    text = hide(text)
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def text_of(error: Exception, hide: Hide = struck_out) -> str:
    """
    Give an exception's text as it may be shown.

    Only botocore's are known to quote no more than names and addresses: what a value that
    cannot be sent or read does to Python's libraries is told by its kind alone.
    """
    if isinstance(error, exceptions.CredentialRetrievalError):
        return _of_source(error, hide)
    if type(error) is exceptions.HTTPClientError:
        return _kind(error.kwargs.get("error"))
    known = isinstance(error, exceptions.BotoCoreError | RuntimeError)
    return one_line(str(error), hide) if known else _kind(error)


def _of_source(error: exceptions.CredentialRetrievalError, hide: Hide) -> str:
    """Leave out what a program or a server said when it was asked for credentials."""
    text, provider = str(error), error.kwargs.get("provider")
    if provider not in _TALKATIVE:
        return one_line(text, hide)
    found = _OF_BOTOCORE.search(text)
    said = one_line(found[0], hide) if found else "what it said is not shown, it may be secret"
    return f"Error when retrieving credentials from {provider}: {said}"


def _kind(error: object) -> str:
    """Name an exception without its text, but for the system's own words."""
    words = error.strerror if isinstance(error, OSError) else None
    name = type(error).__name__
    return f"{name}: {words}" if words else name


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
