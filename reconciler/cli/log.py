"""Log lines that hold nobody up: they are written by a thread of their own."""

from __future__ import annotations

import logging
import queue
import sys
import threading
from logging.handlers import QueueHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import Formatter, LogRecord

_FOR_THE_REST = 2.0
"""Seconds that are left for lines that were not written yet, when all is over."""


class BackgroundHandler(QueueHandler):
    """
    Writes to standard error, in order, without ever blocking the run.

    A pipe that nobody reads would otherwise stop every deadline and the answer to every
    signal. What cannot be written at the end is lost.
    """

    def __init__(self, formatter: Formatter) -> None:
        self._lines: queue.SimpleQueue[LogRecord | None] = queue.SimpleQueue()
        super().__init__(self._lines)
        self.setFormatter(formatter)
        self._writer = logging.StreamHandler(sys.stderr)
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Write what is left, and end; but do not wait for long."""
        self._lines.put(None)
        self._thread.join(_FOR_THE_REST)

    def _write(self) -> None:
        while (record := self._lines.get()) is not None:
            self._writer.handle(record)
