"""The functions of all accounts and regions, under one lock and one clock."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import LATEST
from reconciler.sandbox import changes, errors, names, state
from reconciler.sandbox.packages import NoArtifacts, make_package
from reconciler.sandbox.state import Function, FunctionConfiguration, Transition

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Unpack

    from reconciler.model import RuntimeManagement
    from reconciler.sandbox.names import Target
    from reconciler.sandbox.packages import Artifacts
    from reconciler.sandbox.requests import CodeMembers, StatusMembers
    from reconciler.sandbox.state import FailWith, Package


class Store:
    """
    What the control plane's operations share: looking up, settling, beginning changes.

    Changes end lazily: whoever looks at a function after its change is due sees it ended.
    """

    def __init__(
        self,
        *,
        settle: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        artifacts: Artifacts | None = None,
    ) -> None:
        self.settle = settle
        self.clock = clock
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
            function.transitions.pop(target.version, None)
            function.configurations[target.version] = configuration
            return configuration

    def settle_now(self, function_name: str, *, region: str = names.DEFAULT_REGION) -> None:
        """End every change of a function that is under way, whatever the clock says."""
        target = names.read_target(function_name, region)
        with self._lock:
            self._function(target).settle(float("inf"))

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
        configuration = self._function(target).configurations.get(target.version)
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

    def _transition(self, fail_with: FailWith | None) -> Transition:
        return Transition(self.clock() + self.settle, fail_with)

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
        description: str | None,
        fail_with: FailWith | None,
    ) -> FunctionConfiguration:
        """
        Cut a version, which is Active at once unless something is still under way.

        SnapStart takes its snapshot first (developer guide: snapstart-activate).
        """
        snap_start = function.latest.snap_start == "PublishedVersions"
        unsettled = LATEST in function.transitions or snap_start or fail_with is not None
        version = function.next_version(description)
        self._last_versions[target.key] = function.last_version
        if self.versions_inherit_runtime_management:
            function.runtime_management[version.version] = function.mode(LATEST)
        if unsettled:
            version = state.pending(version)
            function.begin(version, self._transition(fail_with))
        else:
            version = state.active(version)
            function.configurations[version.version] = version
        return version
