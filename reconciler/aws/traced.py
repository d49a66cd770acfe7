"""Tells of each request that a client of botocore's makes, in the thread that makes it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.aws.hidden import struck_out
from reconciler.model import AwsAnswer, AwsRequest, NotTraced

if TYPE_CHECKING:
    from reconciler.model import Tracing

_KEY = "lambda-reconciler.ended"
_ID = re.compile(r"[\w.=/+:-]{1,128}", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][\w.]{0,99}", re.ASCII)
_OTHER = "_OTHER"
"""What OpenTelemetry calls an error that has no name (semantic conventions, error.type)."""


def trace(client: Any, tracing: Tracing) -> None:  # noqa: ANN401 - of any service
    """
    Have ``tracing`` told of what the client sends.

    botocore emits ``before-call``, and then either ``after-call`` or ``after-call-error``
    with the same context (botocore/client.py, ``_make_api_call``). What AWS says in its own
    words, and what the request says, is not passed on.
    """
    if isinstance(tracing, NotTraced):
        return
    meta = client.meta
    region = meta.region_name

    def begin(model: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
        request = AwsRequest(model.service_model.service_id, model.name, region)
        context[_KEY] = tracing.request(request)

    name = meta.service_model.service_id.hyphenize()
    meta.events.register(f"before-call.{name}", begin)
    meta.events.register(f"after-call.{name}", _answered)
    meta.events.register(f"after-call-error.{name}", _lost)


def _answered(parsed: Any, context: dict[str, Any], **_: object) -> None:  # noqa: ANN401 - botocore's
    if (ended := context.pop(_KEY, None)) is None:
        return
    metadata = _mapping(parsed, "ResponseMetadata")
    status = metadata.get("HTTPStatusCode")
    failed = isinstance(status, int) and status >= 300  # noqa: PLR2004 - as botocore has it
    ended(
        AwsAnswer(
            status if isinstance(status, int) else None,
            _fitting(_ID, metadata.get("RequestId")),
            _fitting(_ID, metadata.get("HostId")),
            (_fitting(_CODE, _mapping(parsed, "Error").get("Code")) or _OTHER) if failed else None,
        )
    )


def _lost(exception: Exception, context: dict[str, Any], **_: object) -> None:
    if (ended := context.pop(_KEY, None)) is not None:
        ended(AwsAnswer(error=type(exception).__name__))


def _mapping(parsed: object, member: str) -> dict[str, Any]:
    found = parsed.get(member) if isinstance(parsed, dict) else None
    return found if isinstance(found, dict) else {}


def _fitting(form: re.Pattern[str], value: object) -> str | None:
    """Give what looks as it should; anything else may be anything."""
    fits = isinstance(value, str) and form.fullmatch(value) and struck_out(value) == value
    return str(value) if fits else None
