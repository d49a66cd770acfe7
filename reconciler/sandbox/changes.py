"""What a request makes of a configuration: pure functions, and the checks before them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.model import Architecture, LastUpdateStatus, State, UpdateRuntimeOn
from reconciler.sandbox import errors
from reconciler.sandbox.packages import check_one_source, check_package_type
from reconciler.sandbox.runtimes import newest_runtime_version
from reconciler.sandbox.state import FunctionConfiguration, pending

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model import RuntimeManagement
    from reconciler.sandbox.names import Target
    from reconciler.sandbox.requests import (
        CreateFunctionRequest,
        PublishVersionRequest,
        UpdateFunctionCodeRequest,
        UpdateFunctionConfigurationRequest,
    )
    from reconciler.sandbox.state import Package

_NAME_LENGTH = 64
_ARCHITECTURES = (Architecture.X86_64, Architecture.ARM64)
_WRITABLE = (State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)
_SETTINGS = (
    "CapacityProviderConfig",
    "DurableConfig",
    "Environment",
    "EphemeralStorage",
    "Handler",
    "KMSKeyArn",
    "LoggingConfig",
    "MemorySize",
    "Role",
    "RuntimeConfig",
    "Timeout",
    "TracingConfig",
)
_DEFAULTS: Mapping[str, Any] = {
    "EphemeralStorage": {"Size": 512},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}


def check_writable(configuration: FunctionConfiguration) -> None:
    """
    Refuse a write to a function that is not settled.

    States other than Pending are refused as the developer guide says of Failed: delete
    and create again. Whether AWS takes an update while Inactive is unknown; the guide
    tells how to repair an Inactive function by updating it, so the sandbox takes it.
    """
    if configuration.state not in _WRITABLE:
        raise errors.function_in_state(configuration.state)
    if configuration.last_update_status is LastUpdateStatus.IN_PROGRESS:
        raise errors.update_in_progress(configuration.function_arn)


def check_guards(
    configuration: FunctionConfiguration,
    request: UpdateFunctionCodeRequest | UpdateFunctionConfigurationRequest | PublishVersionRequest,
) -> None:
    """Refuse a stale RevisionId, and code other than the CodeSha256 that was given."""
    revision_id, code_sha256 = request.get("RevisionId"), request.get("CodeSha256")
    if revision_id is not None and revision_id != configuration.revision_id:
        raise errors.stale_revision()
    if code_sha256 is not None and code_sha256 != configuration.code_sha256:
        raise errors.other_code(str(code_sha256), configuration.code_sha256)


def check_code(
    configuration: FunctionConfiguration,
    mode: RuntimeManagement,
    request: UpdateFunctionCodeRequest,
) -> None:
    """Refuse code that this function cannot take, before it is fetched from anywhere."""
    check_one_source(request)
    check_package_type(request, configuration.package.package_type)
    architecture = wanted_architecture(request.get("Architectures"))
    changes = architecture not in (None, configuration.architecture)
    if changes and mode.update_runtime_on is UpdateRuntimeOn.MANUAL:
        raise errors.manual_mode("architecture")


def with_code(
    configuration: FunctionConfiguration,
    request: UpdateFunctionCodeRequest,
    package: Package,
) -> FunctionConfiguration:
    """
    Put new code in place.

    Omitted Architectures keep the live value (go-to-k/cdkd#952); an omitted
    SourceKMSKeyArn or S3ObjectStorageMode resets it, since the package is a new one.
    """
    architecture = wanted_architecture(request.get("Architectures"))
    return replace(
        configuration,
        package=package,
        architecture=architecture or configuration.architecture,
        code_error=None,
    )


def with_settings(
    configuration: FunctionConfiguration,
    mode: RuntimeManagement,
    request: UpdateFunctionConfigurationRequest,
) -> FunctionConfiguration:
    """Put new settings in place; what the request omits stays."""
    runtime = request.get("Runtime", configuration.runtime)
    if runtime != configuration.runtime and mode.update_runtime_on is UpdateRuntimeOn.MANUAL:
        raise errors.manual_mode("runtime identifier")
    return replace(
        configuration,
        runtime=runtime,
        description=request.get("Description", configuration.description),
        snap_start=request.get("SnapStart", {}).get("ApplyOn", configuration.snap_start),
        settings=_with_image_config({**configuration.settings, **_settings(request)}, request),
    )


def with_runtime_of(
    configuration: FunctionConfiguration, mode: RuntimeManagement
) -> FunctionConfiguration:
    """Move to the newest runtime version, or to the pinned one, as every update does."""
    arn = mode.runtime_version_arn or newest_runtime_version(configuration)
    return replace(configuration, runtime_version_arn=arn)


def new_function(
    target: Target, request: CreateFunctionRequest, package: Package
) -> FunctionConfiguration:
    """Make the $LATEST of a new function, Pending."""
    if len(target.name) > _NAME_LENGTH:
        rule = f"Member must have length less than or equal to {_NAME_LENGTH}"
        failure = errors.constraint(target.name, "functionName", rule)
        raise errors.invalid_parameter(f"1 validation error detected: {failure}")
    configuration = FunctionConfiguration(
        account=target.account,
        region=target.region,
        function_name=target.name,
        package=package,
        architecture=wanted_architecture(request.get("Architectures")) or Architecture.X86_64,
        runtime=request.get("Runtime"),
        description=request.get("Description", ""),
        snap_start=request.get("SnapStart", {}).get("ApplyOn", "None"),
        settings=_with_image_config({**_defaults(target.name), **_settings(request)}, request),
    )
    arn = newest_runtime_version(configuration)
    return pending(replace(configuration, runtime_version_arn=arn))


def wanted_architecture(architectures: Sequence[str] | None) -> str | None:
    """Read Architectures: exactly one of the two, when given (recorded texts)."""
    if architectures is None:
        return None
    rule = None
    if len(architectures) != 1:
        bound = "less" if architectures else "greater"
        rule = f"Member must have length {bound} than or equal to 1"
    elif architectures[0] not in _ARCHITECTURES:
        values = f"Member must satisfy enum value set: [{', '.join(_ARCHITECTURES)}]"
        rule = f"Member must satisfy constraint: [{values}, Member must not be null]"
    if rule is not None:
        value = f"[{', '.join(architectures)}]"
        raise errors.validation([errors.constraint(value, "architectures", rule)])
    return architectures[0]


def _settings(request: Mapping[str, Any]) -> dict[str, Any]:
    return {name: request[name] for name in _SETTINGS if name in request}


def _with_image_config(settings: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
    """Replace the ImageConfig as a whole; an empty one removes it (recorded)."""
    if "ImageConfig" not in request:
        return settings
    rest = {name: value for name, value in settings.items() if name != "ImageConfigResponse"}
    given = request["ImageConfig"]
    return {**rest, "ImageConfigResponse": {"ImageConfig": given}} if given else rest


def check_publish_to(
    configuration: FunctionConfiguration,
    request: CreateFunctionRequest | UpdateFunctionCodeRequest | PublishVersionRequest,
) -> None:
    """
    Refuse $LATEST.PUBLISHED for functions that are not on Managed Instances.

    Only such functions have it (developer guide: lambda-managed-instances-version-publishing);
    the code and the text of the refusal are not recorded.
    """
    target = request.get("PublishTo")
    if target not in (None, "LATEST_PUBLISHED"):
        rule = "Member must satisfy enum value set: [LATEST_PUBLISHED]"
        raise errors.validation([errors.constraint(target, "publishTo", rule)])
    if target is not None and not configuration.managed:
        raise errors.invalid_parameter(
            "PublishTo LATEST_PUBLISHED is for functions with a CapacityProviderConfig only.",
        )


def _defaults(name: str) -> dict[str, Any]:
    logging = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{name}"}
    return {**_DEFAULTS, "LoggingConfig": logging}
