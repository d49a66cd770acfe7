"""What is really live, beside what is declared: told without the planner."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from reconciler.model import (
    LATEST,
    Image,
    LastUpdateStatus,
    PackageType,
    RuntimeManagement,
    S3Object,
    State,
    UpdateRuntimeOn,
    ZipFile,
)
from tests.simulation.population import local_content
from tests.simulation.storage import code_sha256

if TYPE_CHECKING:
    from reconciler.model import FunctionSpec
    from reconciler.sandbox import FunctionConfiguration
    from reconciler.sandbox.state import Function
    from tests.simulation.aws import Aws

CODE, BUSY, MODE = "code", "busy", "mode"
VERSION, VERSION_BUSY, VERSION_MODE = "version", "version busy", "version's mode"


class Wanted(NamedTuple):
    """What $LATEST is to be, with what is not declared as it is."""

    code: str
    architecture: str


class Truth:
    """Looks at AWS's own state, never at an answer of it."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def wanted(self, spec: FunctionSpec) -> Wanted:
        """Give what $LATEST is to be by now: objects and tags may have moved."""
        latest = self._aws.function(spec.name).latest
        return Wanted(
            self._declared_code(spec) or latest.code_sha256,
            spec.architecture or latest.architecture,
        )

    def _declared_code(self, spec: FunctionSpec) -> str | None:
        storage = self._aws.storage
        match spec.code:
            case ZipFile():
                return code_sha256(local_content(spec.code))
            case S3Object(key=key, version_id=version):
                return code_sha256(storage.object(key, version)[0])
            case Image(image_uri=image_uri):
                return storage.tags[image_uri.rpartition(":")[2]].removeprefix("sha256:")
        return None

    def mode(self, spec: FunctionSpec) -> RuntimeManagement | None:
        """Give the declared mode for the architecture that is to be."""
        if spec.runtime_management is None:
            return None
        architecture = self.wanted(spec).architecture
        arns = {str(key): arn for key, arn in spec.runtime_management.runtime_version_arns.items()}
        return RuntimeManagement(
            spec.runtime_management.update_runtime_on, arns.get(str(architecture))
        )

    def lacks(self, spec: FunctionSpec) -> tuple[str, ...]:
        """Give what differs."""
        function = self._aws.function(spec.name)
        lacking = []
        if _busy(function.latest):
            lacking.append(BUSY)
        if self._code_differs(spec, function.latest):
            lacking.append(CODE)
        mode = self.mode(spec)
        if mode is not None and function.mode(LATEST) != mode:
            lacking.append(MODE)
        if spec.publish is not None:
            lacking.extend(self._lacking_of_version(spec, function, mode))
        return tuple(lacking)

    def _code_differs(self, spec: FunctionSpec, latest: FunctionConfiguration) -> bool:
        if (latest.code_sha256, latest.architecture) != self.wanted(spec):
            return True
        owned = spec.code is not None
        return owned and latest.last_update_status is LastUpdateStatus.FAILED

    def _lacking_of_version(
        self, spec: FunctionSpec, function: Function, mode: RuntimeManagement | None
    ) -> list[str]:
        newest = function.newest_version
        if newest is None or _content(newest) != self.wanted(spec):
            return [VERSION]
        lacking = [VERSION_BUSY] if _busy(newest) else []
        if mode is not None and function.mode(newest.version) != mode:
            lacking.append(VERSION_MODE)
        return lacking

    def carried(self, spec: FunctionSpec) -> bool:
        """Whether the newest version is of what is declared."""
        newest = self._aws.function(spec.name).newest_version
        return newest is not None and _content(newest) == self.wanted(spec)

    def obstacle(self, spec: FunctionSpec) -> str | None:
        """Say what stands in the way that the three operations cannot change."""
        function = self._aws.function(spec.name)
        if function.latest.state is State.FAILED:
            return "State is Failed"
        newest = function.newest_version
        if spec.publish and newest and newest.state is State.FAILED and self.carried(spec):
            return "the version is Failed"
        moves = spec.architecture not in (None, function.latest.architecture)
        return self._obstacle_to_code(spec, function, moves=moves)

    def _obstacle_to_code(
        self, spec: FunctionSpec, function: Function, *, moves: bool
    ) -> str | None:
        latest = function.latest
        if spec.code is None:
            broken = latest.last_update_status is LastUpdateStatus.FAILED
            if broken and (spec.architecture is not None or spec.publish is not None):
                return "Failed, and the code is not declared"
            if moves and latest.package.package_type is PackageType.IMAGE:
                return "another architecture needs another image"
        manual = function.mode(LATEST).update_runtime_on is UpdateRuntimeOn.MANUAL
        if moves and manual and spec.runtime_management is None:
            return "Manual is not ours to relax"
        mode = self.mode(spec)
        if moves and mode and mode.runtime_version_arn == latest.runtime_version_arn is not None:
            return "the runtime that is declared for the other architecture runs on this one"
        return None


def _busy(configuration: FunctionConfiguration) -> bool:
    return (
        configuration.last_update_status is LastUpdateStatus.IN_PROGRESS
        or configuration.state is State.PENDING
    )


def _content(configuration: FunctionConfiguration) -> Wanted:
    return Wanted(configuration.code_sha256, configuration.architecture)
