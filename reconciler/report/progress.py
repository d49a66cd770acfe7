"""What is said while a run goes: lines in a pipe, a live table on a terminal. All on stderr."""

from __future__ import annotations

import contextlib
import logging
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from reconciler import tracebacks
from reconciler.model import Listener, Status
from reconciler.printable import printable
from reconciler.report.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType
    from typing import Self

    from rich.console import RenderableType

    from reconciler.model import FunctionResult, FunctionSpec

_log = logging.getLogger("reconciler")
_MOST_LINES = 12
_SHOW_CURSOR = b"\x1b[?25h\n"
_TOLD_EVERY = 15  # seconds


class Progress(Listener, Protocol):
    """A listener that can also tell something about the run as a whole."""

    def say(self, message: str) -> None:
        """Tell it where it does not disturb what is shown."""

    def put_terminal_right(self) -> None:
        """Leave the terminal as it was, at once and from within a signal handler."""


class LogProgress:
    """
    One log line for each thing that happens; functions in sync are at debug.

    So are waits, but for one line in each 15 seconds: nobody is to think that it hangs.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._told: dict[str, float] = {}

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Log a step or a wait."""
        now = self._clock()
        waits = message.startswith("waiting")
        quiet = waits and now - self._told.setdefault(spec.id, now) < _TOLD_EVERY
        if not quiet:
            self._told[spec.id] = now
        _log.log(logging.DEBUG if quiet else logging.INFO, message, extra={"function": spec.id})

    def finished(self, result: FunctionResult) -> None:
        """Log a function's end."""
        quiet = result.status in (Status.IN_SYNC, Status.PLANNED, Status.SUSPENDED)
        level = logging.DEBUG if quiet else logging.INFO
        _log.log(level, "%s", _ended(result), extra={"function": result.spec.id})

    def say(self, message: str) -> None:
        """Log it."""
        _log.warning(message)

    def put_terminal_right(self) -> None:
        """Do nothing: lines change no terminal."""


class LiveProgress:
    """A table of what is going on, redrawn in place; it leaves nothing behind."""

    def __init__(self, functions: int) -> None:
        from rich.console import Console  # noqa: PLC0415 - rich costs start-up time for nothing else
        from rich.live import Live  # noqa: PLC0415

        self._functions = functions
        self._done = 0
        self._going_on: dict[str, str] = {}
        console = Console(stderr=True)
        self._live = Live(console=console, transient=True, get_renderable=self._render)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._live.stop()

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Show what the function is at."""
        self._going_on[spec.id] = message

    def finished(self, result: FunctionResult) -> None:
        """Count the function as done."""
        self._going_on.pop(result.spec.id, None)
        self._done += 1

    def say(self, message: str) -> None:
        """Print it above the table."""
        self._live.console.print(message, markup=False, highlight=False)

    def put_terminal_right(self) -> None:
        """Show the cursor, without rich's locks."""
        with contextlib.suppress(OSError):
            os.write(self._live.console.file.fileno(), _SHOW_CURSOR)

    def _render(self) -> RenderableType:
        from rich.text import Text  # noqa: PLC0415

        shown = list(self._going_on.items())[:_MOST_LINES]
        lines = [f"{self._done} of {self._functions} functions done"]
        lines += [f"  {printable(name)}: {printable(message)}" for name, message in shown]
        if len(self._going_on) > len(shown):
            lines.append(f"  and {len(self._going_on) - len(shown)} more")
        return Text("\n".join(lines), no_wrap=True, overflow="ellipsis")


class TextFormatter(logging.Formatter):
    """
    ``function: message``, one line; below it the traceback, where there is one.

    ``times`` puts the time before each, as a log has it that goes on for days.
    """

    def __init__(self, *, times: bool = False) -> None:
        super().__init__()
        self._times = times

    def format(self, record: logging.LogRecord) -> str:
        """Format one record, without anything that a terminal could obey."""
        function = getattr(record, "function", None)
        message = printable(record.getMessage())
        time_said = f"{_time(record)} " if self._times else ""
        lines = [time_said + (f"{printable(function)}: {message}" if function else message)]
        lines += map(printable, _traceback(record))
        return "\n".join(lines)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, each with the run's id."""

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id

    def format(self, record: logging.LogRecord) -> str:
        """Format one line."""
        return json_text(
            {
                "time": _time(record),
                "level": record.levelname.lower(),
                "run_id": self._run_id,
                "function": getattr(record, "function", None),
                "message": "\n".join((record.getMessage(), *_traceback(record))),
            }
        )


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _traceback(record: logging.LogRecord) -> Iterator[str]:
    """Give the traceback's lines, without what the exceptions quote."""
    error = record.exc_info[1] if record.exc_info else None
    return iter(()) if error is None else tracebacks.lines(error)


def _ended(result: FunctionResult) -> str:
    if result.status is Status.INTERRUPTED and result.failure is not None:
        return result.failure.what
    if result.failure is not None:
        return f"failed: {result.failure}"
    return {Status.IN_SYNC: "in sync", Status.NOT_ATTEMPTED: "not attempted"}.get(
        result.status, result.status.lower()
    )
