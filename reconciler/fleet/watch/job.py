"""The functions that are being worked on, in a round or beside one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import TYPE_CHECKING

from reconciler.fleet.watch.memory import lacks

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
        self._lacking: defaultdict[object, list[FunctionResult]] = defaultdict(list)

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Note a function that has begun."""
        self._heard(spec.id)
        self._listener.progress(spec, message)

    def finished(self, result: FunctionResult) -> None:
        """Note a function that has ended."""
        name = result.spec.id
        self._heard(name)
        if (missing := lacks(self._tasks[name], result.failure)) and result.failure:
            self._lacking[missing, result.failure.code].append(result)
        else:
            self._listener.finished(result)
        self.news |= self._finished(self._tasks[name], result, self.due.digests.get(name))

    def end(self) -> None:
        """Let go of whoever waits."""
        self.begun.set()
        self.ended.set()

    def tell_lacking(self, trouble: Callable[[str], None]) -> None:
        """Tell once what many functions have failed by that is not their own."""
        for results in self._lacking.values():
            if len(results) == 1:
                self._listener.finished(results[0])
            else:
                trouble(f"{len(results)} functions failed: {results[0].failure}")

    def _heard(self, name: str) -> None:
        self.heard_at = _now()
        self._silent.discard(name)
        if not self._silent:
            self.begun.set()


def _now() -> float:
    return asyncio.get_running_loop().time()
