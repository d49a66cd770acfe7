"""``--listen``: how the watch stands, over HTTP, for Kubernetes and Prometheus."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.metrics import CONTENT_TYPE
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from reconciler.cli.metrics import Metrics
    from reconciler.cli.run_options import Address
    from reconciler.fleet import Health

    Answer = tuple[HTTPStatus, str, bytes]

_TEXT = "text/plain; charset=utf-8"
_TIMEOUT = 5.0
"""Seconds that a client may take for all of its request and the answer, byte by byte or not."""
_AT_ONCE = 16
"""Requests: more than a probe and a scraper ever make; what comes beside them is hung up on."""
_POLL = 0.1
"""Seconds until the end is noticed."""
_LOST = 30.0
"""Seconds without a heartbeat, which comes every five: the loop is stuck."""


class Server:
    """Serves in threads of its own, which do not hold up the end of the process."""

    def __init__(self, address: Address, health: Health, metrics: Metrics) -> None:
        pages: dict[str, Callable[[], Answer]] = {
            "/healthz": lambda: _alive(health, time.monotonic()),
            "/readyz": lambda: _ready(health),
            "/metrics": lambda: (HTTPStatus.OK, CONTENT_TYPE, metrics.text()),
        }
        try:
            self._server = _Server(address, pages)
        except OSError as error:  # as socket.gaierror is, for a host that is none
            where = f"{address.host}:{address.port}"
            raise click.UsageError(f"--listen {where} cannot be used: {error.strerror}") from error

    def __enter__(self) -> Self:
        threading.Thread(
            target=self._server.serve_forever, args=(_POLL,), name="listen", daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens, with the port that was found for 0."""
        host, port = str(self._server.server_address[0]), self._server.server_port
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _alive(health: Health, now: float) -> Answer:
    age = now - health.heartbeat
    if age > _LOST:
        return _said(HTTPStatus.SERVICE_UNAVAILABLE, f"no heartbeat for {age:.0f} s")
    return _said(HTTPStatus.OK, "ok")


def _ready(health: Health) -> Answer:
    why = health.not_ready
    return _said(HTTPStatus.SERVICE_UNAVAILABLE, why) if why else _said(HTTPStatus.OK, "ok")


def _said(status: HTTPStatus, text: str) -> Answer:
    return status, _TEXT, f"{printable(text)}\n".encode("utf-8", "backslashreplace")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, address: Address, pages: dict[str, Callable[[], Answer]]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        self.pages = pages
        self._free = threading.BoundedSemaphore(_AT_ONCE)
        self._open: dict[socket.socket, float] = {}
        self._lock = threading.Lock()
        super().__init__((address.host, address.port), _Handler)

    def server_bind(self) -> None:
        """Bind, without asking a name service what this machine is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "localhost", self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base's
        """Answer in a thread, where there are not too many."""
        if self._free.acquire(blocking=False):
            with self._lock:
                self._open[request] = time.monotonic() + _TIMEOUT
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base's
        """Answer, and let the next one in."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base's
        """Close it; what is closed must not be shut down, for its number may be another's."""
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Hang up on those whose time is over; called between requests and at each poll."""
        now = time.monotonic()
        with self._lock:
            for request, until in self._open.items():
                if until <= now:
                    with contextlib.suppress(OSError):
                        request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base's
        """Say nothing of a client that is gone."""


class _Handler(BaseHTTPRequestHandler):
    server_version = "lambda-reconciler"
    sys_version = ""
    server: _Server

    def do_GET(self) -> None:
        """Send a page."""
        page = self.server.pages.get(self.path.partition("?")[0], _missing)
        status, content_type, body = page()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - the base's

    def log_message(self, *_: object) -> None:
        """Say nothing: a path may hold anything."""


def _missing() -> Answer:
    return _said(HTTPStatus.NOT_FOUND, "there are /healthz, /readyz and /metrics")
