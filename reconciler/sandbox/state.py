"""
What the control plane remembers: functions, their versions, and changes under way.

Configurations are frozen and replaced; a ``Function`` holds the current ones. Nothing
here knows requests, time is given, and the lock is the control plane's.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from reconciler.model import (
    LATEST,
    LastUpdateStatus,
    PackageType,
    RuntimeManagement,
    State,
    UpdateRuntimeOn,
)
from reconciler.sandbox.names import function_arn

if TYPE_CHECKING:
    from collections.abc import Mapping

IN_PROGRESS_REASON = "The function is being created."
"""AWS says this of updates too (recorded 167 times)."""
IN_PROGRESS_REASON_CODE = "Creating"

AUTO = RuntimeManagement(UpdateRuntimeOn.AUTO)

LATEST_PUBLISHED = "$LATEST.PUBLISHED"
"""The version of a managed instances function that can be published again and again."""

FailWith = tuple[str, str]
"""The reason code and the reason with which a change is to fail."""

CodeError = tuple[str, str]
"""ErrorCode and Message of GetFunction's Code.Error."""


@dataclass(frozen=True, slots=True)
class Package:
    """Code as it was deployed. ``content`` is None for images."""

    package_type: PackageType
    code_sha256: str
    code_size: int = 0
    content: bytes | None = field(default=None, repr=False)
    image_uri: str | None = None
    resolved_image_uri: str | None = None
    source_kms_key_arn: str | None = None
    resolved_s3_object: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version; ``weights`` are the shares of traffic of another one."""

    name: str
    function_arn: str
    version: str
    description: str
    weights: Mapping[str, float]
    revision_id: str

    @property
    def versions(self) -> frozenset[str]:
        """Every version that gets traffic through it."""
        return frozenset({self.version, *self.weights})


@dataclass(frozen=True, slots=True)
class FunctionConfiguration:
    """
    One version of a function at one moment.

    ``settings`` are the members that are shown as they were sent. ``master_arn`` is set
    of Lambda@Edge replicas, ``code_error`` when the key of the package is out of reach.
    """

    account: str
    region: str
    function_name: str
    package: Package
    architecture: str
    version: str = LATEST
    runtime: str | None = None
    runtime_version_arn: str | None = None
    description: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    snap_start: str = "None"
    optimization_status: str = "Off"
    revision_id: str = ""
    last_modified: str = ""
    state: State = State.ACTIVE
    state_reason: str | None = None
    state_reason_code: str | None = None
    last_update_status: LastUpdateStatus | None = None
    last_update_status_reason: str | None = None
    last_update_status_reason_code: str | None = None
    master_arn: str | None = None
    code_error: CodeError | None = None

    @property
    def managed(self) -> bool:
        """Say whether it runs on Lambda Managed Instances."""
        return "CapacityProviderConfig" in self.settings

    @property
    def code_sha256(self) -> str:
        """The hash of the code, as AWS reports it."""
        return self.package.code_sha256

    @property
    def function_arn(self) -> str:
        """The ARN without a qualifier."""
        return function_arn(self.account, self.region, self.function_name)


@dataclass(frozen=True, slots=True)
class Transition:
    """A change under way: when it ends, and how it fails if it does."""

    due: float
    fail_with: FailWith | None = None


@dataclass(slots=True)
class Function:
    """
    A function with all its versions, by qualifier and oldest first.

    ``changed`` says whether an update call was accepted since the last version: that,
    and not the hash, is what PublishVersion goes by (moto#8379, verified against AWS).
    """

    configurations: dict[str, FunctionConfiguration]
    last_version: int = 0
    changed: bool = True
    runtime_management: dict[str, RuntimeManagement] = field(default_factory=dict)
    transitions: dict[str, Transition] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    code_signing_config_arn: str | None = None

    @property
    def latest(self) -> FunctionConfiguration:
        """The unpublished version."""
        return self.configurations[LATEST]

    @property
    def newest_version(self) -> FunctionConfiguration | None:
        """The last published version, unless it was deleted."""
        return self.configurations.get(str(self.last_version))

    def version_of(self, qualifier: str) -> str:
        """Follow an alias to its version; any other qualifier stands for itself."""
        alias = self.aliases.get(qualifier)
        return qualifier if alias is None else alias.version

    def mode(self, version: str) -> RuntimeManagement:
        """How the runtime of one version is updated; Auto unless it was set."""
        return self.runtime_management.get(version, AUTO)

    def begin(self, configuration: FunctionConfiguration, transition: Transition) -> None:
        """Take over a configuration that is not settled yet."""
        self.configurations[configuration.version] = configuration
        self.transitions[configuration.version] = transition

    def settle(self, now: float) -> None:
        """End every change that is due."""
        for version, transition in list(self.transitions.items()):
            if now >= transition.due:
                del self.transitions[version]
                ended = settled(self.configurations[version], transition.fail_with)
                self.configurations[version] = ended

    def next_version(self, description: str | None) -> FunctionConfiguration:
        """Cut a version from $LATEST; publishing changes the RevisionId of both."""
        self.last_version += 1
        self.changed = False
        return self.cut(str(self.last_version), description)

    def cut(self, version: str, description: str | None) -> FunctionConfiguration:
        """Copy $LATEST, and give both a RevisionId of their own."""
        latest = self.touch()
        return replace(
            latest,
            version=version,
            description=latest.description if description is None else description,
            revision_id=new_revision_id(),
        )

    def touch(self) -> FunctionConfiguration:
        """Give $LATEST another RevisionId, and nothing else."""
        latest = replace(self.latest, revision_id=new_revision_id())
        self.configurations[LATEST] = latest
        return latest

    def forget(self, version: str) -> None:
        """Delete a version; its number is never given out again."""
        self.configurations.pop(version, None)
        self.transitions.pop(version, None)
        self.runtime_management.pop(version, None)


def pending(configuration: FunctionConfiguration) -> FunctionConfiguration:
    """Begin the life of a function or version: Pending, and no LastUpdateStatus at all."""
    return replace(
        configuration,
        state=State.PENDING,
        state_reason=IN_PROGRESS_REASON,
        state_reason_code=IN_PROGRESS_REASON_CODE,
        last_update_status=None,
        last_update_status_reason=None,
        last_update_status_reason_code=None,
        revision_id=new_revision_id(),
        last_modified=_now(),
    )


def updating(configuration: FunctionConfiguration) -> FunctionConfiguration:
    """Begin an update: State stays, the new values show at once."""
    return replace(
        configuration,
        last_update_status=LastUpdateStatus.IN_PROGRESS,
        last_update_status_reason=IN_PROGRESS_REASON,
        last_update_status_reason_code=IN_PROGRESS_REASON_CODE,
        revision_id=new_revision_id(),
        last_modified=_now(),
    )


def active(configuration: FunctionConfiguration) -> FunctionConfiguration:
    """Show a configuration as settled and successful, with its RevisionId as it is."""
    return replace(
        configuration,
        state=_settled_state(configuration),
        state_reason=None,
        state_reason_code=None,
        last_update_status=LastUpdateStatus.SUCCESSFUL,
        last_update_status_reason=None,
        last_update_status_reason_code=None,
        optimization_status=_optimization_status(configuration),
    )


def settled(
    configuration: FunctionConfiguration, fail_with: FailWith | None
) -> FunctionConfiguration:
    """End a change, well or badly; either way the RevisionId changes a second time."""
    ended = replace(configuration, revision_id=new_revision_id())
    return active(ended) if fail_with is None else _failed(ended, *fail_with)


def new_revision_id() -> str:
    """Make a RevisionId that nobody has seen."""
    return str(uuid.uuid4())


def _failed(configuration: FunctionConfiguration, code: str, reason: str) -> FunctionConfiguration:
    """
    End a change as failed.

    What CodeSha256 shows after a failed update is unknown. The sandbox goes on showing
    the new hash, which is the harder case: the hash alone looks as if all were well.
    """
    if configuration.state is State.PENDING:
        return replace(
            configuration, state=State.FAILED, state_reason=reason, state_reason_code=code
        )
    return replace(
        configuration,
        last_update_status=LastUpdateStatus.FAILED,
        last_update_status_reason=reason,
        last_update_status_reason_code=code,
    )


def _settled_state(configuration: FunctionConfiguration) -> State:
    """Tell the State of health; on Managed Instances $LATEST itself does not run."""
    unpublished = configuration.version == LATEST
    return State.ACTIVE_NON_INVOCABLE if configuration.managed and unpublished else State.ACTIVE


def _optimization_status(configuration: FunctionConfiguration) -> str:
    """SnapStart is On for published versions only; $LATEST never has it (recorded)."""
    published = configuration.version != LATEST
    return "On" if published and configuration.snap_start == "PublishedVersions" else "Off"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
