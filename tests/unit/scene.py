"""One function in memory, what is wanted of it, and the loop between them on a clock of its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.artifacts import Package
from reconciler.model import (
    LATEST,
    Failure,
    FailureKind,
    NativeCode,
    ReconcileError,
    StepStatus,
    ZipContent,
)
from reconciler.reconcile import Halts, Patience, Reconciliation, Shared, Task, WaitSettings
from tests.unit.builders import (
    NEW,
    spec,
)
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.model import Approval, CodeContent, CodeSource, FunctionResult, FunctionSpec
    from tests.unit.functions import Functions

ACCOUNT = "123456789012"
BUSY = Failure(FailureKind.TEMPORARY, "busy", "run again", code="ServiceException")
THROTTLED = replace(BUSY, what="slow down", throttled=True)
DENIED = Failure(FailureKind.PERMANENT, "denied", "allow it", request_id="request-9")
NEW_CODE = ZipContent(b"new")

READ, MODE, LIST = "GetFunction", f"GetRuntimeManagementConfig {LATEST}", "ListVersionsByFunction"
GUESS = f"{READ} 1"
UPDATE = "UpdateFunctionCode x86_64 if revision-1"
PUT = f"PutRuntimeManagementConfig {LATEST}"


async def _content() -> CodeContent:
    return NEW_CODE


async def _native() -> NativeCode:
    return NativeCode()


PACKAGE = Package(NEW, "new.zip", _content, _native)


class Artifacts:
    """Nothing lies in S3 or ECR."""

    async def resolve(self, source: CodeSource, region: str) -> Package:
        """Find nothing."""
        raise AssertionError(f"nobody asks for {source} in {region}")

    def forget(self, source: CodeSource, region: str) -> None:
        """Have nothing to forget."""
        raise AssertionError(f"nobody forgets {source} in {region}")


@dataclass
class Scene:
    """One function, what is wanted of it, and what was said meanwhile."""

    functions: Functions
    spec: FunctionSpec = field(default_factory=spec)
    package: Package | None = PACKAGE
    settings: WaitSettings = field(default_factory=WaitSettings)
    halts: Halts = field(default_factory=Halts)
    said: list[str] = field(default_factory=list)
    account: str = ACCOUNT
    account_fails: list[Failure] = field(default_factory=list)
    seconds: float = 0.0
    stop_at: str | None = None
    approved: Approval | None = None

    def apply(self) -> FunctionResult:
        """Run to the end."""
        return self._run(lambda loop: loop.apply())

    def show(self, *, server_side: bool = False) -> FunctionResult:
        """Only plan."""
        return self._run(lambda loop: loop.show(server_side=True) if server_side else loop.show())

    def stopped_at(self, said: str) -> FunctionResult:
        """Run, with the signal to stop as soon as that is said."""
        self.stop_at = said
        return self.apply()

    def _run(self, work: Callable[[Reconciliation], Awaitable[FunctionResult]]) -> FunctionResult:
        async def whole() -> FunctionResult:
            stop = asyncio.Event()

            def tell(line: str) -> None:
                self.said.append(line)
                if self.stop_at is not None and line.startswith(self.stop_at):
                    stop.set()

            shared = Shared(Artifacts(), self._account, self.halts)
            patience = Patience(self.settings, stop)
            task = Task(self.spec, "eu-west-1", self.package, self.approved)
            try:
                return await work(Reconciliation(task, self.functions, patience, shared, tell))
            finally:
                self.seconds = elapsed()

        return run(whole())

    async def _account(self, region: str) -> str:
        assert region == "eu-west-1"
        if self.account_fails:
            raise ReconcileError(self.account_fails.pop(0))
        return self.account


def wants(*, suspend: bool = False, account: str | None = None, **fields: object) -> FunctionSpec:
    """Declare these fields of the function."""
    made = spec(suspend=suspend, account=account)
    return replace(made, **fields)  # type: ignore[arg-type]  # any field


def ends(result: FunctionResult) -> list[tuple[type, StepStatus, str | None]]:
    """Give what became of each write."""
    return [(type(record.step), record.status, record.result) for record in result.steps]


DONE = StepStatus.SUCCEEDED
