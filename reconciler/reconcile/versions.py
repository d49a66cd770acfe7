"""What is known of a function's newest version, and how much of it has to be known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    LATEST_PUBLISHED,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
)
from reconciler.planner import sends_new_code

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.aws.protocol import LambdaFunctions, Receipt
    from reconciler.model import (
        Architecture,
        CodeDigest,
        DesiredFunction,
        LiveFunction,
        PublishedVersion,
        Step,
    )
    from reconciler.reconcile.patience import Reader
    from reconciler.reconcile.shared import Newest


class Versions:
    """
    ``newest`` is None when there is none, or when it is not ``known``.

    To list versions costs the scarce quota, and code that goes out is to be published anyway,
    unless it was before: somebody changed $LATEST by hand, and it gets back what the newest
    version has. Whether it is so is guessed with GetFunction, which has a quota of its own, and
    only a guess that it is so is confirmed by a list. Where the guess misses it, one version more
    is made.

    ``listed`` tells what is known from a list of all functions. Once a call failed or somebody
    else was met on the way, nothing is guessed and nobody believed.
    """

    def __init__(
        self,
        functions: LambdaFunctions,
        function_name: str,
        read: Reader,
        listed: Callable[[str | None], Awaitable[Newest | None]],
    ) -> None:
        self._functions = functions
        self._name = function_name
        self._read = read
        self._listed = listed
        self.newest: PublishedVersion | None = None
        self.known = False
        self._alone = True
        self._unneeded: bool | None = None

    def forget(self) -> None:
        """Look again: a call failed, or $LATEST was moved by somebody else."""
        self.known = self._alone = False

    def wrote(self, step: Step, receipt: Receipt) -> None:
        """Follow an accepted write of ours."""
        if isinstance(step, PublishVersion):
            self.newest, self.known = receipt.version, True
        elif isinstance(step, PutRuntimeManagementConfig) and step.qualifier != LATEST:
            self.newest = self.newest and replace(self.newest, runtime_management=None)

    async def unneeded(self, desired: DesiredFunction, live: LiveFunction) -> bool:
        """
        Whether code goes out, or has just gone out, that nobody has published before.

        Then there is to be a version, whatever the newest one carries.
        """
        if self.known or not self._alone or _in_place(desired):
            return False
        if self._unneeded is None:
            self._unneeded = sends_new_code(desired, live) and not await self._may_carry(
                desired.code or live.code, desired.architecture or live.architecture
            )
        return self._unneeded

    async def look(self, desired: DesiredFunction, live: LiveFunction) -> PublishedVersion | None:
        """Give the newest version, which is read unless it is known."""
        if not self.known:
            if _in_place(desired):
                self.newest = await self._read(lambda: self._version(LATEST_PUBLISHED))
            else:
                self.newest = await self._find(live.revision_id)
            self.known = True
        return self.newest

    async def _find(self, revision_id: str | None) -> PublishedVersion | None:
        listed = await self._read.aside(self._listed(revision_id)) if self._alone else None
        if listed is not None:
            return listed.version
        return await self._read(lambda: self._functions.newest_version(self._name))

    async def _may_carry(self, code: CodeDigest, architecture: Architecture) -> bool:
        last = await self._last_in_sequence()
        return last is not None and (last.code, last.architecture) == (code, architecture)

    async def _last_in_sequence(self) -> PublishedVersion | None:
        """
        Find the last version before the first number that is missing, by GetFunction.

        Numbers are given out in sequence and never again; where older versions were deleted
        there is a gap (developer guide, configuration-versions).
        """
        last, low, high = None, 0, 1
        while (found := await self._numbered(high)) is not None:
            last, low, high = found, high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            found = await self._numbered(middle)
            last, low, high = (last, low, middle) if found is None else (found, middle, high)
        return last

    async def _numbered(self, number: int) -> PublishedVersion | None:
        return await self._read(lambda: self._version(str(number)))

    async def _version(self, version: str) -> PublishedVersion | None:
        """Read a version that need not be there."""
        try:
            return await self._functions.get_version(self._name, version)
        except ReconcileError as error:
            if error.failure.code != "ResourceNotFoundException":
                raise
            return None


def _in_place(desired: DesiredFunction) -> bool:
    return desired.publish is not None and desired.publish.to_latest_published
