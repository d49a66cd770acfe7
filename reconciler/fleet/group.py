"""The functions of one connection, and what they share."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts import RemoteArtifacts
from reconciler.fleet.all_versions import AllVersions
from reconciler.fleet.connections import Stores
from reconciler.reconcile import (
    Halts,
    InterruptedRunError,
    Patience,
    Reader,
    Reconciliation,
    Shared,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from reconciler.fleet.connections import Connection
    from reconciler.fleet.limits import Limits
    from reconciler.fleet.places import Place
    from reconciler.fleet.settings import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.reconcile import Newest, Task

_log = logging.getLogger(__name__)

_TRIES = 2  # of a page of all versions, which functions wait for and can do without
_PACE = 15.0
"""Lists of single functions in a second, at best: what the list of all is to be quicker than."""
_LIST_AT_LEAST, _LIST_AT_MOST = 10.0, 60.0
"""Seconds after which the list of all versions is given up."""


class Group:
    """Makes each function's reconciliation; what befalls one group does not concern another."""

    def __init__(
        self,
        connection: Connection,
        tasks: Sequence[Task],
        settings: RunSettings,
        stop: Stop,
        limits: Limits,
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._stop = stop
        self._limits = limits
        self._halts = Halts()
        self._tasks = tasks
        self._all_versions: dict[str, AllVersions] = {}
        sources = [(task.spec.code, task.region) for task in tasks if task.spec.code is not None]
        self._shared = Shared(
            RemoteArtifacts(Stores(connection, self._check), sources, settings.cache),
            lambda region: connection.account(region, self._check),
            self._halts,
            room=limits.room,
            versions=self,
        )

    def place(self, task: Task) -> AbstractAsyncContextManager[Place]:
        """Give the place of a function, when one is free."""
        rate = partial(self._connection.get_function_rate, task.region)
        return self._limits.places(task.spec.function.account, task.region, rate).taken()

    def reconciliation(
        self, task: Task, place: Place, tell: Callable[[str], None]
    ) -> Reconciliation:
        """Begin with one function, and with its time. Raises ReconcileError."""
        patience = Patience(self._settings.wait, self._stop.event, place)
        errand = _Errand(partial(self._check, patience))
        functions = self._connection.functions(task.region, errand.check, errand.in_flight)
        errand.reconciliation = Reconciliation(task, functions, patience, self._shared, tell)
        return errand.reconciliation

    async def newest(self, task: Task, revision_id: str | None) -> Newest | None:
        """Tell what the list of all versions in the task's region has; see AllVersions."""
        if task.region not in self._all_versions:
            self._all_versions[task.region] = self._list(task.region)
        return await self._all_versions[task.region].newest(task.spec.function.name, revision_id)

    def _list(self, region: str) -> AllVersions:
        names = [task.spec.function.name for task in self._tasks if _lists(task, region)]
        seconds = min(max(len(names) / _PACE, _LIST_AT_LEAST), _LIST_AT_MOST)
        wait = replace(self._settings.wait, attempts=_TRIES, function_timeout=seconds)
        patience = Patience(wait, self._stop.event)
        check = partial(self._check, patience)
        functions = self._connection.functions(region, check, lambda: True)
        return AllVersions(
            names,
            lambda: functions.list_functions(all_versions=True),
            Reader(patience, _log.debug),
            Patience(self._settings.wait, self._stop.event).pause,
        )

    def _check(self, patience: Patience | None = None) -> None:
        """Raise when no call may be sent: for one function, or for what all of them share."""
        self._halts.check()
        if patience is not None:
            patience.check()
        elif self._stop.event.is_set():
            raise InterruptedRunError


def _lists(task: Task, region: str) -> bool:
    """Whether the newest version of the function has to be found in a list."""
    publish = task.spec.publish
    return task.region == region and publish is not None and not publish.to_latest_published


class _Errand:
    """What the calls of one function are for."""

    def __init__(self, check: Callable[[], None]) -> None:
        self.check = check
        self.reconciliation: Reconciliation | None = None

    def in_flight(self) -> bool:
        """Whether the function was looked at: what comes now is needed to end it."""
        return self.reconciliation is not None and self.reconciliation.live is not None
