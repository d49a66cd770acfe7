"""
The vocabulary: frozen values that every other module speaks in.

Nothing here does anything: no I/O, no AWS, no clock. The words are AWS's own
where AWS has one (RevisionId, CodeSha256, LastUpdateStatus, Qualifier).
"""

from reconciler.model.failure import Failure, FailureKind, ReconcileError
from reconciler.model.live import (
    LastUpdateStatus,
    LiveFunction,
    PublishedVersion,
    State,
)
from reconciler.model.plan import (
    Change,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    Step,
    UpdateFunctionCode,
)
from reconciler.model.run import FunctionResult, Listener, RunResult, Status, StepRecord
from reconciler.model.spec import (
    CodeSource,
    DesiredFunction,
    Directory,
    FunctionReference,
    FunctionSpec,
    Image,
    Publish,
    S3Object,
    ZipFile,
)
from reconciler.model.values import (
    LATEST,
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
    "Architecture",
    "Change",
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
    "LastUpdateStatus",
    "Listener",
    "LiveFunction",
    "Location",
    "OpenEnum",
    "PackageType",
    "Plan",
    "Publish",
    "PublishVersion",
    "PublishedVersion",
    "PutRuntimeManagementConfig",
    "ReconcileError",
    "RunResult",
    "RuntimeManagement",
    "S3Object",
    "State",
    "Status",
    "Step",
    "StepRecord",
    "UpdateFunctionCode",
    "UpdateRuntimeOn",
    "ZipFile",
]
