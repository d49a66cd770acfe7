"""Model values with defaults, so that a test names only what it is about."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.model import (
    Architecture,
    CodeDigest,
    DesiredFunction,
    Failure,
    FailureKind,
    FunctionReference,
    FunctionResult,
    FunctionSpec,
    LastUpdateStatus,
    LiveFunction,
    Location,
    PackageType,
    PublishedVersion,
    RunResult,
    RuntimeManagement,
    RuntimeManagementSpec,
    State,
    Status,
    StepRecord,
    StepStatus,
    UpdateRuntimeOn,
    ZipContent,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.artifacts import Package
    from reconciler.model import (
        Change,
        CodeContent,
        CodeSource,
        NativeCode,
        Plan,
        Publish,
        S3Location,
        Step,
        TooManyChanges,
    )

X86 = Architecture.X86_64
ARM = Architecture.ARM64
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders-api"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
STARTED = datetime(2026, 3, 4, 5, 6, 7, 89_123, tzinfo=UTC)

AUTO = RuntimeManagement(UpdateRuntimeOn.AUTO)
FUNCTION_UPDATE = RuntimeManagement(UpdateRuntimeOn.FUNCTION_UPDATE)


def code(text: str) -> CodeDigest:
    """Hash the text as if it were a zip file's bytes."""
    return CodeDigest.of_zip(hashlib.sha256(text.encode()).digest())


OLD = code("old")
NEW = code("new")


def image(text: str, repository: str = "orders") -> tuple[CodeDigest, str]:
    """Give an image's CodeSha256, the hex of its digest, and its ResolvedImageUri."""
    digest, host = hashlib.sha256(text.encode()).hexdigest(), "dkr.ecr.eu-west-1.amazonaws.com"
    return CodeDigest(digest), f"123456789012.{host}/{repository}@sha256:{digest}"


def manual(runtime: str = "a", architecture: Architecture = X86) -> RuntimeManagement:
    """Pin to a runtime; its ARN is that of one architecture, as AWS's are."""
    pin = hashlib.sha256(f"{runtime} {architecture}".encode()).hexdigest()
    return RuntimeManagement(UpdateRuntimeOn.MANUAL, f"arn:aws:lambda:eu-west-1::runtime:{pin}")


def live(  # noqa: PLR0913 - each is a field that some test is about
    *,
    code: CodeDigest = OLD,
    architecture: Architecture = X86,
    runtime_management: RuntimeManagement | None = None,
    newest_version: PublishedVersion | None = None,
    package_type: PackageType = PackageType.ZIP,
    state: State = State.ACTIVE,
    state_reason_code: str | None = None,
    state_reason: str | None = None,
    last_update_status: LastUpdateStatus | None = LastUpdateStatus.SUCCESSFUL,
    last_update_status_reason_code: str | None = None,
    last_update_status_reason: str | None = None,
    source_kms_key_arn: str | None = None,
    code_unreadable: str | None = None,
    resolved_image_uri: str | None = None,
    s3_location: S3Location | None = None,
    runtime: str | None = "python3.13",
    master_arn: str | None = None,
    managed_instances: bool = False,
    durable: bool = False,
    snap_start: bool = False,
    function_arn: str = ARN,
    revision_id: str | None = "revision-1",
) -> LiveFunction:
    """Make a settled, healthy zip function without versions."""
    return LiveFunction(
        function_arn=function_arn,
        package_type=package_type,
        code=code,
        architecture=architecture,
        state=state,
        last_update_status=last_update_status,
        revision_id=revision_id,
        state_reason_code=state_reason_code,
        state_reason=state_reason,
        last_update_status_reason_code=last_update_status_reason_code,
        last_update_status_reason=last_update_status_reason,
        source_kms_key_arn=source_kms_key_arn,
        code_unreadable=code_unreadable,
        resolved_image_uri=resolved_image_uri,
        s3_location=s3_location,
        runtime=runtime,
        master_arn=master_arn,
        managed_instances=managed_instances,
        durable=durable,
        snap_start=snap_start,
        runtime_management=runtime_management,
        newest_version=newest_version,
    )


def version(  # noqa: PLR0913 - each is a field that some test is about
    number: str = "7",
    *,
    code: CodeDigest = OLD,
    architecture: Architecture = X86,
    state: State | None = State.ACTIVE,
    state_reason_code: str | None = None,
    state_reason: str | None = None,
    resolved_image_uri: str | None = None,
    runtime_management: RuntimeManagement | None = None,
) -> PublishedVersion:
    """Make a healthy version that carries what ``live()`` has."""
    return PublishedVersion(
        version=number,
        code=code,
        architecture=architecture,
        state=state,
        state_reason_code=state_reason_code,
        state_reason=state_reason,
        resolved_image_uri=resolved_image_uri,
        runtime_management=runtime_management,
    )


