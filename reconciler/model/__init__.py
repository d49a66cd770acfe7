"""
The vocabulary: frozen values that every other module speaks in.

Nothing here does anything: no I/O, no AWS, no clock. The words are AWS's own
where AWS has one (RevisionId, CodeSha256, LastUpdateStatus, Qualifier).
"""

from reconciler.model.approval import Approval, Basis
from reconciler.model.code import (
    CodeContent,
    ImageLocation,
    ImageManifest,
    NativeCode,
    ObjectHead,
    Repository,
    S3Location,
    ZipContent,
)
from reconciler.model.failure import Failure, FailureKind, ReconcileError, Scope
from reconciler.model.image_uri import parse_image_uri
from reconciler.model.live import (
    LastUpdateStatus,
    LiveFunction,
    PublishedVersion,
    State,
)
from reconciler.model.partition import Partition, partition_of
from reconciler.model.plan import (
    Change,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    Step,
    UpdateFunctionCode,
)
from reconciler.model.run import (
    FunctionResult,
    Listener,
    RunResult,
    Status,
    StepRecord,
    StepStatus,
    TooManyChanges,
    Undeclared,
)
from reconciler.model.spec import (
    CodeSource,
    DesiredFunction,
    Directory,
    FunctionReference,
    FunctionSpec,
    Image,
    Publish,
    RuntimeManagementSpec,
    S3Object,
    ZipFile,
)
from reconciler.model.target import AssumeRole, Target
from reconciler.model.tracing import AwsAnswer, AwsRequest, NotTraced, Tracing
from reconciler.model.values import (
    LATEST,
    LATEST_PUBLISHED,
    Architecture,
    CodeDigest,
    Location,
    OpenEnum,
    PackageType,
    RuntimeManagement,
    UpdateRuntimeOn,
)

__all__ = [
    "LATEST",
    "LATEST_PUBLISHED",
    "Approval",
    "Architecture",
    "AssumeRole",
    "AwsAnswer",
    "AwsRequest",
    "Basis",
    "Change",
    "CodeContent",
    "CodeDigest",
    "CodeSource",
    "DesiredFunction",
    "Directory",
    "Failure",
    "FailureKind",
    "FunctionReference",
    "FunctionResult",
    "FunctionSpec",
    "Image",
    "ImageLocation",
    "ImageManifest",
    "LastUpdateStatus",
    "Listener",
    "LiveFunction",
    "Location",
    "NativeCode",
    "NotTraced",
    "ObjectHead",
    "OpenEnum",
    "PackageType",
    "Partition",
    "Plan",
    "Publish",
    "PublishVersion",
    "PublishedVersion",
    "PutRuntimeManagementConfig",
    "ReconcileError",
    "Repository",
    "RunResult",
    "RuntimeManagement",
    "RuntimeManagementSpec",
    "S3Location",
    "S3Object",
    "Scope",
    "State",
    "Status",
    "Step",
    "StepRecord",
    "StepStatus",
    "Target",
    "TooManyChanges",
    "Tracing",
    "Undeclared",
    "UpdateFunctionCode",
    "UpdateRuntimeOn",
    "ZipContent",
    "ZipFile",
    "parse_image_uri",
    "partition_of",
]
