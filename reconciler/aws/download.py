"""
What AWS gives a signed URL to: the live package, an image's configuration.

Whoever has such a URL may read what is behind it until it expires, so that it is
in no message, and no exception that could show it leaves here.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.response import StreamingBody
from botocore.utils import get_environ_proxies

from reconciler.aws.errors import request_id, seconds
from reconciler.aws.transfer import Transfer, broken
from reconciler.model import Failure, FailureKind, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from reconciler.aws.calls import Carry, Wanted

_OK = 200
_TOO_MANY_REQUESTS = 429


class Downloads:
    """
    GETs of signed URLs, with the proxies and certificates of all other requests.

    ``timeouts`` are those of connecting and of reading, in seconds. ``ca_bundle`` gives
    the path of the certificates, where one is set. ``use_proxies`` is false where the
    machine's proxy settings are shut out.
    """

    def __init__(
        self,
        carry: Carry,
        timeouts: tuple[float, float],
        ca_bundle: Callable[[], str | None],
        *,
        use_proxies: bool,
    ) -> None:
        self._carry = carry
        self._timeouts = timeouts
        self._ca_bundle = ca_bundle
        self._use_proxies = use_proxies
        for name in ("urllib3.connection", "urllib3.connectionpool"):
            logging.getLogger(name).addFilter(_without_query)

    async def fetch(
        self, endpoint: str, check: Callable[[], None], url: str, wanted: Wanted
    ) -> bytes:
        """
        Fetch into memory; a redirect is not followed.

        The URL must be https, or on this machine if the ``endpoint`` that gave it is.
        Raises ReconcileError.
        """
        if not _is_allowed(url, endpoint):
            raise _refused(wanted, "its address is not https")
        check()
        session = self._session(url)
        try:
            body = await self._carry(partial(_open, session, url, wanted))
            return await self._read(body, check, wanted)
        finally:
            session.close()

    def _session(self, url: str) -> URLLib3Session:
        verify: Any = self._ca_bundle() or os.environ.get("REQUESTS_CA_BUNDLE") or True
        timeouts: Any = self._timeouts  # a pair is taken, though the stub wants an integer
        proxies = get_environ_proxies(url) if self._use_proxies else {}
        return URLLib3Session(verify=verify, proxies=proxies, timeout=timeouts)

    async def _read(self, body: StreamingBody, check: Callable[[], None], wanted: Wanted) -> bytes:
        content = bytearray()
        too_much = Failure(
            FailureKind.PERMANENT,
            f"{wanted.operation}: {wanted.subject} has more than {wanted.limit:,} bytes",
            wanted.too_large,
            wanted.operation,
        )
        transfer = Transfer(
            wanted.operation, wanted.subject, body, content.extend, wanted.limit, too_much
        )
        await transfer.run(self._carry, check)
        return bytes(content)


def _open(session: URLLib3Session, url: str, wanted: Wanted) -> StreamingBody:
    """Send the request, and give the body that answers it."""
    try:
        request = AWSRequest(method="GET", url=url, stream_output=True).prepare()
        answer: Any = session.send(request)  # the stub knows requests, which it once was
        length = answer.headers.get("Content-Length")
        if answer.status_code == _OK:
            return StreamingBody(answer.raw, length)
        answer.raw.close()
        failure = _unwilling(wanted, answer.status_code, answer.headers)
    except Exception as error:  # noqa: BLE001 - anything, and its text may show the URL
        failure = broken(wanted.operation, wanted.subject, type(error).__name__)
    raise ReconcileError(failure)


def _unwilling(wanted: Wanted, status: int, headers: Mapping[str, str]) -> Failure:
    """Say which status came instead, and what its headers tell; a URL that has run out is a 403."""
    return replace(
        broken(wanted.operation, wanted.subject, f"HTTP {status}"),
        request_id=request_id(headers),
        retry_after=seconds(headers.get("retry-after")),
        throttled=status == _TOO_MANY_REQUESTS,
    )


def _is_allowed(url: str, endpoint: str) -> bool:
    try:
        address, given_by = urlsplit(url), urlsplit(endpoint)
    except ValueError:
        return False
    if address.scheme == "https":
        return True
    return all(
        each.scheme == "http" and _is_loopback(each.hostname) for each in (address, given_by)
    )


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _refused(wanted: Wanted, why: str) -> ReconcileError:
    return ReconcileError(
        Failure(
            FailureKind.PERMANENT,
            f"{wanted.operation}: {wanted.subject} is not fetched: {why}",
            "check that the endpoint is AWS's",
            wanted.operation,
        )
    )


def _without_query(record: logging.LogRecord) -> bool:
    """Hide what signs a URL: urllib3 logs addresses whole, some of them as warnings."""
    record.msg = re.sub(r"\?[^\s\"']+", "?***", record.getMessage())
    record.args = ()
    return True