def desired(  # noqa: PLR0913 - each is a field that some test is about
    *,
    code: CodeDigest | None = None,
    architecture: Architecture | None = None,
    runtime_management: RuntimeManagement | RuntimeManagementSpec | None = None,
    publish: Publish | None = None,
    package_type: PackageType = PackageType.ZIP,
    resolved_image_uri: str | None = None,
    in_s3: bool = False,
    source_kms_key_arn: str | None = None,
    native_check: bool = True,
    native_code: NativeCode | None = None,
) -> DesiredFunction:
    """Declare nothing but what is given; code has a package type and nothing else has."""
    if isinstance(runtime_management, RuntimeManagement):
        runtime_management = declared(runtime_management)
    return DesiredFunction(
        code=code,
        package_type=None if code is None else package_type,
        architecture=architecture,
        runtime_management=runtime_management,
        publish=publish,
        resolved_image_uri=resolved_image_uri,
        in_s3=in_s3,
        source_kms_key_arn=source_kms_key_arn,
        native_check=native_check,
        native_code=native_code,
    )


def declared(mode: RuntimeManagement) -> RuntimeManagementSpec:
    """Declare a mode, its ARN for any architecture."""
    arn = mode.runtime_version_arn
    arns = {} if arn is None else dict.fromkeys((X86, ARM), arn)
    return RuntimeManagementSpec(mode.update_runtime_on, arns)


def pins(runtime: str = "a", *architectures: Architecture) -> RuntimeManagementSpec:
    """Declare Manual with a map: the runtime's own ARN for each architecture, by default both."""
    of = architectures or (X86, ARM)
    arns = {each: str(manual(runtime, each).runtime_version_arn) for each in of}
    return RuntimeManagementSpec(UpdateRuntimeOn.MANUAL, arns)


def sent(package: Package) -> bytes:
    """Give the bytes that UpdateFunctionCode would be sent."""

    async def content() -> CodeContent:
        return await package.content()

    found = asyncio.run(content())
    assert isinstance(found, ZipContent)
    return found.content


def location(file: str = "manifests/orders.yaml", line: int = 4, column: int = 3) -> Location:
    """Name a place in a manifest."""
    return Location(file, line, column)


def spec(  # noqa: PLR0913 - each is a field that some test is about
    name: str = "orders-api",
    *,
    labels: Mapping[str, str] | None = None,
    code: CodeSource | None = None,
    region: str | None = "eu-west-1",
    account: str | None = None,
    suspend: bool = False,
    at: Location | None = None,
) -> FunctionSpec:
    """Make a manifest document that declares nothing to be done."""
    return FunctionSpec(
        name=name,
        labels=labels or {},
        function=FunctionReference(name, name, account, region),
        code=code,
        architecture=None,
        runtime_management=None,
        publish=None,
        suspend=suspend,
        location=at or location(),
    )


def failure(  # noqa: PLR0913 - each is a field that some test is about
    kind: FailureKind = FailureKind.PERMANENT,
    what: str = "it broke",
    remedy: str = "mend it",
    *,
    operation: str | None = None,
    code: str | None = None,
    request_id: str | None = None,
) -> Failure:
    """Make a failure of which AWS said nothing."""
    return Failure(kind, what, remedy, operation, code, request_id)


def record(  # noqa: PLR0913 - each is a field that some test is about
    step: Step,
    *,
    succeeded: bool = True,
    status: StepStatus | None = None,
    duration: float | None = 1.25,
    request_id: str | None = "request-1",
    result: str | None = None,
) -> StepRecord:
    """Make the record of a step that took effect."""
    ended = StepStatus.SUCCEEDED if succeeded else StepStatus.FAILED
    return StepRecord(step, status or ended, duration, request_id, result)


def result(  # noqa: PLR0913 - each is a field that some test is about
    status: Status = Status.IN_SYNC,
    name: str = "orders-api",
    *,
    plan: Plan | None = None,
    steps: tuple[StepRecord, ...] = (),
    failure: Failure | None = None,
    account: str | None = "123456789012",
    region: str | None = "eu-west-1",
    at: Location | None = None,
    foreign_changes: tuple[Change, ...] = (),
) -> FunctionResult:
    """Make one function's result."""
    return FunctionResult(
        spec=spec(name, at=at),
        status=status,
        account=account,
        region=region,
        plan=plan,
        steps=steps,
        failure=failure,
        foreign_changes=foreign_changes,
    )


def run(
    *functions: FunctionResult,
    plan_only: bool = False,
    calls: Mapping[str, int] | None = None,
    interrupted_by: int | None = None,
    too_many: TooManyChanges | None = None,
) -> RunResult:
    """Make a run of these functions."""
    return RunResult(
        run_id="run-1",
        started=STARTED,
        plan_only=plan_only,
        functions=functions,
        calls={} if calls is None else calls,
        interrupted_by=interrupted_by,
        too_many=too_many,
    )
