"""The loop of one function."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import (
    LATEST,
    FunctionResult,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    Status,
    UpdateFunctionCode,
)
from reconciler.planner import plan
from reconciler.reconcile import words
from reconciler.reconcile.journal import Journal, failed
from reconciler.reconcile.observer import Observer
from reconciler.reconcile.patience import InterruptedRunError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.aws.protocol import LambdaFunctions, Receipt
    from reconciler.model import CodeContent, Failure, LiveFunction, Step
    from reconciler.reconcile.patience import Patience
    from reconciler.reconcile.task import Task

_log = logging.getLogger(__name__)

_SAME_STEP_AT_MOST = 2
"""A step that was done twice and is wanted once more is a fight with somebody else."""


class Reconciliation:
    """One function in one run. ``show`` and ``apply`` are two executors of the same plan."""

    def __init__(
        self,
        task: Task,
        functions: LambdaFunctions,
        patience: Patience,
        tell: Callable[[str], None],
    ) -> None:
        self._task = task
        self._desired = task.desired
        self._name = task.spec.function.function_name
        self._functions = functions
        self._patience = patience
        self._tell = tell
        self._observer = Observer(functions, self._name, self._desired, patience, tell)
        self._journal = Journal()
        self._live: LiveFunction | None = None
        self._first_plan: Plan | None = None

    async def show(self) -> FunctionResult:
        """Read and plan; write nothing."""
        return await self._outcome(self._plan_only())

    async def apply(self) -> FunctionResult:
        """Perform first steps until a plan is empty. A suspended function is only shown."""
        if self._task.spec.suspend:
            return await self.show()
        return await self._outcome(self._converge())

    async def _outcome(self, work: Awaitable[Status]) -> FunctionResult:
        try:
            return self._result(await work)
        except InterruptedRunError:
            if self._journal.untouched:
                return self._result(Status.NOT_ATTEMPTED)
            return self._result(Status.FAILED, words.interrupted(self._journal.in_flight))
        except ReconcileError as error:
            return self._result(Status.FAILED, error.failure)
        except Exception as error:  # noqa: BLE001 - one function's bug must not stop the others
            _log.debug("unexpected error", exc_info=True)
            return self._result(Status.FAILED, words.unexpected(error))

    async def _plan_only(self) -> Status:
        current, _ = await self._look()
        if self._task.spec.suspend:
            return Status.SUSPENDED
        if current.refusal is not None:
            raise StoppedError(current.refusal)
        return Status.IN_SYNC if current.in_sync else Status.PLANNED

    async def _converge(self) -> Status:
        while await self._patience.retrying(self._advance, self._retry_write):
            pass
        return Status.UPDATED if self._journal.changed else Status.IN_SYNC

    async def _advance(self) -> bool:
        """Observe, plan, perform the first step; False when there is none."""
        current, live = await self._look()
        if current.steps:
            self._patience.check()
            await self._perform(current.steps[0], live)
            return True
        if current.refusal is not None:
            raise StoppedError(current.refusal)
        return False

    async def _look(self) -> tuple[Plan, LiveFunction]:
        live = self._live = await self._observer.observe()
        current = plan(self._desired, live)
        if self._first_plan is None:
            self._first_plan = current
        ended = self._journal.settle(live)
        if ended is not None and isinstance(ended.step, UpdateFunctionCode) and failed(live):
            raise StoppedError(
                reasons.failure(
                    "AWS accepted the code and then the update failed",
                    live.last_update_status_reason_code,
                    live.last_update_status_reason,
                )
            )
        return current, live

    async def _perform(self, step: Step, live: LiveFunction) -> None:
        """Send the step, once everything that it needs is at hand."""
        done = self._journal.times_done(step)
        if done >= _SAME_STEP_AT_MOST:
            raise StoppedError(words.undone(step, done))
        self._tell(words.describe(step))
        send = await self._prepare(step, live)
        self._journal.begin(step, live)
        try:
            receipt = await send
        except (InterruptedRunError, StoppedError):  # it was not its turn yet
            self._journal.withdrawn()
            raise
        except ReconcileError as error:
            if not error.failure.outcome_unknown:
                self._journal.refused(error.failure.request_id)
            raise
        self._journal.answered(receipt)
        self._observer.wrote(step, live, receipt)
        if isinstance(step, UpdateFunctionCode) and receipt.code != step.code:
            raise StoppedError(words.other_code(step, receipt))

    async def _prepare(self, step: Step, live: LiveFunction) -> Awaitable[Receipt]:
        """Make the call, guarded by what was just read, ready to be awaited."""
        match step:
            case UpdateFunctionCode():
                content = await self._content()
                return self._functions.update_function_code(
                    self._name, step, content, live.revision_id
                )
            case PublishVersion():
                return self._functions.publish_version(self._name, step, live.revision_id)
            case PutRuntimeManagementConfig():
                await self._guard_mode(step, live)
                return self._functions.put_runtime_management_config(self._name, step)

    async def _content(self) -> CodeContent:
        if self._task.package is None:
            raise AssertionError("a plan updates code only where code is declared")
        try:
            return await self._task.package.content()
        except ReconcileError as error:
            raise StoppedError(error.failure) from error

    async def _guard_mode(self, step: PutRuntimeManagementConfig, live: LiveFunction) -> None:
        """Read the mode once more: PutRuntimeManagementConfig takes no RevisionId."""
        version = live.newest_version
        planned_from = (
            live.runtime_management
            if step.qualifier == LATEST
            else version and version.runtime_management
        )
        now = await self._observer.runtime_management_now(step.qualifier)
        if now != planned_from:
            raise ReconcileError(words.mode_changed(now))

    def _retry_write(self, failure: Failure, seconds: float) -> None:
        """Read everything again before the next try, unless AWS has not even looked at this one."""
        if not failure.throttled:
            self._observer.forget()
        self._tell(words.trying_again(failure, seconds))

    def _result(self, status: Status, failure: Failure | None = None) -> FunctionResult:
        return FunctionResult(
            spec=self._task.spec,
            status=status,
            account=self._live.account if self._live else self._task.spec.function.account,
            region=self._task.region,
            plan=self._first_plan,
            steps=self._journal.close() if failure else tuple(self._journal.records),
            failure=failure,
        )
