"""
S3 by moto, with what moto 5.2 lacks of checksums and regions.

moto knows no ChecksumType but where a multipart upload named it, drops a checksum that
comes without its algorithm's name, and answers in every region. It does not refuse
content that does not match its checksum, nor FULL_OBJECT for SHA-256 in parts (AWS:
"only available for CRC-based checksums", user guide: checking-object-integrity-upload).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from reconciler.sandbox.forwarding import signed

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from reconciler.sandbox.forwarding import Forward

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/s3/aws4_request")
_OBJECT = re.compile(r"/([^/]+)/.+")
_PARTS = re.compile(r'-(\d+)"?$')
_CHECKSUM = "x-amz-checksum-"
_COMPOSITE = ("SHA1", "SHA256")
_REDIRECT = (
    "The bucket you are attempting to access must be addressed using the specified endpoint. "
    "Please send all future requests to this endpoint."
)


def respond(environ: WSGIEnvironment, forward: Forward) -> Response | None:
    """Answer a signed request to S3; None when it is another service's."""
    scope = _SCOPE.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    if scope is None:
        return None
    method, match = environ["REQUEST_METHOD"], _OBJECT.fullmatch(environ["PATH_INFO"])
    if match is not None and method in ("GET", "HEAD"):
        elsewhere = _elsewhere(match[1], scope[1], forward)
        if elsewhere is not None:
            return _redirect(match[1], elsewhere)
    return _with_checksum_type(forward({**environ, **_named_checksum(environ)}), method)


def _elsewhere(bucket: str, region: str, forward: Forward) -> str | None:
    """Tell the region of a bucket that is in another one."""
    request = EnvironBuilder(f"/{bucket}", method="HEAD", headers=signed("s3", region))
    found = forward(request.get_environ()).headers.get("x-amz-bucket-region", region)
    return None if found == region else found


def _redirect(bucket: str, region: str) -> Response:
    """Send the client to the bucket's own region, which botocore follows by itself."""
    body = (
        '<?xml version="1.0" encoding="UTF-8"?><Error><Code>PermanentRedirect</Code>'
        f"<Message>{_REDIRECT}</Message><Bucket>{escape(bucket)}</Bucket></Error>"
    )
    headers = {"x-amz-bucket-region": region}
    return Response(body, 301, headers, content_type="application/xml")


def _named_checksum(environ: WSGIEnvironment) -> WSGIEnvironment:
    """Name the algorithm of a checksum that is given, and the type of one in parts."""
    if environ["REQUEST_METHOD"] == "PUT" and "HTTP_X_AMZ_CHECKSUM_SHA256" in environ:
        return {"HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM": "SHA256"}
    begins = "uploads" in parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    by_parts = environ.get("HTTP_X_AMZ_CHECKSUM_ALGORITHM") in _COMPOSITE
    if begins and by_parts and "HTTP_X_AMZ_CHECKSUM_TYPE" not in environ:
        return {"HTTP_X_AMZ_CHECKSUM_TYPE": "COMPOSITE"}
    return {}


def _with_checksum_type(response: Response, method: str) -> Response:
    """Say of what the checksum is, and show a composite one with its number of parts."""
    names = [name for name, _ in response.headers if name.lower().startswith(_CHECKSUM)]
    values = [name for name in names if name.lower() != f"{_CHECKSUM}type"]
    if method not in ("GET", "HEAD") or not values:
        return response
    if len(names) == len(values):
        response.headers[f"{_CHECKSUM}type"] = "FULL_OBJECT"
    parts = _PARTS.search(response.headers.get("ETag", ""))
    if parts and response.headers[f"{_CHECKSUM}type"] == "COMPOSITE":
        for name in values:
            value = response.headers[name].partition("-")[0]
            response.headers[name] = f"{value}-{parts[1]}"
    return response
