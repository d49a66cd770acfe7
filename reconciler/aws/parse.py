"""
AWS's answers, projected to the model.

Only what is named here leaves the door: an answer also holds environment variables
in clear and a signed URL to the code.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.aws.errors import short_name, unreadable
from reconciler.aws.members import Members
from reconciler.aws.protocol import ListedFunction, Receipt
from reconciler.model import (
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
    members = Members(operation, configuration)
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
    members = Members("GetRuntimeManagementConfig", answer)
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
    numbers = [Members(operation, item).version_number() for item in items]
    newest = max((number for number in numbers if number is not None), default=None)
    return None if newest is None else published_version(operation, items[numbers.index(newest)])


def listed_functions(page: Mapping[str, Any]) -> tuple[ListedFunction, ...]:
    """
    Read one page of ListFunctions, whose items have neither State nor LastUpdateStatus.

    It lists everybody's functions: what one of them lacks must not stop anything.
    """
    operation = "ListFunctions"
    items = page.get("Functions")
    if not isinstance(items, list):  # a page cut short must not read as "no functions"
        raise unreadable(operation, "no Functions")
    return tuple(_listed(Members(operation, item)) for item in items)


def _listed(members: Members) -> ListedFunction:
    code = members.text("CodeSha256")
    return ListedFunction(
        name=members.required("FunctionName"),
        version=members.required("Version"),
        code=CodeDigest(code) if code else None,
        architecture=members.architecture() if members.value("Architectures") else None,
        revision_id=members.text("RevisionId"),
    )


def next_marker(operation: str, page: Mapping[str, Any]) -> str | None:
    """Read where the next page begins; None at the end."""
    return Members(operation, page).text("NextMarker")


def receipt(
    operation: str, answer: Mapping[str, Any], version: PublishedVersion | None = None
) -> Receipt:
    """Read the answer of a write that answers with a configuration."""
    members = Members(operation, answer)
    return Receipt(
        request_id=_request_id(answer),
        revision_id=members.text("RevisionId"),
        code=CodeDigest(members.required("CodeSha256")),
        version=version,
    )


def mode_receipt(answer: Mapping[str, Any]) -> Receipt:
    """Read PutRuntimeManagementConfig's answer."""
    Members("PutRuntimeManagementConfig", answer).required("UpdateRuntimeOn")
    return Receipt(_request_id(answer))


def _configuration_and_code(answer: Mapping[str, Any]) -> tuple[Members, Members]:
    """Take GetFunction's answer apart; Code may be missing, the configuration may not."""
    configuration = Members(_GET_FUNCTION, answer.get("Configuration"))
    return configuration, Members(_GET_FUNCTION, answer.get("Code") or {})


def _s3_location(resolved: Members) -> S3Location | None:
    """Read where a package lies that Lambda only refers to."""
    bucket, key = resolved.text("S3Bucket"), resolved.text("S3Key")
    if bucket is None or key is None:
        return None
    return S3Location(bucket, key, resolved.text("S3ObjectVersion"))


def _not_given_out(why: str, remedy: str) -> ReconcileError:
    what = f"{_GET_FUNCTION}: AWS does not give the live package out: {why}"
    return ReconcileError(Failure(FailureKind.PERMANENT, what, remedy, _GET_FUNCTION))


def _refused_code(code: Members) -> str | None:
    """Say why AWS leaves out the members of Code: the caller may not use the key."""
    if code.value("Error") is None:
        return None
    error = code.structure("Error")
    said = [text for text in (error.text("ErrorCode"), error.said("Message")) if text]
    return ": ".join(said) or "GetFunction answers with an Error that has no words"


def _untold_code(package_type: PackageType, code: Members) -> str | None:
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
