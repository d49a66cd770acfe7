"""
Runtime versions and the rules of runtime management.

AWS documents the modes and that Manual freezes runtime and architecture (developer
guide: runtimes-update, runtime-management-rollback); no answer of these two calls was
ever recorded. Where nothing is known the sandbox refuses what makes no sense.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import (
    Architecture,
    LastUpdateStatus,
    PackageType,
    RuntimeManagement,
    State,
    UpdateRuntimeOn,
)
from reconciler.sandbox import errors
from reconciler.sandbox.names import partition_name

if TYPE_CHECKING:
    from reconciler.sandbox.names import Target
    from reconciler.sandbox.requests import PutRuntimeManagementConfigRequest
    from reconciler.sandbox.state import FunctionConfiguration

_MODES = (UpdateRuntimeOn.AUTO, UpdateRuntimeOn.MANUAL, UpdateRuntimeOn.FUNCTION_UPDATE)
_ARN_PATTERN = (
    r"arn:(aws[a-zA-Z-]*):lambda:"
    r"((?:eusc-)?[a-z]{2}(?:(?:-gov)|(?:-iso(?:[a-z]?)))?-[a-z]+-\d{1}):(?:\d{12})?:runtime[:/].+"
)


def runtime_version_arn(runtime: str, region: str, architecture: str) -> str:
    """
    Name the runtime version that the sandbox runs.

    On AWS too it differs per runtime, region and architecture (recorded).
    """
    digest = hashlib.sha256(f"{runtime} {region} {architecture}".encode()).hexdigest()
    return f"arn:{partition_name(region)}:lambda:{region}::runtime:{digest}"


def newest_runtime_version(configuration: FunctionConfiguration) -> str | None:
    """
    Name the runtime version that an update moves a function to; images have none.

    A customer-managed runtime has versions of its own (botocore's model text).
    """
    runtime = configuration.runtime
    own = configuration.settings.get("RuntimeConfig")
    if own is not None:
        return f"{own['RuntimeArn']}/version/1"
    if runtime is None:
        return None
    return runtime_version_arn(runtime, configuration.region, configuration.architecture)


def wanted_mode(request: PutRuntimeManagementConfigRequest) -> RuntimeManagement:
    """Read a request, and refuse a mode and an ARN that do not go together."""
    mode, arn = request.get("UpdateRuntimeOn"), request.get("RuntimeVersionArn")
    if mode not in _MODES:
        rule = f"Member must satisfy enum value set: [{', '.join(_MODES)}]"
        raise errors.validation([errors.constraint(mode, "updateRuntimeOn", rule)])
    manual = mode == UpdateRuntimeOn.MANUAL
    if manual and arn is None:
        raise errors.invalid_parameter(
            "RuntimeVersionArn is required when UpdateRuntimeOn is Manual."
        )
    if not manual and arn is not None:
        raise errors.invalid_parameter(
            "RuntimeVersionArn can be given only when UpdateRuntimeOn is Manual."
        )
    return RuntimeManagement(UpdateRuntimeOn(mode), arn)


def check_managed(configuration: FunctionConfiguration) -> None:
    """Refuse image functions, whose runtime is in the image (go-to-k/cdkd#1890)."""
    if configuration.package.package_type is PackageType.IMAGE:
        raise errors.invalid_parameter(
            "Runtime management is not available for functions with packageType Image.",
        )


def check_no_alias(configuration: FunctionConfiguration, target: Target) -> None:
    """
    Refuse an alias as Qualifier.

    AWS documents $LATEST and version numbers only; what it answers to an alias is unknown.
    """
    if target.version != configuration.version:
        raise errors.invalid_parameter(
            "Runtime management is of $LATEST or a published version, not of an alias.",
        )


def check_put(configuration: FunctionConfiguration, arn: str, mode: RuntimeManagement) -> None:
    """
    Refuse a mode that this version cannot have, or not now.

    The refusal while Pending is known; the one while InProgress is not.
    """
    check_managed(configuration)
    if configuration.state is State.PENDING:
        raise errors.resource_in_state(arn, configuration.state)
    if configuration.last_update_status is LastUpdateStatus.IN_PROGRESS:
        raise errors.update_in_progress(configuration.function_arn)
    if mode.runtime_version_arn is not None:
        _check_arn(configuration, mode.runtime_version_arn)


def with_mode(
    configuration: FunctionConfiguration, mode: RuntimeManagement
) -> FunctionConfiguration:
    """
    Move to the runtime version that a new mode means.

    When AWS moves it is unknown; here at once, but FunctionUpdate waits for an update.
    """
    if mode.update_runtime_on is UpdateRuntimeOn.FUNCTION_UPDATE:
        return configuration
    arn = mode.runtime_version_arn or newest_runtime_version(configuration)
    return replace(configuration, runtime_version_arn=arn)


def _check_arn(configuration: FunctionConfiguration, arn: str) -> None:
    match = re.fullmatch(_ARN_PATTERN, arn)
    if match is None:
        rule = f"Member must satisfy regular expression pattern: {_ARN_PATTERN}"
        raise errors.validation([errors.constraint(arn, "runtimeVersionArn", rule)])
    if match.group(2) != configuration.region:
        raise errors.invalid_parameter(
            f"Runtime version {arn} is not of the function's region {configuration.region}.",
        )
    if arn in _other_architectures(configuration):
        raise errors.invalid_parameter(
            f"Runtime version {arn} is not of the function's architecture "
            f"{configuration.architecture}.",
        )


def _other_architectures(configuration: FunctionConfiguration) -> set[str]:
    return {
        runtime_version_arn(configuration.runtime or "", configuration.region, architecture)
        for architecture in (Architecture.X86_64, Architecture.ARM64)
        if architecture != configuration.architecture
    }
