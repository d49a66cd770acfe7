"""
Every error of the AWS calls, classified once.

Temporary means: read again, plan again, and the call may turn out to be needed no
more. Permanent means: AWS refuses until somebody changes something. What is not
known is temporary when the server failed (5xx) and permanent when it refused (4xx).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from botocore import exceptions

from reconciler.model import Failure, FailureKind, ReconcileError

_CREDENTIALS = "check the AWS credentials and AWS_PROFILE, then run again"
_READ_AGAIN = "run again"


@dataclass(frozen=True, slots=True)
class _Rule:
    """``text`` must be part of AWS's message for the rule to hold; the first match wins."""

    code: str
    kind: FailureKind
    remedy: str
    text: str = ""


def _temporary(code: str, remedy: str, text: str = "") -> _Rule:
    return _Rule(code, FailureKind.TEMPORARY, remedy, text)


def _permanent(code: str, remedy: str, text: str = "") -> _Rule:
    return _Rule(code, FailureKind.PERMANENT, remedy, text)


_THROTTLED = "AWS limits the calls of this account and region: run again later, or run less at once"
_CONFLICT = "resolve the conflict that AWS names, then run again"
_SPREADING = "a fresh role or key may still be spreading in AWS: run again, or fix its permissions"
_SOMEBODY_ELSE = "somebody else changes this function at the same time: run again"

_RULES = (
    _temporary("TooManyRequestsException", _THROTTLED),
    _temporary("ThrottlingException", _THROTTLED),
    _temporary("Throttling", _THROTTLED),
    _temporary("RequestLimitExceeded", _THROTTLED),
    _permanent(
        "ResourceConflictException", "resolve the conflict that AWS names", "state: 'Failed'"
    ),
    _permanent("ResourceConflictException", "resolve the conflict that AWS names", "already exist"),
    _temporary("ResourceConflictException", _SOMEBODY_ELSE),
    _temporary("PreconditionFailedException", _SOMEBODY_ELSE),
    _temporary(
        "InvalidParameterValueException", _SOMEBODY_ELSE, "is different from current CodeSHA256"
    ),
    _temporary(
        "InvalidParameterValueException",
        _SPREADING,
        "cannot be assumed",
    ),
    _temporary("InvalidParameterValueException", _SPREADING, "execution role does not have perm"),
    _temporary("InvalidParameterValueException", _SPREADING, "is invalid for CreateGrant"),
    _temporary("InvalidParameterValueException", "run again later", "throttled by EC2"),
    _permanent(
        "InvalidParameterValueException",
        "the package is over AWS's limit of 250 MB unzipped: make it smaller",
        "Unzipped size must be smaller",
    ),
    _permanent(
        "InvalidParameterValueException",
        "declare updateRuntimeOn Auto or FunctionUpdate, so that the reconciler may change it",
        "'Manual'",
    ),
    _permanent("InvalidParameterValueException", "correct the value that AWS names"),
    _permanent("ValidationException", "correct the value that AWS names"),
    _permanent("RequestEntityTooLargeException", "the package is over 50 MB: put it in S3"),
    _permanent(
        "ResourceNotFoundException",
        "check spec.functionName, the region and the account; "
        "create the function first (Terraform, CDK), the reconciler never does",
    ),
    _permanent(
        "CodeStorageExceededException",
        "this account and region is out of code storage: delete old versions",
    ),
    _permanent(
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        "the capacity provider has no room for another version: delete old ones",
    ),
    _permanent("CodeVerificationFailedException", "sign the package with an allowed profile"),
    _permanent(
        "InvalidCodeSignatureException", "sign the package again: its signature is not valid"
    ),
    _permanent("CodeSigningConfigNotFoundException", "restore the function's code signing config"),
    _permanent("AccessDeniedException", "give the reconciler's role this permission"),
    _permanent("AccessDenied", "give the reconciler's role this permission"),
    _permanent("ExpiredTokenException", _CREDENTIALS),
    _permanent("ExpiredToken", _CREDENTIALS),
    _permanent("UnrecognizedClientException", _CREDENTIALS),
    _permanent("InvalidClientTokenId", _CREDENTIALS),
    _permanent("InvalidSignatureException", _CREDENTIALS),
    _permanent("SignatureDoesNotMatch", _CREDENTIALS),
    _permanent("IncompleteSignature", _CREDENTIALS),
    _permanent("MissingAuthenticationToken", _CREDENTIALS),
)

_LONGEST_MESSAGE = 1_000
_REQUEST_TIMEOUT = 408
_TOO_MANY_REQUESTS = 429
_SERVER_ERROR = 500

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
        return _classify_answer(operation, error)
    if not isinstance(error, exceptions.BotoCoreError):
        return unreadable(operation, "a body that cannot be read").failure
    what = f"{operation}: {_text(error)}"
    if isinstance(error, _CREDENTIAL_ERRORS):
        return Failure(FailureKind.PERMANENT, what, _CREDENTIALS, operation)
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


def _classify_answer(operation: str, error: exceptions.ClientError) -> Failure:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    code = str(details.get("Code", "Unknown"))
    message = _shown(details.get("Message") or error.response.get("message"))
    status = int(metadata.get("HTTPStatusCode", 0))
    kind, remedy = _judge(code, message, status)
    request_id = metadata.get("RequestId")
    return Failure(
        kind,
        f"{operation}: {code}: {message}",
        remedy,
        operation,
        code=code,
        request_id=request_id,
        retry_after=_retry_after(metadata.get("HTTPHeaders", {})),
        outcome_unknown=status >= _SERVER_ERROR or not status,
        throttled=status == _TOO_MANY_REQUESTS or remedy == _THROTTLED,
    )


def _shown(message: object) -> str:
    """
    Show AWS's message; not a body that could not be parsed, which botocore gives in its place.

    A proxy's page helps nobody, and half an answer may hold environment variables.
    """
    text = str(message or "no message")
    if text.lstrip().startswith(("{", "[", "<")):
        return "the answer is not one of AWS Lambda's"
    return text if len(text) <= _LONGEST_MESSAGE else f"{text[:_LONGEST_MESSAGE]}..."


def _text(error: Exception) -> str:
    """Give an exception's text in one line, without a password in an endpoint's address."""
    return re.sub(r"//[^/@\s]+@", "//***@", " ".join(str(error).split()))


def _judge(code: str, message: str, status: int) -> tuple[FailureKind, str]:
    for rule in _RULES:
        if rule.code == code and rule.text in message:
            return rule.kind, rule.remedy
    if status == _TOO_MANY_REQUESTS:
        return FailureKind.TEMPORARY, _THROTTLED
    if status >= _SERVER_ERROR or status in (0, _REQUEST_TIMEOUT):
        return FailureKind.TEMPORARY, _READ_AGAIN
    return FailureKind.PERMANENT, "look the error up in AWS's documentation"


def _retry_after(headers: dict[str, str]) -> float | None:
    """Read Retry-After, which botocore itself ignores. Only its form in seconds is used."""
    value = headers.get("retry-after", "")
    return float(value) if value.isdecimal() else None


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
