"""Steps and modes as JSON, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import (
    Architecture,
    CodeDigest,
    PublishVersion,
    PutRuntimeManagementConfig,
    RuntimeManagement,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reconciler.model import Step


def step_as_json(step: Step) -> dict[str, Any]:
    """Name the call as AWS does, and all that tells it from others of its kind."""
    operation = type(step).__name__
    match step:
        case UpdateFunctionCode():
            return {
                "operation": operation,
                "code_sha256": str(step.code),
                "architecture": str(step.architecture),
                "source_kms_key_arn": step.source_kms_key_arn,
                "by_reference": step.by_reference,
                "live_package": step.live_package,
            }
        case PublishVersion():
            return {
                "operation": operation,
                "code_sha256": str(step.code),
                "description": step.description,
                "to_latest_published": step.to_latest_published,
            }
        case PutRuntimeManagementConfig():
            return {
                "operation": operation,
                "qualifier": step.qualifier,
                "runtime_management": mode_as_json(step.runtime_management),
            }


def step_of(given: Mapping[str, Any]) -> Step:
    """Read a step that fits the schema."""
    members = {name: value for name, value in given.items() if name != "operation"}
    if given["operation"] == PutRuntimeManagementConfig.__name__:
        mode = mode_of(members["runtime_management"])
        if mode is None:
            raise AssertionError("the schema wants a mode")
        return PutRuntimeManagementConfig(mode, members["qualifier"])
    code = CodeDigest(members.pop("code_sha256"))
    if given["operation"] == PublishVersion.__name__:
        return PublishVersion(code, **members)
    return UpdateFunctionCode(code, Architecture(members.pop("architecture")), **members)


def mode_as_json(mode: RuntimeManagement | None) -> dict[str, str | None] | None:
    """Give a runtime update mode, None where none is known."""
    if mode is None:
        return None
    return {
        "update_runtime_on": str(mode.update_runtime_on),
        "runtime_version_arn": mode.runtime_version_arn,
    }


def mode_of(given: Mapping[str, str] | None) -> RuntimeManagement | None:
    """Read a runtime update mode that fits the schema."""
    if given is None:
        return None
    return RuntimeManagement(
        UpdateRuntimeOn(given["update_runtime_on"]), given["runtime_version_arn"]
    )
