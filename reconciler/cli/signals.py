"""SIGINT and SIGTERM: what they mean before, during and after the run."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from typing import TYPE_CHECKING

from reconciler.cli.streams import complain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.fleet import Stop
    from reconciler.report.progress import Progress

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def heard_by(received: Callable[[int], None]) -> Iterator[None]:
    """
    Call ``received`` with the number of each signal that comes, in a thread of its own.

    Python runs a handler in the main thread, when that next runs Python's code. A signal
    that comes just before the main thread falls asleep, in a loop, a lock or a read, would
    be heard only when something else wakes it. The wake-up file is written at once
    (https://docs.python.org/3/library/signal.html#signal.set_wakeup_fd).
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    thread = threading.Thread(target=_listen, args=(reader, received), daemon=True)
    thread.start()
    file_before = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    before = {number: signal.signal(number, _nothing) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(file_before)
        os.close(writer)


def _listen(reader: int, received: Callable[[int], None]) -> None:
    with os.fdopen(reader, "rb", buffering=0) as file:
        while number := file.read(1):
            if number[0] in _SIGNALS:
                received(number[0])


class Signals:
    """
    Handles both signals from the first manifest to the last line of the report.

    Before the run the first signal ends the program: nothing was sent. During the run it
    asks the run to stop in good order. After it, it changes nothing any more: the report
    is all that is left to do. A second signal ends the program at once, and so does the
    end of ``grace`` seconds: a stream that nobody reads can hold up the rest for ever.
    """

    def __init__(self, grace: float) -> None:
        self._grace = grace
        self._count = 0
        self._ends: float | None = None
        self._first: Callable[[int], None] = _leave_unstarted
        self._put_terminal_right: Callable[[], None] = _nothing

    def heeded(self) -> contextlib.AbstractContextManager[None]:
        """Handle what comes from now on."""
        return heard_by(self._received)

    def seconds_left(self) -> float:
        """Say how long what is left may take: all of the grace where no signal has come."""
        return self._grace if self._ends is None else max(self._ends - time.monotonic(), 0)

    def begin(self, stop: Stop, listener: Progress) -> None:
        """Let the first signal stop the run; to be called in its loop."""
        loop = asyncio.get_running_loop()

        def request(number: int) -> None:
            stop.request(number)
            listener.say("stopping: no new step is begun; a second signal leaves at once")

        self._first = lambda number: _soon(loop, request, number)
        self._put_terminal_right = listener.put_terminal_right

    def finish(self) -> None:
        """Let a first signal pass: the run is over, and its report is being written."""
        self._first = _nothing
        self._put_terminal_right = _nothing

    def _received(self, number: int) -> None:
        self._count += 1
        if self._count > 1:
            self._leave(number)
        self._ends = time.monotonic() + self._grace
        watch = threading.Timer(self._grace, self._leave, [number])
        watch.daemon = True
        watch.start()
        self._first(number)

    def _leave(self, number: int) -> None:
        self._put_terminal_right()
        os._exit(128 + number)


def _soon(loop: asyncio.AbstractEventLoop, request: Callable[[int], None], number: int) -> None:
    """Let the loop do it, if it goes on."""
    with contextlib.suppress(RuntimeError):  # it has ended at this moment
        loop.call_soon_threadsafe(request, number)


def _leave_unstarted(number: int) -> None:
    complain(f"reconcile: ended by {signal.Signals(number).name} before the run began")
    os._exit(128 + number)


def _nothing(*_: object) -> None:
    pass
