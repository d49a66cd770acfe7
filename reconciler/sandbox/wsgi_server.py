"""
The HTTP server: werkzeug's, on loopback, quiet, and with connections that stay open.

werkzeug closes every connection because it cannot know whether an application has read
the whole request. Here the server reads it itself, so the next request is found where
it begins.
"""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from reconciler.sandbox.faults import AFTER_ANSWER, ConnectionLost

if TYPE_CHECKING:
    from collections.abc import Callable
    from wsgiref.types import WSGIApplication, WSGIEnvironment

HOST = "127.0.0.1"

_BODILESS = (204, 304)
_HANG_UP_SECONDS = 5.0
"""How long stopping waits for requests that are being handled."""


class RequestHandler(WSGIRequestHandler):
    """Handles one connection: requests one after the other, each read to its end."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else an answer may wait 40 ms for an ACK

    def run_wsgi(self) -> None:
        """Answer one request, or hang up where the application says so."""
        environ = self.make_environ()
        self._read_request(environ)
        after_answer: list[Callable[[], object]] = []
        environ[AFTER_ANSWER] = after_answer
        try:
            body, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
            self._write_response(b"".join(body), status, list(headers))
            for act in after_answer:
                act()
        except ConnectionLost:
            self.close_connection = True

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's name
        """Say nothing: the sandbox has its own log of requests."""

    def _read_request(self, environ: WSGIEnvironment) -> None:
        if environ.get("wsgi.input_terminated"):
            content = environ["wsgi.input"].read()
            self.close_connection = True  # trailers may follow, and werkzeug leaves them
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            content = self.rfile.read(length)
            if len(content) < length:
                raise ConnectionAbortedError("the client hung up within its request")
        environ["wsgi.input"] = io.BytesIO(content)
        environ["CONTENT_LENGTH"] = str(len(content))

    def _write_response(self, body: bytes, status: str, headers: list[tuple[str, str]]) -> None:
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        with_body = self.command != "HEAD" and int(code) not in _BODILESS
        if with_body and not any(name.lower() == "content-length" for name, _ in headers):
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            self.wfile.write(body)


class LoopbackServer(ThreadedWSGIServer):
    """A server on 127.0.0.1 that knows its connections and can hang up on them."""

    def __init__(self, port: int, application: WSGIApplication) -> None:
        # werkzeug would end the process when the port is taken; so the socket is ours.
        with socket.create_server((HOST, port), backlog=self.request_queue_size) as listening:
            super().__init__(HOST, port, application, RequestHandler, fd=listening.fileno())
        self._connections: set[Any] = set()
        self._changed = threading.Condition()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as typeshed
        """Remember a connection while it is open."""
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as typeshed
        """Close a connection and forget it."""
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """End all connections, and wait until what they asked for is done."""
        with self._changed:
            for connection in self._connections:
                with contextlib.suppress(OSError):  # the other side may have hung up first
                    connection.shutdown(socket.SHUT_RD)
            self._changed.wait_for(lambda: not self._connections, _HANG_UP_SECONDS)
