"""Reading what is live: settled, and no more of it than the manifest declares."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    LastUpdateStatus,
    PackageType,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    State,
    UpdateFunctionCode,
)
from reconciler.reconcile import words
from reconciler.reconcile.moves import Moves
from reconciler.reconcile.patience import Reader, StoppedError
from reconciler.reconcile.versions import Versions

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
    from reconciler.reconcile.journal import Write
    from reconciler.reconcile.patience import Patience
    from reconciler.reconcile.shared import Newest

    Reading = TypeVar("Reading")


_LOOKS = 3
"""
How often a reading is doubted that shows what an accepted write has replaced.

A write may have changed nothing, or a rival may have undone it, so that there is an end.
"""


class Observer:
    """
    One function's readings.

    $LATEST is read anew each time. The runtime mode and the newest version are kept
    until a write of ours touches them or is refused: reading them costs the scarce
    quota. Whoever publishes meanwhile makes our PublishVersion a no-op or refuses it, or
    moves the RevisionId, so that the versions are listed anew. A mode is read once more
    before it is written.

    A read that fails is tried again by itself, where it is; nothing else is read again
    for it.
    """

    def __init__(
        self,
        functions: LambdaFunctions,
        function_name: str,
        patience: Patience,
        tell: Callable[[str], None],
        listed: Callable[[str | None], Awaitable[Newest | None]],
    ) -> None:
        self._functions = functions
        self._name = function_name
        self._patience = patience
        self._tell = tell
        self._read = Reader(patience, tell)
        self.waits_for_versions = True
        self._waited = 0
        self._replaced_revision: str | None = None
        self._moves = Moves()
        self._doubts: dict[object, int] = {}
        self._mode: RuntimeManagement | None = None
        self._versions = Versions(functions, function_name, self._read, listed)

    def forget(self) -> None:
        """Trust nothing that was read before; a RevisionId that we replaced stays replaced."""
        self._mode = None
        self._versions.forget()

    def wrote(self, step: Step, live: LiveFunction, receipt: Receipt) -> None:
        """Drop what the accepted step has changed; ``live`` is what it was planned from."""
        self._moves.wrote(step)
        self._versions.wrote(step, receipt)
        match step:
            case UpdateFunctionCode():
                moved = receipt.revision_id not in (None, live.revision_id)
                self._replaced_revision = live.revision_id if moved else None
            case PutRuntimeManagementConfig(qualifier=qualifier):
                self._doubts[qualifier, live.runtime_management_of(qualifier)] = _LOOKS
                if qualifier == LATEST:
                    self._mode = None
            case PublishVersion():
                self._doubts[live.revision_id] = _LOOKS if live.revision_id else 0

    async def observe(self, desired: DesiredFunction) -> LiveFunction:
        """Wait until nothing is in progress, and read what is declared."""
        while True:
            live = await self._latest(desired)
            if desired.publish is None:
                return live
            if await self._versions.unneeded(desired, live):
                return replace(live, versions_unread=True)
            since = self._waited
            newest = await self._newest_version(desired, live)
            if self._waited == since:  # else for a version, perhaps minutes: read $LATEST again
                return replace(live, newest_version=newest)

    async def _latest(self, desired: DesiredFunction) -> LiveFunction:
        """Read $LATEST when it has settled, and its mode where that counts."""
        live = await self._settled(
            "$LATEST",
            lambda: self._read(lambda: self._functions.get_function(self._name)),
            self._unsettled,
        )
        if self._moves.foreign(live, self._versions.newest):
            self._versions.forget()
        if _reads_mode(desired, live):
            live = replace(live, runtime_management=await self._runtime_management())
        return live

    async def glance(self, write: Write) -> tuple[str | None, LiveFunction]:
        """
        Look once at what became of an accepted write; the first says what still goes on.

        A mode is put when AWS says so. Nothing is tried again.
        """
        version = write.receipt.version if write.receipt else None
        if isinstance(write.step, UpdateFunctionCode):
            live = await self._functions.get_function(self._name)
            return self._unsettled(live), live
        if version is None:
            return None, write.before
        if version.state is None or self._pending(version):
            version = await self._functions.get_version(self._name, version.version)
        seen = replace(write.before, revision_id=None, newest_version=version)
        return self._pending(version), seen

    async def runtime_management_now(self, qualifier: str) -> RuntimeManagement:
        """Read the mode anew, whatever is kept: the write that follows has no guard."""

        async def read() -> RuntimeManagement:
            return await self._functions.get_runtime_management_config(self._name, qualifier)

        return await self._read(read if qualifier == LATEST else _of_version(qualifier, read))

    async def _runtime_management(self) -> RuntimeManagement:
        if self._mode is None:
            self._mode = await self._mode_shown(LATEST)
        return self._mode

    async def _mode_shown(self, qualifier: str) -> RuntimeManagement:
        """Read a mode, and doubt for a while the one that was replaced."""
        pauses = self._patience.polls()
        while True:
            mode = await self.runtime_management_now(qualifier)
            if not self._doubted((qualifier, mode)):
                return mode
            self._tell(f"waiting for {qualifier}: the accepted mode does not show yet")
            await self._patience.pause(next(pauses))

    def _doubted(self, reading: object) -> bool:
        """Whether this is what an accepted write replaced, and may be from before it."""
        self._doubts[reading] = self._doubts.get(reading, 0) - 1
        return self._doubts[reading] >= 0

    async def _newest_version(
        self, desired: DesiredFunction, live: LiveFunction
    ) -> PublishedVersion | None:
        """
        Find the newest version; look closer only when it carries what is wanted.

        Any other version is history: a new one will be published.
        """
        version = await self._versions.look(desired, live)
        wanted = (desired.code or live.code, desired.architecture or live.architecture)
        if version is not None and (version.code, version.architecture) == wanted:
            has_mode = desired.runtime_management is not None and not _is_image(live)
            self._versions.newest = await self._complete(version, reads_mode=has_mode)
        return self._versions.newest

    async def _complete(self, version: PublishedVersion, *, reads_mode: bool) -> PublishedVersion:
        """Wait until the version is settled, and read its runtime mode where one is declared."""
        number, mode = version.version, version.runtime_management
        if version.state is None or self._pending(version):

            async def read() -> PublishedVersion:
                return await self._functions.get_version(self._name, number)

            with self._patience.for_version():
                version = await self._settled(
                    f"version {number}",
                    lambda: self._read(_of_version(number, read)),
                    self._pending,
                )
        if mode is None and reads_mode and version.state not in (State.FAILED, State.PENDING):
            mode = await self._mode_shown(number)
        return replace(version, runtime_management=mode)

    def _pending(self, version: PublishedVersion) -> str | None:
        """Say that a version is not finished, unless it is only to be shown."""
        if not self.waits_for_versions:
            return None
        if version.last_update_status is LastUpdateStatus.IN_PROGRESS:
            return "LastUpdateStatus is InProgress"
        return "State is Pending" if version.state is State.PENDING else None

    def _unsettled(self, live: LiveFunction) -> str | None:
        """Say what is still going on, or None."""
        if live.in_progress:
            if live.state in (State.PENDING, State.DEACTIVATING):
                return f"State is {live.state}"
            return f"LastUpdateStatus is {live.last_update_status}"
        if live.revision_id is not None and live.revision_id == self._replaced_revision:
            return "the accepted update does not show yet"
        if self._doubted(live.revision_id):
            return "the accepted version does not show yet"
        return None

    async def _settled(
        self,
        subject: str,
        read: Callable[[], Awaitable[Reading]],
        unsettled: Callable[[Reading], str | None],
    ) -> Reading:
        """Poll, with growing pauses, until nothing is in progress any more."""
        pauses = self._patience.polls()
        going_on: str | None = None
        while True:
            try:
                reading = await read()
            except StoppedError as error:
                if going_on is None or error.failure != words.out_of_time(self._patience.limit):
                    raise
                raise self._too_long(subject, going_on) from error
            going_on = unsettled(reading)
            if going_on is None:
                return reading
            self._waited += 1
            self._tell(f"waiting for {subject}: {going_on}")
            await self._patience.pause(next(pauses))
            if self._patience.spent:
                raise self._too_long(subject, going_on)

    def _too_long(self, subject: str, going_on: str) -> StoppedError:
        return StoppedError(words.unsettled(subject, going_on, self._patience.limit))


def _reads_mode(desired: DesiredFunction, live: LiveFunction) -> bool:
    """
    Whether the mode counts: it is declared, or may stand in the way of another architecture.

    Images have no managed runtime, and the call is refused for them.
    """
    moves = desired.architecture not in (None, live.architecture)
    return (desired.runtime_management is not None or moves) and not _is_image(live)


def _is_image(live: LiveFunction) -> bool:
    return live.package_type == PackageType.IMAGE


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
