"""
A proxy between the reconciler and the sandbox that lets requests go wrong on the wire.

It speaks plain HTTP/1.1 over sockets of its own, with connections that stay open, so
that a reset is a reset and silence is silence.
"""

from __future__ import annotations

import contextlib
import math
import socket
import struct
import threading
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Self

from tests.faults.http1 import HOST, Upstream, read_request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.http1 import Reply
    from tests.faults.wire import Refusal, Request

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER for no time: closing sends RST
_ALWAYS = math.inf


class End(Enum):
    """How a request ends for who sent it."""

    REFUSAL = auto()
    """With another answer than AWS's."""
    CLOSE = auto()
    """The connection is closed, and there is no answer."""
    RESET = auto()
    """The connection is reset, and there is no answer."""
    SILENCE = auto()
    """Nothing comes until the client hangs up."""
    CUT = auto()
    """Half of the body comes, and then the end of the connection."""
    HALF = auto()
    """Half of the body comes as if it were the whole."""
    REFUSED = auto()
    """There is nobody to connect to."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong; ``reaches`` says that AWS gets the request all the same."""

    end: End
    reaches: bool = False
    refusal: Refusal | None = None


@dataclass(slots=True)
class _Armed:
    call: str
    fault: Fault
    skip: int
    times: float
    met: int = 0


@dataclass(frozen=True, slots=True)
class Exchange:
    """
    One request as the proxy saw it, at a time of its clock.

    ``done`` is whether AWS carried it out; ``fault`` what befell it.
    """

    call: str
    at: float
    done: bool
    fault: Fault | None
    request_id: str


class Proxy:
    """
    Listens on any free port of this machine, and passes requests on to ``target``.

    ``on_silence`` is called when a request is left without an answer.
    """

    def __init__(
        self, target: int, clock: Callable[[], float], on_silence: Callable[[], None]
    ) -> None:
        self._target = target
        self._clock = clock
        self._on_silence = on_silence
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self.exchanges: list[Exchange] = []
        self._port = 0

    @property
    def url(self) -> str:
        """The endpoint for the client."""
        return f"http://{HOST}:{self._port}"

    def arm(self, call: str, fault: Fault, *, skip: int = 0, always: bool = False) -> None:
        """Let it happen to one request of a name (``*``: any) or to all, after ``skip`` of them."""
        with self._lock:
            self._armed.append(_Armed(call, fault, skip, _ALWAYS if always else 1))

    def disarm(self) -> int:
        """Let nothing more happen; give how often something did, at the armed one least met."""
        with self._lock:
            met = min((armed.met for armed in self._armed), default=0)
            self._armed.clear()
            return met

    def take(self, call: str, *, refused: bool) -> Fault | None:
        """Count a request, and give what befalls it before or after it is connected."""
        with self._lock:
            for armed in self._armed:
                fits = armed.call in (call, "*") and (armed.fault.end is End.REFUSED) is refused
                if fits and armed.times > 0:
                    if armed.skip:
                        armed.skip -= 1
                        continue
                    armed.times -= 1
                    armed.met += 1
                    return armed.fault
            return None

    def keeps_silent(self, call: str) -> bool:
        """Say whether the next request of this name will be left without an answer."""
        with self._lock:
            ready = (each for each in self._armed if each.call in (call, "*") and each.times > 0)
            now = next((each for each in ready if not each.skip), None)
            return now is not None and now.fault.end is End.SILENCE

    def note(self, call: str, fault: Fault | None = None, *, done: bool = False) -> str:
        """Add a request to the record, and give the id that AWS knows it by."""
        with self._lock:
            request_id = f"request-{len(self.exchanges) + 1}"
            self.exchanges.append(Exchange(call, self._clock(), done, fault, request_id))
            return request_id

    @contextlib.contextmanager
    def closed(self) -> Iterator[None]:
        """Have nobody listen for a while, and hang up on who is connected."""
        self._stop_listening()
        try:
            yield
        finally:
            self._listen()

    def __enter__(self) -> Self:
        self._listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_listening()

    def _listen(self) -> None:
        self._listening = socket.create_server((HOST, self._port), backlog=16)
        self._port = self._listening.getsockname()[1]
        self._thread = threading.Thread(
            target=self._accept, args=(self._listening,), name="proxy", daemon=True
        )
        self._thread.start()

    def _stop_listening(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):  # it may have ended by itself
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with (
            connection,
            contextlib.suppress(OSError),  # the client may hang up at any time
            Upstream(self._target) as upstream,
            connection.makefile("rb") as stream,
        ):
            while (asked := read_request(stream)) is not None:
                if not self._answer(connection, *asked, upstream):
                    break
        with self._lock:
            self._open.discard(connection)

    def _answer(
        self, connection: socket.socket, asked: Request, content: bytes, upstream: Upstream
    ) -> bool:
        """Let one request pass or go wrong; say whether the connection goes on."""
        fault = self.take(asked.call, refused=False)
        reply = upstream.ask(asked, content) if fault is None or fault.reaches else None
        done = reply is not None and 200 <= reply.status < 300
        request_id = self.note(asked.call, fault, done=done)
        if fault is None and reply is not None:
            connection.sendall(reply.head + reply.body)
            return True
        return fault is not None and self._fail(connection, fault, asked, reply, request_id)

    def _fail(
        self,
        connection: socket.socket,
        fault: Fault,
        asked: Request,
        reply: Reply | None,
        request_id: str,
    ) -> bool:
        half = reply.body[: len(reply.body) // 2] if reply else b""
        if fault.end is End.REFUSAL and fault.refusal is not None:
            connection.sendall(fault.refusal.answer(asked, request_id))
        elif fault.end is End.HALF and reply is not None:
            connection.sendall(reply.head_for(half) + half)
        elif fault.end is End.CUT and reply is not None:
            connection.sendall(reply.head + half)
        elif fault.end is End.RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        elif fault.end is End.SILENCE:
            self._on_silence()
            while connection.recv(1024):
                pass
        return fault.end in (End.REFUSAL, End.HALF)
