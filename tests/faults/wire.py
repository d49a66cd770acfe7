"""What goes over the wire: requests by the name of their call, and how AWS refuses each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

GET_FUNCTION = "GetFunction"
GET_VERSION = "GetFunction of a version"
GET_MODE = "GetRuntimeManagementConfig"
LIST_VERSIONS = "ListVersionsByFunction"
LIST_FUNCTIONS = "ListFunctions"
UPDATE = "UpdateFunctionCode"
DRY_RUN = "UpdateFunctionCode, a dry run"
PUBLISH = "PublishVersion"
PUT_MODE = "PutRuntimeManagementConfig"
LIVE_PACKAGE = "download of the live package"
HEAD_OBJECT = "HeadObject"
GET_OBJECT = "GetObject"
GET_IMAGE = "BatchGetImage"
GET_LAYER_URL = "GetDownloadUrlForLayer"
LAYER = "download of the image's configuration"
GET_CALLER = "GetCallerIdentity"

WRITES = (UPDATE, PUBLISH, PUT_MODE)
DOWNLOADS = (LIVE_PACKAGE, LAYER)

_SERVICE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([a-z0-9]+)/aws4_request")
_FUNCTION = re.compile(r"/20\d\d-\d\d-\d\d/functions/[^/]+(?P<rest>/[^?]*)?")
_LAMBDA = {
    ("GET", None): GET_FUNCTION,
    ("PUT", "/code"): UPDATE,
    ("GET", "/versions"): LIST_VERSIONS,
    ("POST", "/versions"): PUBLISH,
    ("GET", "/runtime-management-config"): GET_MODE,
    ("PUT", "/runtime-management-config"): PUT_MODE,
}


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the names of its headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @property
    def service(self) -> str:
        """The service that it is signed for; ``download`` where the URL is what is signed."""
        scope = _SERVICE.search(self.headers.get("authorization", ""))
        return scope[1] if scope else "download"

    @property
    def call(self) -> str:
        """The call as the tables name it."""
        path = urlsplit(self.target).path
        match self.service:
            case "lambda":
                return self._lambda(path)
            case "s3":
                return HEAD_OBJECT if self.method == "HEAD" else GET_OBJECT
            case "ecr":
                return self.headers["x-amz-target"].rpartition(".")[2]
            case "sts":
                return parse_qs(self.body.decode())["Action"][0]
            case _:
                return LIVE_PACKAGE if path.startswith("/snapshots/") else LAYER

    def _lambda(self, path: str) -> str:
        if path.rstrip("/").endswith("/functions"):
            return LIST_FUNCTIONS
        found = _FUNCTION.fullmatch(path.rstrip("/"))
        call = _LAMBDA[self.method, found["rest"]] if found else f"{self.method} {path}"
        if call == GET_FUNCTION and "Qualifier" in parse_qs(urlsplit(self.target).query):
            return GET_VERSION
        dry = call == UPDATE and json.loads(self.body).get("DryRun", False)
        return DRY_RUN if dry else call


@dataclass(frozen=True, slots=True)
class Refusal:
    """
    An answer in place of AWS's own, in the words of whichever service is asked.

    ``codes`` are by service, with that of Lambda under ``lambda``; without any it is the
    page of a gateway in between. ``headers`` come as lines, so that one may come twice.
    """

    status: int
    codes: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    statuses: Mapping[str, int] = field(default_factory=dict)

    def status_for(self, request: Request) -> int:
        """Give the status, which differs from service to service for some refusals."""
        return self.statuses.get(request.service, self.status)

    def code_for(self, service: str) -> str | None:
        """Give AWS's code, None where it is not AWS that answers."""
        return self.codes.get(service)

    def answer(self, request: Request, request_id: str) -> bytes:
        """Give the whole answer as bytes."""
        code = self.code_for(request.service)
        body, headers = _page(self.status), [*self.headers]
        if code is not None:
            body, own = _body(request.service, code, self.message, request_id)
            headers += own
        headers.append(("Content-Length", str(len(body))))
        lines = [f"HTTP/1.1 {self.status_for(request)} Refused"]
        lines += [f"{name}: {value}" for name, value in headers]
        head = "\r\n".join(lines).encode() + b"\r\n\r\n"
        return head if request.method == "HEAD" else head + body


def _page(status: int) -> bytes:
    return f"<html><body><h1>{status} from a gateway</h1></body></html>".encode()


def _body(
    service: str, code: str, message: str, request_id: str
) -> tuple[bytes, list[tuple[str, str]]]:
    """Give body and headers as the service's protocol has them (botocore's models)."""
    if service == "lambda":
        text = json.dumps({"Type": "User", "message": message})
        headers = [("x-amzn-errortype", code), ("x-amzn-RequestId", request_id)]
        return text.encode(), [*headers, ("Content-Type", "application/json")]
    if service == "ecr":
        text = json.dumps({"__type": code, "message": message})
        headers = [("x-amzn-RequestId", request_id)]
        return text.encode(), [*headers, ("Content-Type", "application/x-amz-json-1.1")]
    details = f"<Code>{code}</Code><Message>{message}</Message>"
    requested = f"<RequestId>{request_id}</RequestId>"
    text = f"<Error>{details}{requested}</Error>"
    header = "x-amz-request-id"
    if service == "sts":
        header = "x-amzn-RequestId"
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{details}</Error>{requested}</ErrorResponse>"
        )
    return text.encode(), [(header, request_id), ("Content-Type", "text/xml")]
