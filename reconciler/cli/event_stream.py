"""Where events go: each line is written and flushed at once, by a thread of its own."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reconciler.model import FunctionResult, FunctionSpec
    from reconciler.report.events import Events
    from reconciler.report.progress import Progress

_MOST = 200_000
"""Lines that wait: some hundred megabytes at most, and more than a large fleet makes at once."""


class EventStream:
    """
    Hands lines to ``write``, in order, without ever blocking the run.

    A pipe that nobody reads would otherwise stop every deadline and the answer to every
    signal. After an error nothing more is written; ``finish`` raises it. When too many
    lines wait, those that come are lost, which is such an error too.
    """

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._work, name="events", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Take a line, with its line break."""
        if self._lines.qsize() < _MOST:
            self._lines.put(line)
        elif self._error is None:
            self._error = click.ClickException("events were lost: nobody read them in time")

    def finish(self) -> None:
        """Wait until all is written. Raises what ``write`` raised."""
        self._lines.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            if self._error is None:
                try:
                    self._write(line)
                except Exception as error:  # noqa: BLE001 - it is raised in finish()
                    self._error = error


class WithEvents:
    """A listener beside which events are written."""

    def __init__(self, progress: Progress, events: Iterable[Events]) -> None:
        self._progress = progress
        self._events = tuple(events)

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Tell all of them."""
        for each in (self._progress, *self._events):
            each.progress(spec, message)

    def finished(self, result: FunctionResult) -> None:
        """Tell all of them."""
        for each in (self._progress, *self._events):
            each.finished(result)

    def say(self, message: str) -> None:
        """Leave it to the progress: it is for people."""
        self._progress.say(message)

    def put_terminal_right(self) -> None:
        """Leave it to the progress."""
        self._progress.put_terminal_right()
