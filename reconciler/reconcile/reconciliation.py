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
    PutRuntimeManagementConfig,
    ReconcileError,
    Scope,
    Status,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)
from reconciler.planner import needs_relaxing, plan
from reconciler.reconcile import words
from reconciler.reconcile.approved import Approved, basis_of
from reconciler.reconcile.code import Code
from reconciler.reconcile.journal import Journal, failed
from reconciler.reconcile.observer import Observer
from reconciler.reconcile.patience import InterruptedRunError, Reader, StoppedError
from reconciler.reconcile.rivals import foreign_changes
from reconciler.reconcile.shared import HaltedError
from reconciler.reconcile.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.model import Basis, Change, Failure, LiveFunction, Step
    from reconciler.reconcile.patience import Patience
    from reconciler.reconcile.shared import Shared
    from reconciler.reconcile.task import Task

_log = logging.getLogger(__name__)


class Reconciliation:
    """
    One function in one run. ``show`` and ``apply`` are two executors of the same plan.

    ``live`` is the last reading; one of an earlier executor may be put in its place, so
    that what changed since is noticed.
    """

    def __init__(
        self,
        task: Task,
        functions: LambdaFunctions,
        patience: Patience,
        shared: Shared,
        tell: Callable[[str], None],
    ) -> None:
        self._task = task
        self._patience = patience
        self._shared = shared
        self._tell = tell
        self._read = Reader(patience, tell)
        self._code = Code(task, functions, shared.artifacts, shared.room, self._read)
        self._observer = Observer(
            functions,
            self._code.function_name,
            patience,
            tell,
            lambda revision_id: shared.versions.newest(task, revision_id),
        )
        self._journal = Journal()
        self._approved = Approved(task.approved, self._journal)
        self._writer = Writer(functions, self._code, self._observer, self._journal, tell)
        self.live: LiveFunction | None = None
        self._first_plan: Plan | None = None
        self._first_basis: Basis | None = None
        self._basis: Basis | None = None
        self._to_do: tuple[Step, ...] = ()
        self._foreign_changes: tuple[Change, ...] = ()

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
        self._approved.check_manifest()
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
            await self._last_look()
            return self.interrupted()
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

    def interrupted(self) -> FunctionResult:
        """Say how far it came, without waiting for anything."""
        if self._journal.untouched:
            return self._result(Status.NOT_ATTEMPTED)
        write = self._journal.in_flight
        failure = words.interrupted(write.step if write else None)
        return self._result(Status.INTERRUPTED, self._told_of_pin(failure))

    async def _last_look(self) -> None:
        """Read once how the write stands that nobody will wait for any more."""
        write = self._journal.in_flight
        if write is None or write.receipt is None:
            return
        try:
            going_on, live = await self._patience.last_look(self._observer.glance(write))
        except Exception:  # noqa: BLE001 - nothing may keep the report from being written
            _log.debug("no last look", exc_info=True)
            return
        if going_on is None:
            self._journal.settle(live)
        else:
            self._journal.left(going_on)

    async def _plan_only(self, *, server_side: bool) -> Status:
        await self._check_account()

        async def look() -> Plan:
            current, live = await self._look()
            validates = server_side and current.refusal is None
            return await self._validated(current, live) if validates else current

        current = self._first_plan = await self._patience.retrying(look, self._retry)
        self._first_basis = self._basis
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
        await self._writer.validate(step, live)
        return replace(current, notes=(*current.notes, words.VALIDATED))

    async def _check_account(self) -> None:
        """Compare the account that the manifest names, if any, with that of the credentials."""
        named = self._task.spec.function.account
        if named is None:
            return
        caller = await self._read(lambda: self._shared.account(self._task.region))
        if caller != named:
            raise StoppedError(words.other_account(named, caller, self._task.spec.target))

    def _check_live(self, live: LiveFunction) -> None:
        """Compare the account that AWS answers for: keys that were renewed may be another's."""
        named = self._task.spec.function.account
        if named is not None and live.account != named:
            raise StoppedError(words.other_account(named, live.account, self._task.spec.target))

    async def _converge(self) -> Status:
        await self._check_account()
        while await self._patience.retrying(self._advance, self._retry):
            pass
        return Status.UPDATED if self._journal.changed else Status.IN_SYNC

    async def _advance(self) -> bool:
        """Observe, plan, perform the first step; False when there is none."""
        current, live = await self._look()
        self._to_do = current.steps
        if current.steps:
            self._patience.check()
            self._check_room(current.steps, live)
            await self._writer.perform(current.steps[0], live)
            return True
        if current.refusal is not None:
            raise StoppedError(current.refusal)
        return False

    async def _look(self) -> tuple[Plan, LiveFunction]:
        desired = await self._code.desired()
        live = await self._observer.observe(desired)
        self._check_live(live)
        self._note_foreign_changes(live)
        desired = await self._code.looked_into(desired, live)
        current, basis = plan(desired, live), basis_of(desired, live)
        self._basis = basis
        if self._first_plan is None:
            self._first_plan, self._first_basis = current, basis
        ended = self._journal.settle(live)
        if ended is not None and isinstance(ended.step, UpdateFunctionCode) and failed(live):
            raise StoppedError(
                reasons.failure(
                    "AWS accepted the code and then the update failed",
                    live.last_update_status_reason_code,
                    live.last_update_status_reason,
                )
            )
        if not self._task.spec.suspend:
            self._approved.check(basis, current)
        return current, live

    def _note_foreign_changes(self, live: LiveFunction) -> None:
        before, self.live = self.live, live
        if before is not None:
            found = foreign_changes(before, self._journal.unsettled, live)
            new = (change for change in found if change not in self._foreign_changes)
            self._foreign_changes += tuple(new)

    def _check_room(self, steps: Sequence[Step], live: LiveFunction) -> None:
        """Begin nothing that is known to end half-way: a pin is not relaxed for nothing."""
        relaxes = any(isinstance(s, UpdateFunctionCode) and needs_relaxing(s, live) for s in steps)
        for step in steps if relaxes else steps[:1]:
            self._shared.halts.check_step(step, live)

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
            account=self.live.account if self.live else self._task.spec.function.account,
            region=self._task.region,
            plan=self._first_plan,
            steps=self._journal.close(self._to_do, well=failure is None),
            failure=failure,
            foreign_changes=self._foreign_changes,
            revision_id=self.live.revision_id if self.live else None,
            basis=self._first_basis,
        )
