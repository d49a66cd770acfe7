"""SIGINT and SIGTERM: what they mean before, during and after the run."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

from reconciler.cli.streams import complain

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from reconciler.fleet import Stop
    from reconciler.report.progress import Progress

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


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
        self._begun = False
        self._before: dict[int, Any] = {}
        self._first: Callable[[int], None] = _leave_unstarted
        self._put_terminal_right: Callable[[], None] = _nothing

    def __enter__(self) -> Self:
        for number in _SIGNALS:
            self._before[number] = signal.signal(number, lambda number, _: self._received(number))
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def begin(self, stop: Stop, listener: Progress) -> None:
        """Let the first signal stop the run; to be called in its loop."""
        loop = asyncio.get_running_loop()
        self._begun = True

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
        if self._begun:
            watch = threading.Timer(self._grace, self._leave, [number])
            watch.daemon = True
            watch.start()
        self._first(number)

    def _leave(self, number: int) -> None:
        self._put_terminal_right()
        os._exit(128 + number)


def _soon(loop: asyncio.AbstractEventLoop, request: Callable[[int], None], number: int) -> None:
    """Wake the loop up; a signal handler may interrupt anything."""
    loop.call_soon_threadsafe(request, number)


def _leave_unstarted(number: int) -> None:
    complain(f"reconcile: ended by {signal.Signals(number).name} before the run began")
    os._exit(128 + number)  # an exception could be lost in a callback of the interpreter


def _nothing(*_: object) -> None:
    pass
