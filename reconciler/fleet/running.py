"""Many functions side by side: each is reconciled alone, and none waits for another's failure."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from reconciler.fleet.group import Group
from reconciler.fleet.limits import Limits
from reconciler.fleet.max_changes import would_change
from reconciler.model import FunctionResult, ReconcileError, RunResult, Status
from reconciler.reconcile import Reconciliation

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reconciler.fleet.connections import Connections
    from reconciler.fleet.places import Place
    from reconciler.fleet.settings import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.model import (
        Failure,
        Listener,
        LiveFunction,
        Target,
        TooManyChanges,
    )
    from reconciler.reconcile import Task

    Work = Callable[[Reconciliation], Awaitable[FunctionResult]]


async def run(  # noqa: PLR0913 - a run is made of these
    tasks: Sequence[Task],
    connections: Connections,
    settings: RunSettings,
    stop: Stop,
    listener: Listener,
    *,
    limits: Limits | None = None,
) -> RunResult:
    """
    Show or apply every task, and report each exactly once, in the order given.

    ``limits`` are shared with other runs that go on at the same time.
    """
    limits = limits or Limits(settings.parallelism)
    with settings.tracing.run(settings.run_id, plan_only=settings.plan_only) as ended:
        fleet = _Fleet(tasks, connections, settings, stop, listener, limits=limits)
        result = await _carried_out(fleet, connections, settings, stop)
        ended(result)
        return result


async def _carried_out(
    fleet: _Fleet, connections: Connections, settings: RunSettings, stop: Stop
) -> RunResult:
    started = datetime.now(UTC)
    counting_down = asyncio.ensure_future(stop.count_down())
    try:
        results, too_many = await _results(fleet, settings)
    finally:
        counting_down.cancel()
    fleet.finish(results)
    return RunResult(
        run_id=settings.run_id,
        started=started,
        plan_only=settings.plan_only or too_many is not None,
        functions=tuple(results),
        calls=dict(connections.calls),
        interrupted_by=stop.signal_number,
        too_many=too_many,
    )


async def _results(
    fleet: _Fleet, settings: RunSettings
) -> tuple[Sequence[FunctionResult], TooManyChanges | None]:
    """Show, or apply; with a limit of changes both, one after the other."""
    limit = settings.max_changes
    if limit is None and not settings.plan_only:
        return await fleet.apply(), None
    planned = await fleet.show()
    too_many = limit.exceeded(planned) if limit else None
    if settings.plan_only or too_many:
        return planned, too_many
    return await fleet.apply_planned(planned), None


class _Fleet:
    """The functions of one run, in groups that share an account's connection."""

    def __init__(  # noqa: PLR0913 - as for a run
        self,
        tasks: Sequence[Task],
        connections: Connections,
        settings: RunSettings,
        stop: Stop,
        listener: Listener,
        *,
        limits: Limits,
    ) -> None:
        self._tasks = tasks
        self._settings = settings
        self._stop = stop
        self._listener = listener
        self._finished: set[str] = set()
        self._seen: dict[str, LiveFunction] = {}
        by_target: defaultdict[Target | None, list[Task]] = defaultdict(list)
        for task in tasks:
            by_target[task.spec.target].append(task)
        self._groups: dict[Target | None, Group] = {}
        self._unreachable: dict[Target | None, Failure] = {}
        for target, its_tasks in by_target.items():
            try:
                connection = connections.of(target)
            except ReconcileError as error:
                self._unreachable[target] = error.failure
            else:
                self._groups[target] = Group(connection, its_tasks, settings, stop, limits)

    async def show(self) -> Sequence[FunctionResult]:
        """Plan every task."""
        server_side = self._settings.server_side
        return await self._each(self._tasks, lambda each: each.show(server_side=server_side))

    async def apply(self) -> Sequence[FunctionResult]:
        """Reconcile every task."""
        return await self._each(self._tasks, Reconciliation.apply)

    async def apply_planned(self, planned: Sequence[FunctionResult]) -> Sequence[FunctionResult]:
        """Reconcile what was planned to change and nothing else: the rest stays as it is."""
        changing = [would_change(result) for result in planned]
        tasks = [task for task, changes in zip(self._tasks, changing, strict=True) if changes]
        applied = iter(await self._each(tasks, Reconciliation.apply))
        return [
            _with_plan(next(applied), result) if changes else result
            for result, changes in zip(planned, changing, strict=True)
        ]

    def finish(self, results: Sequence[FunctionResult]) -> None:
        """Tell the listener of those whose end it was not told yet."""
        for result in results:
            if result.spec.id not in self._finished:
                self._finished.add(result.spec.id)
                self._listener.finished(result)

    async def _each(self, tasks: Sequence[Task], work: Work) -> Sequence[FunctionResult]:
        return await asyncio.gather(*(self._work_on(task, work) for task in tasks))

    async def _work_on(self, task: Task, work: Work) -> FunctionResult:
        """Do it to one function, when there is a place and unless the run has been stopped."""
        group = self._groups.get(task.spec.target)
        if group is None:
            failure = self._unreachable[task.spec.target]
            result = _without_reading(task, Status.FAILED, failure)
            self.finish([result])
            return result
        async with group.place(task) as place:
            if self._stop.event.is_set():
                result = _without_reading(task, Status.NOT_ATTEMPTED)
            else:
                with self._settings.tracing.function(task.spec, task.region) as ended:
                    result = await self._reconcile(task, group, place, work)
                    ended(result)
        if self._settings.plan_only or work is Reconciliation.apply or not would_change(result):
            self.finish([result])
        return result

    async def _reconcile(
        self, task: Task, group: Group, place: Place, work: Work
    ) -> FunctionResult:
        try:
            reconciliation = group.reconciliation(
                task, place, partial(self._listener.progress, task.spec)
            )
        except ReconcileError as error:
            return _without_reading(task, Status.FAILED, error.failure)
        reconciliation.live = self._seen.get(task.spec.id)
        try:
            return await self._within_grace(reconciliation, work)
        finally:
            if self._settings.max_changes is not None and reconciliation.live is not None:
                self._seen[task.spec.id] = reconciliation.live

    async def _within_grace(self, reconciliation: Reconciliation, work: Work) -> FunctionResult:
        """Wait for its end, but no longer than a signal leaves time for."""
        working = asyncio.ensure_future(work(reconciliation))
        over = asyncio.ensure_future(self._stop.over.wait())
        try:
            await asyncio.wait({working, over}, return_when=asyncio.FIRST_COMPLETED)
            return working.result() if working.done() else reconciliation.interrupted()
        finally:
            over.cancel()
            working.cancel()


def _with_plan(applied: FunctionResult, planned: FunctionResult) -> FunctionResult:
    """Show what was planned also of a function whose turn to be changed never came."""
    return replace(applied, plan=planned.plan) if applied.plan is None else applied


def _without_reading(task: Task, status: Status, failure: Failure | None = None) -> FunctionResult:
    account = task.spec.function.account
    return FunctionResult(task.spec, status, account, task.region, failure=failure)
