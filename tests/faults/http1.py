"""HTTP/1.1 as it is on a socket: requests read and sent on byte by byte, and their answers."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tests.faults.wire import Request

if TYPE_CHECKING:
    from io import BufferedReader

HOST = "127.0.0.1"
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"Content-Length: *(\d+)", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nConnection: *close", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reply:
    """The sandbox's answer, as it came."""

    status: int
    head: bytes
    body: bytes

    def head_for(self, body: bytes) -> bytes:
        """Give the head that fits another body."""
        length = b"Content-Length: %d" % len(body)
        return _LENGTH.sub(length, self.head)


class Upstream:
    """The connection to the sandbox, made when it is needed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None
        self._stream: BufferedReader | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in (self._stream, self._connection):
            if each is not None:
                each.close()
        self._connection = self._stream = None

    def ask(self, asked: Request, content: bytes) -> Reply:
        """Send a request on as it came, and read the whole answer."""
        if self._connection is None or self._stream is None:
            self._connection = socket.create_connection((HOST, self._port))
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._stream = self._connection.makefile("rb")
        self._connection.sendall(content)
        head = _read_head(self._stream)
        status = _STATUS.match(head)
        if status is None:
            raise ConnectionError("the sandbox hung up")
        length = _LENGTH.search(head)
        has_body = asked.method != "HEAD" and length is not None
        body = self._stream.read(int(length[1])) if has_body and length else b""
        if _CLOSES.search(head):
            self.__exit__()
        return Reply(int(status[1]), head, body)


def _read_head(stream: BufferedReader) -> bytes:
    """Read up to the empty line, with it; nothing at the end of the connection."""
    lines = bytearray()
    while line := stream.readline():
        lines += line
        if line == b"\r\n":
            break
    return bytes(lines)


def read_request(stream: BufferedReader) -> tuple[Request, bytes] | None:
    """Read one request, and give its bytes too; None at the end of the connection."""
    head = _read_head(stream)
    if not head.endswith(b"\r\n\r\n"):
        return None
    first, *lines = head.decode("latin-1").splitlines()[:-1]
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)}
    body = stream.read(int(headers.get("content-length", 0)))
    return Request(method, target, headers, body), head + body
