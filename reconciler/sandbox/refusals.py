"""Answers to requests that were signed with keys that are no good, or no good for this."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from reconciler.sandbox import errors, names, sts
from reconciler.sandbox.accounts import Refusal

if TYPE_CHECKING:
    from reconciler.sandbox.accounts import Caller

_EXPIRED = "The security token included in the request is expired"
_INVALID = "The security token included in the request is invalid."
_S3 = {
    "ExpiredToken": "The provided token has expired.",
    "InvalidToken": "The provided token is malformed or otherwise invalid.",
}
"""Both with status 400 (S3's list of error responses)."""


def by_lambda(
    caller: Caller, operation: str, function_name: str | None, region: str
) -> errors.LambdaError | None:
    """
    Refuse a call to Lambda, or give None.

    The role of one account may not call another's functions: here they have no policies
    that would let it.
    """
    if caller.refusal is not None:
        code = _either(caller, "ExpiredTokenException", "UnrecognizedClientException")
        text = _either(caller, _EXPIRED, _INVALID)
        return errors.LambdaError(403, code, text, members={})
    if not caller.assumed or function_name is None:
        return None
    target = names.lenient_target(function_name, region)
    if target.account == caller.account:
        return None
    what = f"is not authorized to perform: lambda:{operation} on resource: {target.function_arn}"
    why = f"because no resource-based policy allows the lambda:{operation} action"
    text = f"User: {caller.arn} {what} {why}"
    return errors.LambdaError(403, "AccessDeniedException", text, members={})


def elsewhere(caller: Caller, service: str | None) -> Response | None:
    """Refuse a request to another service in its own form, or give None."""
    if caller.refusal is None:
        return None
    if service == "sts":
        code = _either(caller, "ExpiredToken", "InvalidClientTokenId")
        return sts.refused(403, code, _either(caller, _EXPIRED, _INVALID))
    if service == "s3":
        code = _either(caller, "ExpiredToken", "InvalidToken")
        body = f"<Error><Code>{code}</Code><Message>{_S3[code]}</Message></Error>"
        return Response(body, 400, content_type="application/xml")
    code = _either(caller, "ExpiredTokenException", "UnrecognizedClientException")
    error = {"__type": code, "message": _either(caller, _EXPIRED, _INVALID)}
    return Response(json.dumps(error), 400, content_type="application/x-amz-json-1.1")


def _either(caller: Caller, expired: str, invalid: str) -> str:
    return expired if caller.refusal is Refusal.EXPIRED else invalid
