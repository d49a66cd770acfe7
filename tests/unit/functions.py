"""One function of AWS Lambda in memory: it does what it is asked, settles, and fails as told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.aws.protocol import ListedFunction, Receipt
from reconciler.model import (
    LATEST,
    Failure,
    FailureKind,
    LastUpdateStatus,
    LiveFunction,
    PublishedVersion,
    ReconcileError,
    RuntimeManagement,
    State,
)
from tests.unit.builders import AUTO

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from reconciler.model import (
        CodeContent,
        CodeDigest,
        PublishVersion,
        PutRuntimeManagementConfig,
        UpdateFunctionCode,
    )

NOT_FOUND = Failure(
    FailureKind.PERMANENT, "not found", "create it", code="ResourceNotFoundException"
)


class Functions:
    """
    ``calls`` is everything that was asked, in order.

    ``fails`` has by operation what its next calls come to: a Failure, or None for none.
    ``effects`` is called after each write took effect, and before its answer is lost.
    ``polls`` and ``version_polls`` say how many readings show a write in progress,
    ``makes`` the state in which a version ends.
    """

    def __init__(
        self,
        latest: LiveFunction,
        mode: RuntimeManagement = AUTO,
        versions: tuple[PublishedVersion, ...] = (),
    ) -> None:
        self.latest = replace(latest, newest_version=None, runtime_management=None)
        self.modes = {LATEST: mode} | {
            version.version: version.runtime_management or AUTO for version in versions
        }
        self.versions = list(versions)
        self.calls: list[str] = []
        self.sent: list[CodeContent] = []
        self.fails: defaultdict[str, list[Failure | None]] = defaultdict(list)
        self.lost: set[str] = set()
        self.effects: Callable[[str], None] = lambda _: None
        self.polls = 0
        self.version_polls = 0
        self.stores: CodeDigest | None = None
        self.makes = State.ACTIVE
        self._pending = 0
        self._version_pending = 0
        self._revisions = 1

    async def get_function(self, function_name: str) -> LiveFunction:
        """Read $LATEST; the hash is the new one while the update is in progress."""
        self._asked("GetFunction", function_name)
        if self._pending:
            self._pending -= 1
            return replace(self.latest, last_update_status=LastUpdateStatus.IN_PROGRESS)
        return self.latest

    async def get_version(self, function_name: str, version: str) -> PublishedVersion:
        """Read one version."""
        self._asked("GetFunction", function_name, version)
        found = [each for each in self.versions if each.version == version]
        if not found:
            raise ReconcileError(NOT_FOUND)
        pending = self._version_pending
        self._version_pending = max(pending - 1, 0)
        state = State.PENDING if pending else found[0].state or State.ACTIVE
        return replace(found[0], state=state, runtime_management=None)

    async def live_package(self, function_name: str, code: CodeDigest) -> bytes:
        """Give some bytes."""
        self._asked("package", function_name, str(code))
        return b"the live package"

    async def get_runtime_management_config(
        self, function_name: str, qualifier: str
    ) -> RuntimeManagement:
        """Read a mode; it can fail by its qualifier."""
        self._asked("GetRuntimeManagementConfig", function_name, qualifier)
        if self.fails[f"mode {qualifier}"]:
            raise ReconcileError(self.fails[f"mode {qualifier}"].pop(0) or NOT_FOUND)
        return self.modes[qualifier]

    async def newest_version(self, function_name: str) -> PublishedVersion | None:
        """List: without states."""
        self._asked("ListVersionsByFunction", function_name)
        newest = self.versions[-1] if self.versions else None
        return newest and replace(newest, state=None, runtime_management=None)

    async def list_functions(
        self, *, all_versions: bool = False
    ) -> AsyncIterator[tuple[ListedFunction, ...]]:
        """List itself, and its versions where they are asked for."""
        self.calls.append("ListFunctions ALL" if all_versions else "ListFunctions")
        found = [(LATEST, self.latest.code, self.latest.revision_id)]
        found += [(each.version, each.code, None) for each in self.versions if all_versions]
        yield tuple(
            ListedFunction("orders-api", version, code, self.latest.architecture, revision)
            for version, code, revision in found
        )

    async def update_function_code(
        self,
        function_name: str,
        step: UpdateFunctionCode,
        content: CodeContent,
        revision_id: str | None,
        *,
        dry_run: bool = False,
    ) -> Receipt:
        """Store the code, and be busy for a while."""
        asked = "DryRun" if dry_run else "UpdateFunctionCode"
        self._asked(asked, function_name, step.architecture, f"if {revision_id}")
        self.sent.append(content)
        if dry_run:
            return Receipt("dry")
        self._pending = self.polls
        code = self.stores or step.code
        self.change(code=code, architecture=step.architecture)
        return self._answer("UpdateFunctionCode", Receipt("r", self.latest.revision_id, code))

    async def publish_version(
        self, function_name: str, step: PublishVersion, revision_id: str | None
    ) -> Receipt:
        """Publish what is live; AUTO is what a new version has."""
        self._asked("PublishVersion", function_name, str(step.description), f"if {revision_id}")
        number = str(len(self.versions) + 1)
        self._version_pending = self.version_polls
        state = State.PENDING if self.version_polls else self.makes
        made = PublishedVersion(number, self.latest.code, self.latest.architecture, state)
        self.versions.append(made)
        self.modes[number] = AUTO
        self.change()
        receipt = Receipt("r", self.latest.revision_id, self.latest.code, made)
        self.versions[-1] = replace(made, state=self.makes)
        return self._answer("PublishVersion", receipt)

    async def put_runtime_management_config(
        self, function_name: str, step: PutRuntimeManagementConfig
    ) -> Receipt:
        """Set a mode."""
        mode = step.runtime_management.update_runtime_on
        self._asked("PutRuntimeManagementConfig", function_name, step.qualifier, str(mode))
        self.modes[step.qualifier] = step.runtime_management
        return self._answer("PutRuntimeManagementConfig", Receipt("r"))

    def change(self, **members: object) -> None:
        """Change $LATEST, as anybody may; its RevisionId moves."""
        self._revisions += 1
        moved = f"revision-{self._revisions}" if self.latest.revision_id else None
        self.latest = replace(self.latest, revision_id=moved, **members)  # type: ignore[arg-type]  # any member

    def _asked(self, operation: str, function_name: str, *more: str) -> None:
        assert function_name == "orders-api"
        self.calls.append(" ".join([operation, *more]))
        failure = self.fails[operation].pop(0) if self.fails[operation] else None
        if failure is not None:
            raise ReconcileError(failure)

    def _answer(self, operation: str, receipt: Receipt) -> Receipt:
        self.effects(operation)
        if operation in self.lost:
            self.lost.discard(operation)
            raise ReconcileError(
                Failure(FailureKind.TEMPORARY, "no answer", "run again", outcome_unknown=True)
            )
        return receipt
