"""The requests of the API, in AWS's own member names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model import LastUpdateStatus, State


class CodeMembers(TypedDict, total=False):
    """Where the code is to be taken from; exactly one source."""

    ZipFile: bytes
    S3Bucket: str
    S3Key: str
    S3ObjectVersion: str
    S3ObjectStorageMode: str
    ImageUri: str
    SourceKMSKeyArn: str


class UpdateFunctionCodeRequest(CodeMembers, total=False):
    """The body of UpdateFunctionCode."""

    Architectures: Sequence[str]
    Publish: bool
    DryRun: bool
    RevisionId: str


class SettingsMembers(TypedDict, total=False):
    """What CreateFunction and UpdateFunctionConfiguration both set."""

    Description: str
    Environment: Mapping[str, Any]
    EphemeralStorage: Mapping[str, Any]
    Handler: str
    LoggingConfig: Mapping[str, Any]
    MemorySize: int
    Role: str
    Runtime: str
    SnapStart: Mapping[str, str]
    Timeout: int
    TracingConfig: Mapping[str, Any]


class UpdateFunctionConfigurationRequest(SettingsMembers, total=False):
    """The body of UpdateFunctionConfiguration."""

    RevisionId: str


class CreateFunctionRequest(SettingsMembers, total=False):
    """The body of CreateFunction, without FunctionName."""

    Architectures: Sequence[str]
    Code: CodeMembers
    PackageType: str
    Publish: bool


class PublishVersionRequest(TypedDict, total=False):
    """The body of PublishVersion."""

    CodeSha256: str
    Description: str
    RevisionId: str


class PutRuntimeManagementConfigRequest(TypedDict, total=False):
    """The body of PutRuntimeManagementConfig, with the Qualifier of its query."""

    Qualifier: str | None
    RuntimeVersionArn: str | None
    UpdateRuntimeOn: str


class StatusMembers(TypedDict, total=False):
    """What a test may set of a function's status, to begin from an odd one."""

    state: State
    state_reason: str | None
    state_reason_code: str | None
    last_update_status: LastUpdateStatus | None
    last_update_status_reason: str | None
    last_update_status_reason_code: str | None
