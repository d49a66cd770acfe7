"""``--metrics-file``: how a single run went, for a collector that reads files."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from reconciler.cli import streams, whole_files
from reconciler.printable import printable

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import RunResult

_MOST = 1_000_000
"""Bytes that are read of an earlier file: it has less than 10,000."""


class MetricsFile:
    """Written once at the end, however that comes; without a path it does nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._began = time.monotonic()
        self._result: RunResult | None = None

    def note(self, result: RunResult) -> None:
        """Take note of what the run came to."""
        self._result = result

    def write(self, exit_code: int) -> None:
        """
        Put the metrics in the place of those of the run before.

        When a run succeeded last is taken over from there. Metrics that cannot be written
        are told, and change nothing: an alert on their age finds it out.
        """
        if self._path is None:
            return
        from reconciler.cli import metrics  # noqa: PLC0415 - the library takes a moment

        made = metrics.RunMetrics(self._path.stem)
        before = metrics.last_success(_read(self._path))
        made.note(exit_code, time.monotonic() - self._began, before)
        if self._result is not None:
            made.note_result(self._result)
        try:
            whole_files.write(self._path, made.text())
        except OSError as error:
            streams.complain(printable(f"reconcile: --metrics-file {self._path}: {error.strerror}"))


def _read(path: Path) -> str:
    """Read what is there, where anything is."""
    try:
        if not path.is_file():
            return ""
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(_MOST)
    except OSError:
        return ""
