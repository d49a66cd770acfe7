"""The functions of all accounts and regions, under one lock and one clock."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import LATEST
from reconciler.sandbox import changes, errors, names, state
from reconciler.sandbox.packages import NoArtifacts, make_package
from reconciler.sandbox.state import Function, FunctionConfiguration, Transition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Unpack

    from reconciler.model import RuntimeManagement
    from reconciler.sandbox.names import Target
    from reconciler.sandbox.packages import Artifacts
    from reconciler.sandbox.requests import CodeMembers, PublishVersionRequest, StatusMembers
    from reconciler.sandbox.state import FailWith, Package


class Store:
    """
    What the control plane's operations share: looking up, settling, beginning changes.

    Changes end lazily: whoever looks at a function after its change is due sees it ended.
    ``snap_start_settle`` is for how many seconds a version that has to be initialised
    (SnapStart, Managed Instances) stays Pending; None means ``settle``.
    """

    def __init__(
        self,
        *,
        settle: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        artifacts: Artifacts | None = None,
    ) -> None:
        self.settle = settle
        self.snap_start_settle: float | None = None
        self.clock = clock
        self._own_settle: float | None = None
        # Both are unknown on AWS. The first default is the harder case for a caller that
        # pins a runtime, the second the plainer reading of an API without a RevisionId.
        self.versions_inherit_runtime_management = False
        self.runtime_management_changes_revision = False
        self._artifacts = artifacts or NoArtifacts()
        self._functions: dict[tuple[str, str, str], Function] = {}
        self._last_versions: dict[tuple[str, str, str], int] = {}
        self._contents: dict[str, bytes] = {}
        self._lock = threading.RLock()

    def exists(self, target: Target) -> bool:
        """Say whether a function exists."""
        with self._lock:
            return target.key in self._functions

    def set_status(
        self,
        function_name: str,
        *,
        region: str = names.DEFAULT_REGION,
        qualifier: str | None = None,
        **members: Unpack[StatusMembers],
    ) -> FunctionConfiguration:
        """Put a version into any status, for good; a change under way is forgotten."""
        target = names.read_target(function_name, region, qualifier)
        with self._lock:
            function = self._function(target)
            configuration = replace(self._configuration(target), **members)
            function.transitions.pop(configuration.version, None)
            function.configurations[configuration.version] = configuration
            return configuration

    def replicate(
        self, function_name: str, qualifier: str, *, region: str, to_region: str
    ) -> FunctionConfiguration:
        """
        Copy a version to another region, as Lambda@Edge does.

        The replica's name begins with the master's region (developer guide of CloudFront:
        lambda-edge-testing-debugging); AWS shows its MasterArn.
        """
        target = names.read_target(function_name, region, qualifier)
        with self._lock:
            master = self._configuration(target)
            replica = replace(
                master,
                region=to_region,
                function_name=f"{region}.{master.function_name}",
                version=LATEST,
                master_arn=target.arn,
                revision_id=state.new_revision_id(),
            )
            key = (replica.account, to_region, replica.function_name)
            self._functions[key] = Function({LATEST: replica})
            return replica

    def settle_now(self, function_name: str, *, region: str = names.DEFAULT_REGION) -> None:
        """End every change of a function that is under way, whatever the clock says."""
        target = names.read_target(function_name, region)
        with self._lock:
            self._function(target).settle(float("inf"))

    @contextlib.contextmanager
    def taking(self, seconds: float | None) -> Iterator[None]:
        """
        Let the changes that are begun within take so long, a new version's too.

        Nobody else acts meanwhile. None lets them take the time of all others.
        """
        if seconds is None:
            yield
            return
        with self._lock:
            self._own_settle = seconds
            try:
                yield
            finally:
                self._own_settle = None

    def content(self, code_sha256: str) -> bytes | None:
        """Hand out the bytes of a zip file that was ever deployed."""
        with self._lock:
            return self._contents.get(code_sha256)

    def _settled(self, key: tuple[str, str, str]) -> Function:
        function = self._functions[key]
        function.settle(self.clock())
        return function

    def _function(self, target: Target) -> Function:
        if target.key not in self._functions:
            raise errors.function_not_found(target.arn)
        return self._settled(target.key)

    def _configuration(self, target: Target) -> FunctionConfiguration:
        function = self._function(target)
        configuration = function.configurations.get(function.version_of(target.version))
        if configuration is None:
            raise errors.function_not_found(target.arn)
        return configuration

    def _writable(self, target: Target) -> tuple[Function, RuntimeManagement]:
        function = self._function(target)
        changes.check_writable(function.latest)
        return function, function.mode(LATEST)

    def _package(self, code: CodeMembers, region: str) -> Package:
        package = make_package(code, region, self._artifacts)
        if package.content is not None:
            self._contents[package.code_sha256] = package.content
        return package

    def _transition(self, fail_with: FailWith | None, seconds: float | None = None) -> Transition:
        """Give the end of a change: a fault's own time counts, then ``seconds``."""
        settle = next(each for each in (self._own_settle, seconds, self.settle) if each is not None)
        return Transition(self.clock() + settle, fail_with)

    def _update(
        self,
        function: Function,
        updated: FunctionConfiguration,
        fail_with: FailWith | None,
    ) -> FunctionConfiguration:
        latest = state.updating(changes.with_runtime_of(updated, function.mode(LATEST)))
        function.changed = True
        function.begin(latest, self._transition(fail_with))
        return latest

    def _publish(
        self,
        target: Target,
        function: Function,
        request: PublishVersionRequest,
        fail_with: FailWith | None,
    ) -> FunctionConfiguration:
        """Cut a version, which is Active at once unless something is still under way."""
        latest, description = function.latest, request.get("Description")
        if request.get("PublishTo") is None:
            version = function.next_version(description)
        else:
            version = function.cut(state.LATEST_PUBLISHED, description)
        self._last_versions[target.key] = function.last_version
        if self.versions_inherit_runtime_management:
            function.runtime_management[version.version] = function.mode(LATEST)
        slow = latest.managed or latest.snap_start == "PublishedVersions"
        asked_for = fail_with is not None or self._own_settle is not None
        if slow or asked_for or LATEST in function.transitions:
            return self._publish_slowly(function, version, fail_with, slow=slow)
        version = state.active(version)
        function.configurations[version.version] = version
        return version

    def _publish_slowly(
        self,
        function: Function,
        version: FunctionConfiguration,
        fail_with: FailWith | None,
        *,
        slow: bool,
    ) -> FunctionConfiguration:
        """
        Publish a version that is Pending first.

        SnapStart takes its snapshot (developer guide: snapstart-activate), Managed
        Instances start their instances (lambda-managed-instances).
        """
        version = state.pending(version)
        seconds = self.snap_start_settle if slow else None
        function.begin(version, self._transition(fail_with, seconds))
        return version
