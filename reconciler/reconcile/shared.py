"""What the functions of one run share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from reconciler.artifacts import Room
from reconciler.model import Failure, PublishVersion, Scope, UpdateFunctionCode
from reconciler.reconcile import words
from reconciler.reconcile.patience import StoppedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.artifacts import Package
    from reconciler.model import CodeSource, LiveFunction, PublishedVersion, Step
    from reconciler.reconcile.task import Task


class HaltedError(StoppedError):
    """What another function met would befall this one too, so that it is not tried."""


class RemoteArtifacts(Protocol):
    """Packages that lie in S3 and ECR, each looked up once for all functions."""

    async def resolve(self, source: CodeSource, region: str) -> Package:
        """Find out what the source is right now. Raises ReconcileError."""

    def forget(self, source: CodeSource, region: str) -> None:
        """Look it up again next time: it is known to have moved."""


@dataclass(frozen=True, slots=True)
class Newest:
    """What somebody who lists all functions knows: the newest version, or that there is none."""

    version: PublishedVersion | None


class NewestVersions(Protocol):
    """Newest versions, read for many functions at once."""

    async def newest(self, task: Task, revision_id: str | None) -> Newest | None:
        """Tell what was newest when $LATEST had this RevisionId, or None when nobody knows."""


class Nobody:
    """Knows no version."""

    async def newest(self, task: Task, revision_id: str | None) -> Newest | None:
        """Tell nothing."""


class Halts:
    """Failures of one function that others need not repeat."""

    def __init__(self) -> None:
        self._run: Failure | None = None
        self._storage: dict[tuple[str, str], Failure] = {}

    def note(self, failure: Failure, account: str | None, region: str) -> None:
        """Take note of what one function met; the first failure counts."""
        if failure.scope is Scope.RUN:
            self._run = self._run or failure
        elif failure.scope is Scope.REGION and account is not None:
            self._storage.setdefault((account, region), failure)

    def check(self) -> None:
        """Raise when no call would be answered any more."""
        if self._run is not None:
            raise HaltedError(self._run)

    def check_step(self, step: Step, live: LiveFunction) -> None:
        """Raise when there is no room for the code that this step would have AWS store."""
        full = self._storage.get((live.account, live.region))
        if full is not None and _stores_code(step, live):
            raise HaltedError(words.not_sent(step, full))


def _stores_code(step: Step, live: LiveFunction) -> bool:
    """
    Whether AWS would need room for a copy of the code.

    A package that stays in the user's own bucket does not count (developer guide,
    configuration-self-managed-storage).
    """
    return isinstance(step, UpdateFunctionCode | PublishVersion) and live.s3_location is None


@dataclass(frozen=True, slots=True)
class Shared:
    """
    ``account`` tells whose the credentials are, for a region's endpoint.

    ``room`` is for the bytes of packages, and shared by all functions of the process.
    """

    artifacts: RemoteArtifacts
    account: Callable[[str], Awaitable[str]]
    halts: Halts = field(default_factory=Halts)
    room: Room = field(default_factory=Room)
    versions: NewestVersions = field(default_factory=Nobody)
