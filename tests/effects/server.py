"""A server that answers as a test says, byte by byte if need be, and notes what it is asked."""

from __future__ import annotations

import ssl
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from reconciler.aws.connection import Connection
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import ReconcileError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

    from reconciler.model import Failure

REGION = "eu-west-1"


@dataclass(frozen=True)
class Asked:
    """One request as it was on the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """One answer; without a Content-Length the body ends with the connection."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    with_length: bool = True
    cut_at: int | None = None
    raw_header: bytes = b""


class Server:
    """An HTTP server on loopback. ``answer`` decides, and may look at ``asked``."""

    def __init__(self, answer: Callable[[Asked], Answer]) -> None:
        self.answer = answer
        self.asked: list[Asked] = []
        self.url = ""


class _Server(ThreadingHTTPServer):
    """Takes it well that a client hangs up, for one that was killed."""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as above
        """Say nothing of a connection that is gone."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def serving(answer: Callable[[Asked], Answer], certificate: Path | None = None) -> Iterator[Server]:
    """Serve, over TLS with a ``certificate`` (a file with its key)."""
    noted = Server(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def handle_one_request(self) -> None:
            """Note and answer, whatever the method."""
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            url = urlsplit(self.path)
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, url.path, dict(parse_qsl(url.query)), headers, content)
            noted.asked.append(asked)
            self._send(noted.answer(asked))

        def _send(self, answer: Answer) -> None:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.with_length and "Content-Length" not in answer.headers:
                self.send_header("Content-Length", str(len(answer.body)))
            self.flush_headers()
            self.wfile.write(answer.raw_header + b"\r\n")
            if self.command != "HEAD":
                self.wfile.write(answer.body[: answer.cut_at])
            self.close_connection = not answer.with_length or answer.cut_at is not None

    server = _Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        scheme = "https"
    noted.url = f"{scheme}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield noted
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def connected(endpoint_url: str | None, *, isolated: bool = True) -> Iterator[Connection]:
    """Give a connection to an endpoint, or to AWS itself."""
    connection = Connection(
        ConnectionSettings(
            region=REGION,
            endpoint_url=endpoint_url,
            credentials=Credentials("sandbox", "sandbox"),
            isolated=isolated,
            threads=2,
        )
    )
    try:
        yield connection
    finally:
        connection.close()


def willing() -> None:
    """Let every request go out."""


async def failing(call: Awaitable[object]) -> Failure:
    """Make a call that must fail, and give its failure."""
    try:
        await call
    except ReconcileError as error:
        return error.failure
    raise AssertionError("the call succeeded")
