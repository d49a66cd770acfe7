"""Requests on their way to moto: read, changed, and made anew."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from reconciler.sandbox.names import ACCOUNT_ID

if TYPE_CHECKING:
    from collections.abc import Mapping
    from wsgiref.types import WSGIEnvironment

    Json = dict[str, Any]

Forward = Callable[["WSGIEnvironment"], Response]
"""Lets moto answer a request."""

ECR_TARGET = "AmazonEC2ContainerRegistry_V20150921."
_JSON = "application/x-amz-json-1.1"


def signed(service: str, region: str) -> Headers:
    """Sign as far as moto looks: it takes service and region from the scope."""
    scope = f"sandbox/20000101/{region}/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return Headers({"Authorization": signature})


def s3_request(  # noqa: PLR0913 - the parts of a request
    region: str,
    method: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    content: bytes = b"",
) -> WSGIEnvironment:
    """Make a request to S3 for ``/BUCKET/KEY``, whatever characters the key has."""
    all_headers = signed("s3", region)
    all_headers.extend(headers or {})
    return EnvironBuilder(
        quote(path), method=method, query_string=query, headers=all_headers, data=content
    ).get_environ()


def ecr_request(
    region: str, operation: str, body: Json, account: str = ACCOUNT_ID
) -> WSGIEnvironment:
    """Make a request to the ECR of an account."""
    headers = signed("ecr", region)
    headers["X-Amz-Target"] = f"{ECR_TARGET}{operation}"
    headers["Content-Type"] = _JSON
    environ = EnvironBuilder(method="POST", data=json.dumps(body), headers=headers).get_environ()
    return of_account(environ, account)


def of_account(environ: WSGIEnvironment, account: str) -> WSGIEnvironment:
    """Say whose resources are meant, which moto takes from a header of its own."""
    return {**environ, "HTTP_X_MOTO_ACCOUNT_ID": account}


def with_body(environ: WSGIEnvironment, body: Json | bytes) -> WSGIEnvironment:
    """Put a body back in that was read, or another one in its place."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    stream = io.BytesIO(content)
    return {
        # What werkzeug or moto has read of the old body must not be found again.
        **{key: value for key, value in environ.items() if not key.startswith("werkzeug.")},
        "wsgi.input": stream,
        "CONTENT_LENGTH": str(len(content)),
    }


def json_answer(status: int, body: Json) -> Response:
    """Answer as AWS's JSON services do."""
    return Response(json.dumps(body), status, content_type=_JSON)
