"""A receiver of OTLP over HTTP, which decodes what comes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class Receiver:
    """Takes OTLP over HTTP; while it ``hangs`` it answers nothing."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.came = threading.Event()
        self.hangs = False
        self.end = threading.Event()
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append((self.path, headers, body))
                receiver.came.set()
                if receiver.hangs:
                    receiver.end.wait()
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server.server_port}"

    def spans(self) -> list[Any]:
        """Decode all that came."""
        return [
            span for batch in self._batches() for scope in batch.scope_spans for span in scope.spans
        ]

    def resources(self) -> dict[str, str]:
        """Give the attributes of the service that sent them."""
        return attributes(self._batches()[0].resource)

    def _batches(self) -> list[Any]:
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service  # noqa: PLC0415

        return [
            batch
            for _, _, body in self.requests
            for batch in service.ExportTraceServiceRequest.FromString(body).resource_spans
        ]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive until the end of the context."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    receiver.end.set()
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


def attributes(of: Any) -> dict[str, str]:  # noqa: ANN401 - protobuf's are made at run time
    """Give those of a span or a resource that are text."""
    return {each.key: each.value.string_value for each in of.attributes}
