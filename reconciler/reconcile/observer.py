"""Reading what is live: settled, and no more of it than the manifest declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    PackageType,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    State,
    UpdateFunctionCode,
)
from reconciler.reconcile import words
from reconciler.reconcile.patience import StoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import TypeVar

    from reconciler.aws.protocol import LambdaFunctions, Receipt
    from reconciler.model import (
        DesiredFunction,
        LiveFunction,
        PublishedVersion,
        RuntimeManagement,
        Step,
    )
    from reconciler.reconcile.patience import Patience

    Reading = TypeVar("Reading")


class Observer:
    """
    One function's readings.

    $LATEST is read anew each time. The runtime mode and the newest version are kept
    until a write of ours touches them or is refused: reading them costs the scarce
    quota. Whoever publishes meanwhile makes our PublishVersion a no-op or refuses it,
    and a mode is read once more before it is written.

    A read that fails is tried again by itself, where it is; nothing else is read again
    for it.
    """

    def __init__(
        self,
        functions: LambdaFunctions,
        function_name: str,
        desired: DesiredFunction,
        patience: Patience,
        tell: Callable[[str], None],
    ) -> None:
        self._functions = functions
        self._name = function_name
        self._desired = desired
        self._patience = patience
        self._tell = tell
        self._replaced_revision: str | None = None
        self.forget()

    def forget(self) -> None:
        """Trust nothing that was read before; a RevisionId that we replaced stays replaced."""
        self._mode: RuntimeManagement | None = None
        self._newest: PublishedVersion | None = None
        self._versions_read = False

    def wrote(self, step: Step, live: LiveFunction, receipt: Receipt) -> None:
        """Drop what the accepted step has changed; ``live`` is what it was planned from."""
        match step:
            case UpdateFunctionCode():
                moved = receipt.revision_id not in (None, live.revision_id)
                self._replaced_revision = live.revision_id if moved else None
            case PutRuntimeManagementConfig(qualifier=qualifier):
                if qualifier == LATEST:
                    self._mode = None
                elif self._newest is not None:
                    self._newest = replace(self._newest, runtime_management=None)
            case PublishVersion():
                self._newest = receipt.version

    async def observe(self) -> LiveFunction:
        """Wait until nothing is in progress, and read what is declared."""
        live = await self._settled(
            "$LATEST",
            lambda: self._read(lambda: self._functions.get_function(self._name)),
            self._unsettled,
        )
        if self._reads_mode(live):
            live = replace(live, runtime_management=await self._runtime_management())
        if self._desired.publish is not None:
            newest = await self._newest_version(live)
            live = replace(live, newest_version=newest)
        return live

    async def runtime_management_now(self, qualifier: str) -> RuntimeManagement:
        """Read the mode anew, whatever is kept: the write that follows has no guard."""

        async def read() -> RuntimeManagement:
            return await self._functions.get_runtime_management_config(self._name, qualifier)

        return await self._read(read if qualifier == LATEST else _of_version(qualifier, read))

    def _reads_mode(self, live: LiveFunction) -> bool:
        """Images have no managed runtime, and the call is refused for them."""
        return (
            self._desired.runtime_management is not None and live.package_type != PackageType.IMAGE
        )

    async def _runtime_management(self) -> RuntimeManagement:
        if self._mode is None:
            self._mode = await self.runtime_management_now(LATEST)
        return self._mode

    async def _newest_version(self, live: LiveFunction) -> PublishedVersion | None:
        """
        Find the newest version; look closer only when it carries what is wanted.

        Any other version is history: a new one will be published.
        """
        if not self._versions_read:
            self._newest = await self._read(lambda: self._functions.newest_version(self._name))
            self._versions_read = True
        version = self._newest
        wanted = (
            self._desired.code or live.code,
            self._desired.architecture or live.architecture,
        )
        if version is not None and (version.code, version.architecture) == wanted:
            self._newest = await self._complete(version, live)
        return self._newest

    async def _complete(self, version: PublishedVersion, live: LiveFunction) -> PublishedVersion:
        """Wait until the version is settled, and read its runtime mode where one is declared."""
        number, mode = version.version, version.runtime_management
        if version.state in (None, State.PENDING):

            async def read() -> PublishedVersion:
                return await self._functions.get_version(self._name, number)

            version = await self._settled(
                f"version {number}",
                lambda: self._read(_of_version(number, read)),
                lambda reading: "State is Pending" if reading.state is State.PENDING else None,
            )
        if mode is None and self._reads_mode(live) and version.state is not State.FAILED:
            mode = await self.runtime_management_now(number)
        return replace(version, runtime_management=mode)

    async def _read(self, read: Callable[[], Awaitable[Reading]]) -> Reading:
        """Read, and try again in place; when that does not help, the function stops."""
        try:
            return await self._patience.retrying(
                read, lambda failure, seconds: self._tell(words.trying_again(failure, seconds))
            )
        except ReconcileError as error:
            raise StoppedError(error.failure) from error

    def _unsettled(self, live: LiveFunction) -> str | None:
        """Say what is still going on, or None."""
        if live.in_progress:
            if live.state in (State.PENDING, State.DEACTIVATING):
                return f"State is {live.state}"
            return f"LastUpdateStatus is {live.last_update_status}"
        if live.revision_id is not None and live.revision_id == self._replaced_revision:
            return "the accepted update does not show yet"
        return None

    async def _settled(
        self,
        subject: str,
        read: Callable[[], Awaitable[Reading]],
        unsettled: Callable[[Reading], str | None],
    ) -> Reading:
        """Poll, with growing pauses, until nothing is in progress any more."""
        pauses = self._patience.polls()
        while True:
            reading = await read()
            going_on = unsettled(reading)
            if going_on is None:
                return reading
            self._tell(f"waiting for {subject}: {going_on}")
            await self._patience.pause(next(pauses))
            if self._patience.spent:
                timeout = self._patience.function_timeout
                raise StoppedError(words.unsettled(subject, going_on, timeout))


def _of_version(
    version: str, read: Callable[[], Awaitable[Reading]]
) -> Callable[[], Awaitable[Reading]]:
    """Take a version that is not found for one that does not show yet: it is known to exist."""

    async def attempt() -> Reading:
        try:
            return await read()
        except ReconcileError as error:
            if error.failure.code != "ResourceNotFoundException":
                raise
            raise ReconcileError(words.not_shown_yet(version, error.failure)) from error

    return attempt
