"""The functions that are being worked on, in a round or beside one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.fleet.watch.due import Due
    from reconciler.model import CodeDigest, FunctionResult, FunctionSpec, Listener
    from reconciler.reconcile import Task

    Finished = Callable[[Task, FunctionResult, CodeDigest | None], bool]


class Job:
    """
    What is done to some functions at once; as a listener it notes each one's beginning and end.

    One that has said something is being changed, or waits, for AWS or to try again. ``heard_at``
    is when any did last, on the loop's clock. ``finished``
    is called as each ends, and says whether that is worth a report.
    """

    def __init__(self, due: Due, listener: Listener, finished: Finished) -> None:
        self.due = due
        self.news = False
        self.begun = asyncio.Event()
        self.ended = asyncio.Event()
        self.heard_at = _now()
        self._listener = listener
        self._finished = finished
        self._tasks = {task.spec.id: task for task in due.tasks}
        self._silent = set(self._tasks)

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Note a function that has begun."""
        self._heard(spec.id)
        self._listener.progress(spec, message)

    def finished(self, result: FunctionResult) -> None:
        """Note a function that has ended."""
        name = result.spec.id
        self._heard(name)
        self._listener.finished(result)
        self.news |= self._finished(self._tasks[name], result, self.due.digests.get(name))

    def end(self) -> None:
        """Let go of whoever waits."""
        self.begun.set()
        self.ended.set()

    def _heard(self, name: str) -> None:
        self.heard_at = _now()
        self._silent.discard(name)
        if not self._silent:
            self.begun.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
