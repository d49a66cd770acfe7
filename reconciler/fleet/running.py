"""Many functions side by side: each is reconciled alone, and none waits for another's failure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from reconciler.artifacts import RemoteArtifacts
from reconciler.fleet.max_changes import would_change
from reconciler.model import FunctionResult, ReconcileError, RunResult, Status
from reconciler.reconcile import (
    Halts,
    InterruptedRunError,
    Patience,
    Reconciliation,
    Shared,
    WaitSettings,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from pathlib import Path

    from reconciler.artifacts.stores import ImageRegistry, ObjectStore
    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.fleet.max_changes import MaxChanges
    from reconciler.fleet.stopping import Stop
    from reconciler.model import Failure, Listener, LiveFunction, TooManyChanges
    from reconciler.reconcile import Task

    Work = Callable[[Reconciliation], Awaitable[FunctionResult]]


class Connection(Protocol):
    """What the fleet needs of AWS."""

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests sent so far, by operation."""

    def functions(self, region: str, check: Callable[[], None]) -> LambdaFunctions:
        """Give the Lambda calls of one region; ``check`` raises when none may be sent any more."""

    def objects(self, region: str, check: Callable[[], None]) -> ObjectStore:
        """Give the S3 calls of one region."""

    def images(self, region: str, check: Callable[[], None]) -> ImageRegistry:
        """Give the ECR calls of one region."""

    async def account(self, region: str, check: Callable[[], None]) -> str:
        """Give the account that the credentials are of, asked for once."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """
    ``parallelism`` is how many functions are worked on at once.

    ``server_side`` lets AWS validate what a plan would send. ``cache`` is the folder for
    the hashes of S3 objects that had to be downloaded once, None for no such memory.
    With ``max_changes`` all functions are planned before the first is changed.
    """

    run_id: str
    plan_only: bool = False
    server_side: bool = False
    cache: Path | None = None
    parallelism: int = 16
    wait: WaitSettings = field(default_factory=WaitSettings)
    max_changes: MaxChanges | None = None


async def run(
    tasks: Sequence[Task],
    connection: Connection,
    settings: RunSettings,
    stop: Stop,
    listener: Listener,
) -> RunResult:
    """Show or apply every task, and report each exactly once, in the order given."""
    started = datetime.now(UTC)
    fleet = _Fleet(tasks, connection, settings, stop, listener)
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
        calls=dict(connection.calls),
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
    """What the functions of one run share, and the places that they queue for."""

    def __init__(
        self,
        tasks: Sequence[Task],
        connection: Connection,
        settings: RunSettings,
        stop: Stop,
        listener: Listener,
    ) -> None:
        self._tasks = tasks
        self._connection = connection
        self._settings = settings
        self._stop = stop
        self._listener = listener
        self._places = asyncio.Semaphore(settings.parallelism)
        self._finished: set[str] = set()
        self._seen: dict[str, LiveFunction] = {}
        self._halts = Halts()
        sources = [(task.spec.code, task.region) for task in tasks if task.spec.code is not None]
        self._shared = Shared(
            RemoteArtifacts(_Stores(connection, self._check), sources, settings.cache),
            partial(connection.account, check=self._check),
            self._halts,
        )

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
            if result.spec.name not in self._finished:
                self._finished.add(result.spec.name)
                self._listener.finished(result)

    async def _each(self, tasks: Sequence[Task], work: Work) -> Sequence[FunctionResult]:
        return await asyncio.gather(*(self._work_on(task, work) for task in tasks))

    async def _work_on(self, task: Task, work: Work) -> FunctionResult:
        """Do it to one function, when there is a place and unless the run has been stopped."""
        async with self._places:
            if self._stop.event.is_set():
                result = _without_reading(task, Status.NOT_ATTEMPTED)
            else:
                result = await self._reconcile(task, work)
        if self._settings.plan_only or work is Reconciliation.apply or not would_change(result):
            self.finish([result])
        return result

    async def _reconcile(self, task: Task, work: Work) -> FunctionResult:
        patience = Patience(self._settings.wait, self._stop.event)
        try:
            functions = self._connection.functions(task.region, partial(self._check, patience))
        except ReconcileError as error:
            return _without_reading(task, Status.FAILED, error.failure)
        reconciliation = Reconciliation(
            task,
            functions,
            patience,
            self._shared,
            partial(self._listener.progress, task.spec),
        )
        reconciliation.live = self._seen.get(task.spec.name)
        try:
            return await self._within_grace(reconciliation, work)
        finally:
            if self._settings.max_changes is not None and reconciliation.live is not None:
                self._seen[task.spec.name] = reconciliation.live

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

    def _check(self, patience: Patience | None = None) -> None:
        """Raise when no call may be sent: for one function, or for what all of them share."""
        self._halts.check()
        if patience is not None:
            patience.check()
        elif self._stop.event.is_set():
            raise InterruptedRunError


class _Stores:
    """S3 and ECR by region, for what the functions share."""

    def __init__(self, connection: Connection, check: Callable[[], None]) -> None:
        self._connection = connection
        self._check = check

    def objects(self, region: str) -> ObjectStore:
        return self._connection.objects(region, self._check)

    def images(self, region: str) -> ImageRegistry:
        return self._connection.images(region, self._check)


def _with_plan(applied: FunctionResult, planned: FunctionResult) -> FunctionResult:
    """Show what was planned also of a function whose turn to be changed never came."""
    return replace(applied, plan=planned.plan) if applied.plan is None else applied


def _without_reading(task: Task, status: Status, failure: Failure | None = None) -> FunctionResult:
    account = task.spec.function.account
    return FunctionResult(task.spec, status, account, task.region, failure=failure)
