"""Many functions side by side: each is reconciled alone, and none waits for another's failure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING, Protocol

from reconciler.artifacts import Artifacts, RemoteArtifacts, is_remote
from reconciler.model import (
    Failure,
    FailureKind,
    FunctionResult,
    ReconcileError,
    RunResult,
    Status,
)
from reconciler.reconcile import (
    Halts,
    InterruptedRunError,
    Patience,
    Reconciliation,
    Shared,
    Task,
    WaitSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from reconciler.artifacts.stores import ImageRegistry, ObjectStore
    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.model import FunctionSpec, Listener, Location


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
    """

    run_id: str
    plan_only: bool = False
    server_side: bool = False
    cache: Path | None = None
    parallelism: int = 16
    wait: WaitSettings = field(default_factory=WaitSettings)


@dataclass(slots=True)
class Stop:
    """The run's signal to stop, and the number of the signal that gave it."""

    event: asyncio.Event = field(default_factory=asyncio.Event)
    signal_number: int | None = None

    def request(self, signal_number: int) -> None:
        """Begin no new step from now on."""
        self.signal_number = signal_number
        self.event.set()


@dataclass(frozen=True, slots=True)
class Preparation:
    """What can be run, and what in the desired state cannot; nothing runs while errors stand."""

    tasks: tuple[Task, ...]
    errors: tuple[tuple[Location, Failure], ...]


def select(
    specs: Iterable[FunctionSpec],
    labels: Sequence[tuple[str, str]],
    names: Sequence[str],
) -> tuple[FunctionSpec, ...]:
    """Choose the specs that have every label and match any of the globs, where given."""
    return tuple(
        spec
        for spec in specs
        if all(spec.labels.get(key) == value for key, value in labels)
        and (not names or any(fnmatchcase(spec.name, name) for name in names))
    )


def prepare(specs: Iterable[FunctionSpec], *, region_required: bool = True) -> Preparation:
    """
    Resolve region and local code of every spec, before the first AWS call.

    A task whose code is in S3 or ECR gets no package here: AWS must be asked for it.
    """
    artifacts = Artifacts()
    tasks: list[Task] = []
    errors: list[tuple[Location, Failure]] = []
    for spec in specs:
        region, package = spec.function.region, None
        if region is None and region_required:
            errors.append((spec.location, _NO_REGION))
        if spec.code is not None and not is_remote(spec.code):
            try:
                package = artifacts.resolve(spec.code)
            except ReconcileError as error:
                errors.append((spec.code.location, error.failure))
                continue
        if region is not None:
            tasks.append(Task(spec, region, package))
    return Preparation(tuple(tasks), tuple(errors))


_NO_REGION = Failure(
    FailureKind.INVALID,
    "no region is known for this function",
    "set spec.region, --region or AWS_REGION",
)


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
    results = await asyncio.gather(*map(fleet.work_on, tasks))
    return RunResult(
        run_id=settings.run_id,
        started=started,
        plan_only=settings.plan_only,
        functions=tuple(results),
        calls=dict(connection.calls),
        interrupted_by=stop.signal_number,
    )


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
        self._connection = connection
        self._settings = settings
        self._stop = stop
        self._listener = listener
        self._places = asyncio.Semaphore(settings.parallelism)
        self._halts = Halts()
        sources = [(task.spec.code, task.region) for task in tasks if task.spec.code is not None]
        self._shared = Shared(
            RemoteArtifacts(_Stores(connection, self._check), sources, settings.cache),
            partial(connection.account, check=self._check),
            self._halts,
        )

    async def work_on(self, task: Task) -> FunctionResult:
        """Reconcile one function, when there is a place and unless the run has been stopped."""
        async with self._places:
            if self._stop.event.is_set():
                result = _without_reading(task, Status.NOT_ATTEMPTED)
            else:
                result = await self._reconcile(task)
        self._listener.finished(result)
        return result

    async def _reconcile(self, task: Task) -> FunctionResult:
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
        if self._settings.plan_only:
            return await reconciliation.show(server_side=self._settings.server_side)
        return await reconciliation.apply()

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


def _without_reading(task: Task, status: Status, failure: Failure | None = None) -> FunctionResult:
    account = task.spec.function.account
    return FunctionResult(task.spec, status, account, task.region, failure=failure)
