"""
AWS's answers, projected to the model.

Only what is named here leaves the door: an answer also holds environment variables
in clear and a signed URL to the code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from reconciler.aws.errors import unreadable
from reconciler.aws.protocol import Receipt
from reconciler.model import (
    Architecture,
    CodeDigest,
    LastUpdateStatus,
    LiveFunction,
    OpenEnum,
    PackageType,
    PublishedVersion,
    RuntimeManagement,
    State,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_LONGEST_VERSION = 1024  # of Version in the API, where it also names $LATEST.PUBLISHED
_Enum = TypeVar("_Enum", bound=OpenEnum)


def live_function(answer: Mapping[str, Any]) -> LiveFunction:
    """Read GetFunction's answer for $LATEST."""
    operation = "GetFunction"
    configuration = _Members(operation, answer.get("Configuration"))
    code = _Members(operation, answer.get("Code") or {})
    return LiveFunction(
        function_arn=configuration.required("FunctionArn"),
        package_type=PackageType(configuration.text("PackageType") or PackageType.ZIP),
        code=CodeDigest(configuration.required("CodeSha256")),
        architecture=configuration.architecture(),
        state=State(configuration.text("State") or State.ACTIVE),
        last_update_status=_optional(LastUpdateStatus, configuration.text("LastUpdateStatus")),
        revision_id=configuration.text("RevisionId"),
        state_reason_code=configuration.text("StateReasonCode"),
        state_reason=configuration.text("StateReason"),
        last_update_status_reason_code=configuration.text("LastUpdateStatusReasonCode"),
        last_update_status_reason=configuration.text("LastUpdateStatusReason"),
        source_kms_key_arn=code.text("SourceKMSKeyArn"),
        code_unreadable=_refused_code(_Members(operation, code.value("Error") or {})),
    )


def published_version(operation: str, configuration: object) -> PublishedVersion:
    """Read a version's configuration; a list's items have no State."""
    members = _Members(operation, configuration)
    return PublishedVersion(
        version=members.required("Version"),
        code=CodeDigest(members.required("CodeSha256")),
        architecture=members.architecture(),
        state=_optional(State, members.text("State")),
        state_reason_code=members.text("StateReasonCode"),
        state_reason=members.text("StateReason"),
    )


def runtime_management(answer: Mapping[str, Any]) -> RuntimeManagement:
    """Read the mode. The ARN counts in Manual only; AWS answers null otherwise."""
    members = _Members("GetRuntimeManagementConfig", answer)
    mode = UpdateRuntimeOn(members.required("UpdateRuntimeOn"))
    manual = mode is UpdateRuntimeOn.MANUAL
    return RuntimeManagement(mode, members.text("RuntimeVersionArn") if manual else None)


def versions(page: Mapping[str, Any]) -> list[PublishedVersion]:
    """Read one page of ListVersionsByFunction, without $LATEST."""
    operation = "ListVersionsByFunction"
    items = page.get("Versions")
    if not isinstance(items, list):  # a page cut short must not read as "no versions"
        raise unreadable(operation, "no Versions")
    return [
        published_version(operation, item)
        for item in items
        if _Members(operation, item).version_number() is not None
    ]


def next_marker(page: Mapping[str, Any]) -> str | None:
    """Read where the next page begins; None at the end."""
    return _Members("ListVersionsByFunction", page).text("NextMarker")


def receipt(
    operation: str, answer: Mapping[str, Any], version: PublishedVersion | None = None
) -> Receipt:
    """Read the answer of a write that answers with a configuration."""
    members = _Members(operation, answer)
    return Receipt(
        request_id=_request_id(answer),
        revision_id=members.text("RevisionId"),
        code=CodeDigest(members.required("CodeSha256")),
        version=version,
    )


def mode_receipt(answer: Mapping[str, Any]) -> Receipt:
    """Read PutRuntimeManagementConfig's answer."""
    _Members("PutRuntimeManagementConfig", answer).required("UpdateRuntimeOn")
    return Receipt(_request_id(answer))


class _Members:
    """The members of one structure of an answer. Raises ReconcileError at what it cannot be."""

    def __init__(self, operation: str, structure: object) -> None:
        if not isinstance(structure, dict):
            raise unreadable(operation, "a structure missing")
        self._operation = operation
        self._structure: dict[str, Any] = structure

    def value(self, member: str) -> object:
        """Give a member as it came."""
        return self._structure.get(member)

    def text(self, member: str) -> str | None:
        """Give a string; absent, null and empty are the same."""
        value = self._structure.get(member)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise unreadable(self._operation, f"no readable {member}")
        return value

    def required(self, member: str) -> str:
        """Give a string that every such answer has."""
        value = self.text(member)
        if value is None:
            raise unreadable(self._operation, f"no {member}")
        return value

    def version_number(self) -> int | None:
        """Give the number of a published version, None for $LATEST."""
        version = self.required("Version")
        if len(version) > _LONGEST_VERSION:
            raise unreadable(self._operation, "no readable Version")
        return int(version) if version.isdecimal() else None

    def architecture(self) -> Architecture:
        """Give the one architecture; without any it is x86_64 (API, FunctionConfiguration)."""
        values = self._structure.get("Architectures")
        if not values:
            return Architecture.X86_64
        if not isinstance(values, list) or not isinstance(values[0], str):
            raise unreadable(self._operation, "no readable Architectures")
        return Architecture(values[0])


def _refused_code(error: _Members) -> str | None:
    """Say why AWS leaves out the members of Code: the caller may not use the key."""
    said = [text for text in (error.text("ErrorCode"), error.text("Message")) if text]
    return ": ".join(said) or None


def _request_id(answer: Mapping[str, Any]) -> str | None:
    request_id: str | None = answer.get("ResponseMetadata", {}).get("RequestId")
    return request_id


def _optional(enum: type[_Enum], value: str | None) -> _Enum | None:
    return None if value is None else enum(value)
