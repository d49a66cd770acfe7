"""Every fault of the matrix, by its name there."""

from __future__ import annotations

from tests.faults.proxy import End, Fault
from tests.faults.wire import Refusal

RETRY_AFTER = 7.0  # seconds
_ASKED = (("Retry-After", f"{RETRY_AFTER:g}"),)

_THROTTLED = {
    "lambda": "TooManyRequestsException",
    "s3": "SlowDown",
    "ecr": "ThrottlingException",
    "sts": "Throttling",
    "download": "SlowDown",
}
_INTERNAL = {
    "lambda": "ServiceException",
    "s3": "InternalError",
    "ecr": "ServerException",
    "sts": "InternalFailure",
    "download": "InternalError",
}
_UNAVAILABLE = {
    "lambda": "ServiceUnavailableException",
    "s3": "ServiceUnavailable",
    "ecr": "ServiceUnavailableException",
    "sts": "ServiceUnavailable",
    "download": "ServiceUnavailable",
}
_DENIED = {
    "lambda": "AccessDeniedException",
    "s3": "AccessDenied",
    "ecr": "AccessDeniedException",
    "download": "AccessDenied",
}
_EXPIRED = {
    "lambda": "ExpiredTokenException",
    "s3": "ExpiredToken",
    "ecr": "ExpiredTokenException",
    "sts": "ExpiredToken",
}
_CONFLICT = {"lambda": "ResourceConflictException"}
_STALE = {"lambda": "PreconditionFailedException", "s3": "PreconditionFailed"}

_NOW_NOT = "The operation cannot be performed at this time. "
_FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:app"


def _refused(refusal: Refusal, *, reaches: bool = False) -> Fault:
    return Fault(End.REFUSAL, reaches, refusal)


def _expired() -> Fault:
    """S3 and ECR say it with 400, Lambda and STS with 403 (their API references)."""
    text = "The security token included in the request is expired"
    return _refused(Refusal(403, _EXPIRED, text, statuses={"s3": 400, "ecr": 400}))


RENEWED = "expired, others found"
STALE = ("expired token", RENEWED)

FAULTS = {
    # AWS, or a gateway before it, fails.
    "429": _refused(Refusal(429, _THROTTLED, "Rate exceeded")),
    "429, Retry-After": _refused(Refusal(429, _THROTTLED, "Rate exceeded", _ASKED)),
    "500": _refused(Refusal(500, _INTERNAL, "Something went wrong")),
    "502": _refused(Refusal(502)),
    "503": _refused(Refusal(503, _UNAVAILABLE, "Try again later")),
    "503, Retry-After": _refused(Refusal(503, _UNAVAILABLE, "Try again later", _ASKED)),
    "504": _refused(Refusal(504)),
    "504 after": _refused(Refusal(504), reaches=True),
    # The connection fails.
    "refused": Fault(End.REFUSED),
    "reset": Fault(End.RESET),
    "reset after": Fault(End.RESET, reaches=True),
    "time-out": Fault(End.SILENCE),
    "time-out after": Fault(End.SILENCE, reaches=True),
    "lost answer": Fault(End.CLOSE, reaches=True),
    "cut body": Fault(End.CUT, reaches=True),
    "half a body": Fault(End.HALF, reaches=True),
    # AWS refuses.
    "409 in progress": _refused(
        Refusal(409, _CONFLICT, f"{_NOW_NOT}An update is in progress for resource: {_FUNCTION}")
    ),
    "409 other": _refused(
        Refusal(409, _CONFLICT, "The function could not be updated due to a concurrent update.")
    ),
    "409 Failed": _refused(
        Refusal(
            409,
            _CONFLICT,
            f"{_NOW_NOT}The function is currently in the following state: 'Failed'",
        )
    ),
    "412": _refused(Refusal(412, _STALE, "The Revision Id provided does not match the latest")),
    "403": _refused(Refusal(403, _DENIED, "User is not authorized to perform this")),
    "expired token": _expired(),
    RENEWED: _expired(),
}
