"""The live side: what AWS says of a function, without anything secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.values import (
    LATEST,
    Architecture,
    CodeDigest,
    OpenEnum,
    PackageType,
    RuntimeManagement,
)

if TYPE_CHECKING:
    from reconciler.model.code import S3Location


class State(OpenEnum):
    """State of a function or version (GetFunction, FunctionConfiguration)."""

    PENDING = "Pending"
    ACTIVE = "Active"
    INACTIVE = "Inactive"
    FAILED = "Failed"
    DEACTIVATING = "Deactivating"
    DEACTIVATED = "Deactivated"
    ACTIVE_NON_INVOCABLE = "ActiveNonInvocable"
    DELETING = "Deleting"


class LastUpdateStatus(OpenEnum):
    """How the last update of $LATEST went. A version may not have one at all."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    IN_PROGRESS = "InProgress"


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """
    A published version.

    ``state``, ``resolved_image_uri`` and ``last_update_status`` are None while only
    ListVersionsByFunction was read, which omits them; a version may have no
    ``last_update_status`` at all. ``runtime_management`` is None until
    GetRuntimeManagementConfig was read for it. ``version`` is a number, or
    $LATEST.PUBLISHED on Lambda Managed Instances, which is updated in place.
    """

    version: str
    code: CodeDigest
    architecture: Architecture
    state: State | None = None
    state_reason_code: str | None = None
    state_reason: str | None = None
    last_update_status: LastUpdateStatus | None = None
    last_update_status_reason_code: str | None = None
    last_update_status_reason: str | None = None
    resolved_image_uri: str | None = None
    runtime_management: RuntimeManagement | None = None


@dataclass(frozen=True, slots=True)
class LiveFunction:
    """
    $LATEST as last read, and what else was read because the manifest declares it.

    ``runtime_management`` is None when it was not read. ``newest_version`` is None
    when no version exists, or none was looked for; ``versions_unread`` tells these apart where
    versions matter.
    ``revision_id`` is the guard of the next write, None where the API has none.
    ``code_unreadable`` says why it is not known where and how the code is stored, which
    AWS may leave out with a reason or without one.
    ``s3_location`` is set when the function runs a package that stays in the user's own
    bucket (S3ObjectStorageMode REFERENCE). ``runtime`` and ``runtime_version_arn``, that of the
    runtime version that runs, are None for images.
    ``master_arn`` is that of the function that a Lambda@Edge replica copies.
    ``managed_instances`` and ``durable`` say that the function has a
    CapacityProviderConfig or a DurableConfig; ``snap_start`` that its versions are
    snapshots.
    """

    function_arn: str
    package_type: PackageType
    code: CodeDigest
    architecture: Architecture
    state: State
    last_update_status: LastUpdateStatus | None
    revision_id: str | None = None
    state_reason_code: str | None = None
    state_reason: str | None = None
    last_update_status_reason_code: str | None = None
    last_update_status_reason: str | None = None
    source_kms_key_arn: str | None = None
    code_unreadable: str | None = None
    resolved_image_uri: str | None = None
    s3_location: S3Location | None = None
    runtime: str | None = None
    runtime_version_arn: str | None = None
    master_arn: str | None = None
    managed_instances: bool = False
    durable: bool = False
    snap_start: bool = False
    runtime_management: RuntimeManagement | None = None
    newest_version: PublishedVersion | None = None
    versions_unread: bool = False

    @property
    def in_progress(self) -> bool:
        """Whether AWS is still working on $LATEST, so that nothing may be trusted or written."""
        return self.last_update_status is LastUpdateStatus.IN_PROGRESS or self.state in (
            State.PENDING,
            State.DEACTIVATING,
        )

    def runtime_management_of(self, qualifier: str) -> RuntimeManagement | None:
        """Give the mode of $LATEST or of the newest version, as far as it was read."""
        version = self.newest_version
        if qualifier == LATEST or version is None or version.version != qualifier:
            return self.runtime_management if qualifier == LATEST else None
        return version.runtime_management

    @property
    def account(self) -> str:
        """The 12 digits of the account, from the ARN that AWS answered with."""
        return self._arn_field(4)

    @property
    def region(self) -> str:
        """The region, from the ARN that AWS answered with."""
        return self._arn_field(3)

    def _arn_field(self, index: int) -> str:
        fields = self.function_arn.split(":")
        return fields[index] if len(fields) > index else ""
