"""
AWS's answers, projected to the model.

Only what is named here leaves the door: an answer also holds environment variables
in clear and a signed URL to the code.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.aws.errors import one_line, short_name, unreadable
from reconciler.aws.protocol import Receipt
from reconciler.model import (
    Architecture,
    CodeDigest,
    Failure,
    FailureKind,
    LastUpdateStatus,
    LiveFunction,
    OpenEnum,
    PackageType,
    PublishedVersion,
    ReconcileError,
    RuntimeManagement,
    S3Location,
    State,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

_GET_FUNCTION = "GetFunction"
_LONGEST_VERSION = 1024  # of Version in the API, where it also names $LATEST.PUBLISHED
_LONGEST_NAME = 140  # of FunctionName in the API
_OF_ARN = re.compile(r"(?:.*?:)?function:(.+)")
_Enum = TypeVar("_Enum", bound=OpenEnum)


def check_function(operation: str, answer: Mapping[str, Any], function_name: str) -> None:
    """
    Raise a temporary ReconcileError when the answer is about another function.

    A cache or a gateway on the way may mix answers up. ``function_name`` is a name, a
    partial ARN or an ARN.
    """
    configuration = answer.get("Configuration", answer)
    arn = configuration.get("FunctionArn") if isinstance(configuration, dict) else None
    if isinstance(arn, str) and _bare_name(arn) != _bare_name(function_name):
        raise unreadable(operation, f"the function {_bare_name(arn)[:_LONGEST_NAME]}")


def _bare_name(function_name: str) -> str:
    found = _OF_ARN.match(function_name)
    return (found[1] if found else function_name).partition(":")[0]


def live_function(answer: Mapping[str, Any]) -> LiveFunction:
    """Read GetFunction's answer for $LATEST."""
    configuration, code = _configuration_and_code(answer)
    package_type = PackageType(configuration.text("PackageType") or PackageType.ZIP)
    return LiveFunction(
        function_arn=configuration.required("FunctionArn"),
        package_type=package_type,
        code=CodeDigest(configuration.required("CodeSha256")),
        architecture=configuration.architecture(),
        state=State(configuration.text("State") or State.ACTIVE),
        last_update_status=_optional(LastUpdateStatus, configuration.text("LastUpdateStatus")),
        revision_id=configuration.text("RevisionId"),
        state_reason_code=configuration.text("StateReasonCode"),
        state_reason=configuration.said("StateReason"),
        last_update_status_reason_code=configuration.text("LastUpdateStatusReasonCode"),
        last_update_status_reason=configuration.said("LastUpdateStatusReason"),
        source_kms_key_arn=code.text("SourceKMSKeyArn"),
        code_unreadable=_refused_code(code) or _untold_code(package_type, code),
        resolved_image_uri=code.text("ResolvedImageUri"),
        s3_location=_s3_location(code.structure("ResolvedS3Object")),
        runtime=configuration.text("Runtime"),
        runtime_version_arn=configuration.structure("RuntimeVersionConfig").text(
            "RuntimeVersionArn"
        ),
        master_arn=configuration.text("MasterArn"),
        managed_instances=bool(configuration.value("CapacityProviderConfig")),
        durable=bool(configuration.value("DurableConfig")),
        snap_start=configuration.structure("SnapStart").text("ApplyOn") == "PublishedVersions",
    )


def read_version(answer: Mapping[str, Any]) -> PublishedVersion:
    """Read GetFunction's answer for a published version."""
    _, code = _configuration_and_code(answer)
    version = published_version(_GET_FUNCTION, answer.get("Configuration"))
    return replace(version, resolved_image_uri=code.text("ResolvedImageUri"))


def package(answer: Mapping[str, Any]) -> tuple[CodeDigest, str]:
    """
    Read from GetFunction's answer which zip file is live, and the signed URL of it.

    Raises a permanent ReconcileError when AWS does not give it out.
    """
    configuration, code = _configuration_and_code(answer)
    url = code.text("Location")
    if configuration.text("PackageType") == PackageType.IMAGE:
        raise _not_given_out("the function is an image", "declare spec.code.imageUri")
    refused = _refused_code(code)
    if refused is not None:
        remedy = "give the reconciler's role kms:Decrypt on the package's key, or declare spec.code"
        raise _not_given_out(refused, remedy)
    if url is None:
        raise _not_given_out("the answer has no Location", "declare spec.code")
    return CodeDigest(configuration.required("CodeSha256")), url


