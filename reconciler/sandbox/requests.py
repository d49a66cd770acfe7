"""The requests of the API, in AWS's own member names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model import LastUpdateStatus, State
    from reconciler.sandbox.state import CodeError


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
    PublishTo: str
    DryRun: bool
    RevisionId: str


class SettingsMembers(TypedDict, total=False):
    """What CreateFunction and UpdateFunctionConfiguration both set. Layers have no effect."""

    Description: str
    Environment: Mapping[str, Any]
    EphemeralStorage: Mapping[str, Any]
    Handler: str
    ImageConfig: Mapping[str, Any]
    KMSKeyArn: str
    Layers: Sequence[str]
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
    CapacityProviderConfig: Mapping[str, Any]
    Code: CodeMembers
    DurableConfig: Mapping[str, Any]
    PackageType: str
    Publish: bool
    PublishTo: str
    RuntimeConfig: Mapping[str, str]
    Tags: Mapping[str, str]


class PublishVersionRequest(TypedDict, total=False):
    """The body of PublishVersion."""

    CodeSha256: str
    Description: str
    PublishTo: str
    RevisionId: str


class UpdateAliasRequest(TypedDict, total=False):
    """The body of UpdateAlias, and of CreateAlias but for Name and RevisionId."""

    Description: str
    FunctionVersion: str
    RevisionId: str
    RoutingConfig: Mapping[str, Mapping[str, float]]


class PutRuntimeManagementConfigRequest(TypedDict, total=False):
    """The body of PutRuntimeManagementConfig, with the Qualifier of its query."""

    Qualifier: str | None
    RuntimeVersionArn: str | None
    UpdateRuntimeOn: str


class StatusMembers(TypedDict, total=False):
    """What a test may set of a function's status, to begin from an odd one."""

    snap_start: str
    state: State
    state_reason: str | None
    state_reason_code: str | None
    last_update_status: LastUpdateStatus | None
    last_update_status_reason: str | None
    last_update_status_reason_code: str | None
    master_arn: str | None
    code_error: CodeError | None
