"""The loop of one function."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import (
    LATEST,
    FailureKind,
    FunctionResult,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    Scope,
    Status,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)
from reconciler.planner import needs_relaxing, plan
from reconciler.reconcile import words
from reconciler.reconcile.code import Code
from reconciler.reconcile.journal import Journal, failed
from reconciler.reconcile.observer import Observer
from reconciler.reconcile.patience import InterruptedRunError, Reader, StoppedError
from reconciler.reconcile.shared import HaltedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reconciler.aws.protocol import LambdaFunctions, Receipt
    from reconciler.model import CodeContent, Failure, LiveFunction, Step
    from reconciler.reconcile.patience import Patience
    from reconciler.reconcile.shared import Shared
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
        shared: Shared,
        tell: Callable[[str], None],
    ) -> None:
        self._task = task
        self._name = task.spec.function.function_name
        self._functions = functions
        self._patience = patience
        self._shared = shared
        self._tell = tell
        self._read = Reader(patience, tell)
        self._code = Code(task, functions, shared.artifacts, self._read)
        self._observer = Observer(functions, self._name, patience, tell)
        self._journal = Journal()
        self._live: LiveFunction | None = None
        self._first_plan: Plan | None = None

    async def show(self, *, server_side: bool = False) -> FunctionResult:
        """Read and plan; write nothing. ``server_side`` asks AWS to validate the update."""
        self._observer.waits_for_versions = False
        suspended = self._task.spec.suspend
        work = self._suspended() if suspended else self._plan_only(server_side=server_side)
        return await self._outcome(work)

    async def apply(self) -> FunctionResult:
        """Perform first steps until a plan is empty. A suspended function is only shown."""
        if self._task.spec.suspend:
            return await self.show()
        return await self._outcome(self._converge())

    async def _suspended(self) -> Status:
        """Show the drift, and let nothing of it stop the run: that is what suspending is for."""
        try:
            await self._check_account()
            await self._patience.retrying(self._look, self._retry)
        except ReconcileError as error:
            failure = error.failure
            if failure.kind is FailureKind.TEMPORARY or failure.scope is Scope.RUN:
                raise
            self._first_plan = Plan(notes=(words.not_compared(failure),))
        return Status.SUSPENDED

    async def _outcome(self, work: Awaitable[Status]) -> FunctionResult:
        try:
            return self._result(await work)
        except InterruptedRunError:
            if self._journal.untouched:
                return self._result(Status.NOT_ATTEMPTED)
            interrupted = words.interrupted(self._journal.in_flight)
            return self._result(Status.FAILED, self._told_of_pin(interrupted))
        except HaltedError as error:
            status = Status.NOT_ATTEMPTED if self._journal.untouched else Status.FAILED
            return self._result(status, self._told_of_pin(error.failure))
        except ReconcileError as error:
            failure = self._told_of_pin(words.found_late(error.failure))
            result = self._result(Status.FAILED, failure)
            self._shared.halts.note(error.failure, result.account, self._task.region)
            return result
        except Exception as error:  # noqa: BLE001 - one function's bug must not stop the others
            _log.debug("unexpected error", exc_info=True)
            return self._result(Status.FAILED, words.unexpected(error))

    async def _plan_only(self, *, server_side: bool) -> Status:
        await self._check_account()

        async def look() -> Plan:
            current, live = await self._look()
            validates = server_side and current.refusal is None
            return await self._validated(current, live) if validates else current

        current = self._first_plan = await self._patience.retrying(look, self._retry)
        if current.refusal is not None:
            raise StoppedError(current.refusal)
        return Status.IN_SYNC if current.in_sync else Status.PLANNED

    async def _validated(self, current: Plan, live: LiveFunction) -> Plan:
        """
        Let AWS check the update by a dry run, and note what it says.

        What AWS refuses temporarily is looked at anew: a rival may have moved on.
        """
        step = next((step for step in current.steps if isinstance(step, UpdateFunctionCode)), None)
        if step is None:
            return current
        if needs_relaxing(step, live):
            return replace(current, notes=(*current.notes, words.NOT_VALIDATED))
        self._shared.halts.check_step(step, live)
        self._tell(f"{words.describe(step)}, a dry run")
        content = await self._code.content(step, live)
        await self._functions.update_function_code(
            self._name, step, content, live.revision_id, dry_run=True
        )
        return replace(current, notes=(*current.notes, words.VALIDATED))

    async def _check_account(self) -> None:
        """Compare the account that the manifest names, if any, with that of the credentials."""
        named = self._task.spec.function.account
        if named is None:
            return
        caller = await self._read(lambda: self._shared.account(self._task.region))
        if caller != named:
            raise StoppedError(words.other_account(named, caller))

    async def _converge(self) -> Status:
        await self._check_account()
        while await self._patience.retrying(self._advance, self._retry):
            pass
        return Status.UPDATED if self._journal.changed else Status.IN_SYNC

    async def _advance(self) -> bool:
        """Observe, plan, perform the first step; False when there is none."""
        current, live = await self._look()
        if current.steps:
            self._patience.check()
            self._check_room(current.steps, live)
            await self._perform(current.steps[0], live)
            return True
        if current.refusal is not None:
            raise StoppedError(current.refusal)
        return False

    async def _look(self) -> tuple[Plan, LiveFunction]:
        desired = await self._code.desired()
        live = self._live = await self._observer.observe(desired)
        desired = await self._code.looked_into(desired, live)
        current = plan(desired, live)
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

    def _check_room(self, steps: Sequence[Step], live: LiveFunction) -> None:
        """Begin nothing that is known to end half-way: a pin is not relaxed for nothing."""
        relaxes = any(isinstance(s, UpdateFunctionCode) and needs_relaxing(s, live) for s in steps)
        for step in steps if relaxes else steps[:1]:
            self._shared.halts.check_step(step, live)

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
        if isinstance(step, UpdateFunctionCode):
            self._code.forget_live()
            self._check_code(step, receipt)

    def _check_code(self, step: UpdateFunctionCode, receipt: Receipt) -> None:
        """Compare what AWS hashed itself with what was planned."""
        if receipt.code == step.code:
            return
        if not self._code.may_differ:
            raise StoppedError(words.other_code(step, receipt))
        self._code.differs()
        raise ReconcileError(words.other_object(receipt))

    async def _prepare(self, step: Step, live: LiveFunction) -> Awaitable[Receipt]:
        """Make the call, guarded by what was just read, ready to be awaited."""
        match step:
            case UpdateFunctionCode():
                content = await self._content(step, live)
                return self._functions.update_function_code(
                    self._name, step, content, live.revision_id
                )
            case PublishVersion():
                return self._functions.publish_version(self._name, step, live.revision_id)
            case PutRuntimeManagementConfig():
                await self._guard_mode(step, live)
                return self._functions.put_runtime_management_config(self._name, step)

    async def _content(self, step: UpdateFunctionCode, live: LiveFunction) -> CodeContent:
        """Give what is sent; a file here that changes under way is not tried again."""
        if step.live_package or self._code.in_s3:
            return await self._code.content(step, live)
        try:
            return await self._code.content(step, live)
        except ReconcileError as error:
            raise StoppedError(error.failure) from error

    async def _guard_mode(self, step: PutRuntimeManagementConfig, live: LiveFunction) -> None:
        """Read the mode once more: PutRuntimeManagementConfig takes no RevisionId."""
        now = await self._observer.runtime_management_now(step.qualifier)
        if now != live.runtime_management_of(step.qualifier):
            raise ReconcileError(words.mode_changed(now))

    def _retry(self, failure: Failure, seconds: float) -> None:
        """Read everything again before the next try, unless AWS has not even looked at this one."""
        if not failure.throttled:
            self._observer.forget()
            self._code.forget_live()
        self._tell(words.trying_again(failure, seconds))

    def _told_of_pin(self, failure: Failure) -> Failure:
        """Say of a function that it was left without the pin that it had, and is to have."""
        steps = [record.step for record in self._journal.records]
        puts = [
            step.runtime_management.update_runtime_on
            for step in steps
            if isinstance(step, PutRuntimeManagementConfig) and step.qualifier == LATEST
        ]
        declared = self._task.spec.runtime_management
        pinned = declared is not None and declared.update_runtime_on is UpdateRuntimeOn.MANUAL
        relaxed = bool(puts) and puts[-1] is not UpdateRuntimeOn.MANUAL
        return words.pin_is_off(failure) if pinned and relaxed else failure

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
