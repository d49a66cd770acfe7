"""Sending one step: everything that it needs at hand first, guarded by what was just read."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from reconciler.model import (
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    UpdateFunctionCode,
)
from reconciler.reconcile import words
from reconciler.reconcile.patience import InterruptedRunError, StoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.aws.protocol import LambdaFunctions, Receipt
    from reconciler.model import CodeContent, LiveFunction, Step
    from reconciler.reconcile.code import Code
    from reconciler.reconcile.journal import Journal
    from reconciler.reconcile.observer import Observer

_SAME_STEP_AT_MOST = 2
"""A step that was done twice and is wanted once more is a fight with somebody else."""


class Writer:
    """One function's writes, each noted in the journal before it goes out and after."""

    def __init__(
        self,
        functions: LambdaFunctions,
        code: Code,
        observer: Observer,
        journal: Journal,
        tell: Callable[[str], None],
    ) -> None:
        self._functions = functions
        self._name = code.function_name
        self._code = code
        self._observer = observer
        self._journal = journal
        self._tell = tell

    async def perform(self, step: Step, live: LiveFunction) -> None:
        """Send the step that was planned from ``live``. Raises ReconcileError."""
        done = self._journal.times_done(step)
        if done >= _SAME_STEP_AT_MOST:
            raise StoppedError(words.undone(step, done))
        self._tell(words.describe(step))
        async with contextlib.AsyncExitStack() as held:
            send = await self._prepare(step, live, held)
            self._journal.begin(step, live)
            receipt = await self._send(send)
        self._journal.answered(receipt)
        self._observer.wrote(step, live, receipt)
        if isinstance(step, UpdateFunctionCode):
            self._code.forget_live()
            self._check_code(step, receipt)

    async def _send(self, send: Awaitable[Receipt]) -> Receipt:
        """Send what the journal has begun, and note what came of it when nothing did."""
        try:
            return await send
        except (InterruptedRunError, StoppedError):  # it was not its turn yet
            self._journal.withdrawn()
            raise
        except ReconcileError as error:
            if not error.failure.outcome_unknown:
                self._journal.refused(error.failure.request_id)
            raise

    async def validate(self, step: UpdateFunctionCode, live: LiveFunction) -> None:
        """Let AWS check the update by a dry run, which changes nothing. Raises ReconcileError."""
        self._tell(f"{words.describe(step)}, a dry run")
        async with contextlib.AsyncExitStack() as held:
            content = await self._code.content(step, live, held)
            await self._functions.update_function_code(
                self._name, step, content, live.revision_id, dry_run=True
            )

    def _check_code(self, step: UpdateFunctionCode, receipt: Receipt) -> None:
        """Compare what AWS hashed itself with what was planned."""
        if receipt.code == step.code:
            return
        if not self._code.may_differ:
            raise StoppedError(words.other_code(step, receipt))
        self._code.differs()
        raise ReconcileError(words.other_object(receipt))

    async def _prepare(
        self, step: Step, live: LiveFunction, held: contextlib.AsyncExitStack
    ) -> Awaitable[Receipt]:
        """Make the call, guarded by what was just read, ready to be awaited."""
        match step:
            case UpdateFunctionCode():
                content = await self._content(step, live, held)
                return self._functions.update_function_code(
                    self._name, step, content, live.revision_id
                )
            case PublishVersion():
                return self._functions.publish_version(self._name, step, live.revision_id)
            case PutRuntimeManagementConfig():
                await self._guard_mode(step, live)
                return self._functions.put_runtime_management_config(self._name, step)

    async def _content(
        self, step: UpdateFunctionCode, live: LiveFunction, held: contextlib.AsyncExitStack
    ) -> CodeContent:
        """Give what is sent; a file here that changes under way is not tried again."""
        if step.live_package or self._code.in_s3:
            return await self._code.content(step, live, held)
        try:
            return await self._code.content(step, live, held)
        except ReconcileError as error:
            raise StoppedError(error.failure) from error

    async def _guard_mode(self, step: PutRuntimeManagementConfig, live: LiveFunction) -> None:
        """Read the mode once more: PutRuntimeManagementConfig takes no RevisionId."""
        now = await self._observer.runtime_management_now(step.qualifier)
        if now != live.runtime_management_of(step.qualifier):
            raise ReconcileError(words.mode_changed(now))
