"""What happens in a run, as it happens: JSON objects of schemas/event.v1.schema.json."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.model import Listener, Status
from reconciler.report.json_report import ending, function, mode
from reconciler.report.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from reconciler.model import FunctionResult, FunctionSpec, RunResult

FORMAT_VERSION = "1.1"


def _now() -> datetime:
    return datetime.now(UTC)


class Events(Listener):
    """
    Writes one line for each thing that happens; ``write`` gets it with its line break.

    A function's progress and end come as its listener hears of them.
    """

    def __init__(
        self,
        run_id: str,
        write: Callable[[str], None],
        *,
        plan_only: bool,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._run_id = run_id
        self._write = write
        self._plan_only = plan_only
        self._now = now

    def started(self, functions: int, *, watch: bool) -> None:
        """Tell what begins, with how many functions."""
        self._tell(
            "RunStarted",
            format_version=FORMAT_VERSION,
            tool_version=__version__,
            mode=mode(plan_only=self._plan_only),
            watch=watch,
            functions=functions,
        )

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Tell what a function is at."""
        target = spec.target.name if spec.target else None
        self._tell("FunctionProgress", name=spec.name, target=target, message=message)

    def finished(self, result: FunctionResult) -> None:
        """Tell all of a function, as the report has it."""
        plan_only = self._plan_only or result.status is Status.PLANNED
        self._tell("FunctionFinished", function=function(result, plan_only=plan_only))

    def round_finished(
        self, run: RunResult, *, number: int | None, seconds: float, complete: bool
    ) -> None:
        """Tell of a round of a watch; ``number`` is None for a try beside the rounds."""
        ended = ending(run) | {"complete": complete}
        self._tell("RoundFinished", round=number, duration=round(seconds, 3), **ended)

    def run_finished(self, run: RunResult, exit_code: int) -> None:
        """Tell what the run came to."""
        self._tell("RunFinished", exit_code=exit_code, **ending(run))

    def watch_finished(self, exit_code: int) -> None:
        """Tell that a watch is over."""
        self._tell("WatchFinished", exit_code=exit_code)

    def _tell(self, kind: str, **members: Any) -> None:  # noqa: ANN401 - JSON is any JSON
        head = {
            "type": kind,
            "time": self._now().isoformat(timespec="milliseconds"),
            "run_id": self._run_id,
        }
        self._write(json_text(head | members) + "\n")