def published_version(operation: str, configuration: object) -> PublishedVersion:
    """Read a version's configuration; a list's items have neither State nor LastUpdateStatus."""
    members = _Members(operation, configuration)
    return PublishedVersion(
        version=members.required("Version"),
        code=CodeDigest(members.required("CodeSha256")),
        architecture=members.architecture(),
        state=_optional(State, members.text("State")),
        state_reason_code=members.text("StateReasonCode"),
        state_reason=members.said("StateReason"),
        last_update_status=_optional(LastUpdateStatus, members.text("LastUpdateStatus")),
        last_update_status_reason_code=members.text("LastUpdateStatusReasonCode"),
        last_update_status_reason=members.said("LastUpdateStatusReason"),
    )


def runtime_management(answer: Mapping[str, Any]) -> RuntimeManagement:
    """Read the mode. The ARN counts in Manual only; AWS answers null otherwise."""
    members = _Members("GetRuntimeManagementConfig", answer)
    mode = UpdateRuntimeOn(members.required("UpdateRuntimeOn"))
    manual = mode is UpdateRuntimeOn.MANUAL
    return RuntimeManagement(mode, members.text("RuntimeVersionArn") if manual else None)


def newest_version(page: Mapping[str, Any]) -> PublishedVersion | None:
    """
    Read the highest number of one page of ListVersionsByFunction; None when it has none.

    The others are not looked at: what an old version lacks must not stop anything.
    """
    operation = "ListVersionsByFunction"
    items = page.get("Versions")
    if not isinstance(items, list):  # a page cut short must not read as "no versions"
        raise unreadable(operation, "no Versions")
    numbers = [_Members(operation, item).version_number() for item in items]
    newest = max((number for number in numbers if number is not None), default=None)
    return None if newest is None else published_version(operation, items[numbers.index(newest)])


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

    def structure(self, member: str) -> _Members:
        """Give a structure; absent, null and empty are the same."""
        return _Members(self._operation, self._structure.get(member) or {})

    def text(self, member: str) -> str | None:
        """Give a string; absent, null and empty are the same."""
        value = self._structure.get(member)
        if value is None or value == "":
            return None
        if not isinstance(value, str):
            raise unreadable(self._operation, f"no readable {member}")
        return value

    def said(self, member: str) -> str | None:
        """Give AWS's words as they may be shown; they may quote a request, or a signed URL."""
        value = self.text(member)
        return None if value is None else one_line(value)

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
        """
        Give the one architecture.

        It is in every configuration that was recorded from AWS, also in those of lists
        (LocalStack test_lambda_api, aws.validated). To guess one would be to send it.
        """
        values = self._structure.get("Architectures")
        if not isinstance(values, list) or not values or not isinstance(values[0], str):
            raise unreadable(self._operation, "no readable Architectures")
        return Architecture(values[0])


def _configuration_and_code(answer: Mapping[str, Any]) -> tuple[_Members, _Members]:
    """Take GetFunction's answer apart; Code may be missing, the configuration may not."""
    configuration = _Members(_GET_FUNCTION, answer.get("Configuration"))
    return configuration, _Members(_GET_FUNCTION, answer.get("Code") or {})


def _s3_location(resolved: _Members) -> S3Location | None:
    """Read where a package lies that Lambda only refers to."""
    bucket, key = resolved.text("S3Bucket"), resolved.text("S3Key")
    if bucket is None or key is None:
        return None
    return S3Location(bucket, key, resolved.text("S3ObjectVersion"))


def _not_given_out(why: str, remedy: str) -> ReconcileError:
    what = f"{_GET_FUNCTION}: AWS does not give the live package out: {why}"
    return ReconcileError(Failure(FailureKind.PERMANENT, what, remedy, _GET_FUNCTION))


def _refused_code(code: _Members) -> str | None:
    """Say why AWS leaves out the members of Code: the caller may not use the key."""
    if code.value("Error") is None:
        return None
    error = code.structure("Error")
    said = [text for text in (error.text("ErrorCode"), error.said("Message")) if text]
    return ": ".join(said) or "GetFunction answers with an Error that has no words"


def _untold_code(package_type: PackageType, code: _Members) -> str | None:
    """
    Say that AWS does not tell how a package is stored, though it gives no error either.

    Each package of the recordings has a Location (LocalStack test_lambda_api,
    aws.validated). Without it no key does not mean that there is none.
    """
    if package_type is PackageType.IMAGE or code.text("Location"):
        return None
    located = _s3_location(code.structure("ResolvedS3Object"))
    return None if located else "GetFunction does not answer where the package is"


def _request_id(answer: Mapping[str, Any]) -> str | None:
    return short_name(answer.get("ResponseMetadata", {}).get("RequestId"))


def _optional(enum: type[_Enum], value: str | None) -> _Enum | None:
    return None if value is None else enum(value)
