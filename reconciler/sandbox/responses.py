"""The JSON shapes of AWS's answers. A member without a value is absent, as on AWS."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from reconciler.model import LATEST, PackageType
from reconciler.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model import RuntimeManagement
    from reconciler.sandbox.state import Alias, FunctionConfiguration

Json = dict[str, Any]

SIGNATURE = "sandbox-fake-signature"
"""The signature in every Code.Location: a recognisable value that must not leak."""

_PAGE = 50
"""Items on a page, whatever MaxItems asks for above it (botocore's model text)."""

_LISTS_OMIT = (
    "State",
    "StateReason",
    "StateReasonCode",
    "LastUpdateStatus",
    "LastUpdateStatusReason",
    "LastUpdateStatusReasonCode",
    "RuntimeVersionConfig",
)


def own_arn(configuration: FunctionConfiguration) -> str:
    """Name $LATEST without a qualifier and a version with its own."""
    if configuration.version == LATEST:
        return configuration.function_arn
    return qualified_arn(configuration)


def qualified_arn(configuration: FunctionConfiguration) -> str:
    """Name $LATEST too by its qualifier, as the lists of versions do."""
    return f"{configuration.function_arn}:{configuration.version}"


def function_configuration(configuration: FunctionConfiguration, arn: str) -> Json:
    """Shape a FunctionConfiguration under the ARN that it was asked for."""
    return _present(
        {
            **configuration.settings,
            "Architectures": [configuration.architecture],
            "CodeSha256": configuration.code_sha256,
            "CodeSize": configuration.package.code_size,
            "Description": configuration.description,
            "FunctionArn": arn,
            "FunctionName": configuration.function_name,
            "LastModified": configuration.last_modified,
            "MasterArn": configuration.master_arn,
            "PackageType": configuration.package.package_type,
            "RevisionId": configuration.revision_id,
            "Runtime": configuration.runtime,
            "RuntimeVersionConfig": _runtime_version(configuration),
            "SnapStart": {
                "ApplyOn": configuration.snap_start,
                "OptimizationStatus": configuration.optimization_status,
            },
            "Version": configuration.version,
            **_status(configuration),
        },
    )


def function(
    configuration: FunctionConfiguration, arn: str, base_url: str, tags: Mapping[str, str]
) -> Json:
    """Shape the answer of GetFunction; Tags are absent when there are none (recorded)."""
    answer: Json = {
        "Code": _code(configuration, base_url),
        "Configuration": function_configuration(configuration, arn),
    }
    return {**answer, "Tags": dict(tags)} if tags else answer


def alias(described: Alias) -> Json:
    """Shape an alias; RoutingConfig is there only when it has a weight (recorded)."""
    weights = {"AdditionalVersionWeights": dict(described.weights)}
    return _present(
        {
            "AliasArn": f"{described.function_arn}:{described.name}",
            "Description": described.description,
            "FunctionVersion": described.version,
            "Name": described.name,
            "RevisionId": described.revision_id,
            "RoutingConfig": weights if described.weights else None,
        },
    )


def listed(configuration: FunctionConfiguration, arn: str) -> Json:
    """Shape an item of a list, which says nothing about status or runtime version."""
    item = function_configuration(configuration, arn)
    return {name: value for name, value in item.items() if name not in _LISTS_OMIT}


def page(member: str, items: Sequence[Json], marker: str | None, max_items: str | None) -> Json:
    """Cut one page out of a list; the marker is opaque to callers."""
    start = _read_marker(marker)
    end = start + min(int(max_items or _PAGE), _PAGE)
    rest = {"NextMarker": _write_marker(end)} if end < len(items) else {}
    return {member: list(items[start:end]), **rest}


def runtime_management(mode: RuntimeManagement, arn: str) -> Json:
    """Shape both answers of runtime management; the ARN is null but in Manual."""
    return {
        "FunctionArn": arn,
        "RuntimeVersionArn": mode.runtime_version_arn,
        "UpdateRuntimeOn": mode.update_runtime_on,
    }


def location(code_sha256: str, account: str, base_url: str) -> str:
    """Make a URL like AWS's presigned ones, at which the sandbox serves the zip file."""
    name = base64.b64decode(code_sha256).hex()
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=600&X-Amz-Signature={SIGNATURE}"
    return f"{base_url}/snapshots/{account}/{name}?{query}"


def _code(configuration: FunctionConfiguration, base_url: str) -> Json:
    package = configuration.package
    if package.package_type is PackageType.IMAGE:
        return {
            "ImageUri": package.image_uri,
            "RepositoryType": "ECR",
            "ResolvedImageUri": package.resolved_image_uri,
        }
    url = location(package.code_sha256, configuration.account, base_url)
    return _present(
        {
            "Error": _code_error(configuration),
            "Location": url if configuration.code_error is None else None,
            "RepositoryType": "S3",
            "ResolvedS3Object": package.resolved_s3_object,
            "SourceKMSKeyArn": package.source_kms_key_arn,
        },
    )


def _code_error(configuration: FunctionConfiguration) -> Json | None:
    """
    Tell why there is no Location (developer guide: encrypt-zip-package).

    That Location is absent then is not documented; to be without it is the harder case.
    """
    if configuration.code_error is None:
        return None
    code, message = configuration.code_error
    return {"ErrorCode": code, "Message": message}


def _status(configuration: FunctionConfiguration) -> Json:
    return {
        "State": configuration.state,
        "StateReason": configuration.state_reason,
        "StateReasonCode": configuration.state_reason_code,
        "LastUpdateStatus": configuration.last_update_status,
        "LastUpdateStatusReason": configuration.last_update_status_reason,
        "LastUpdateStatusReasonCode": configuration.last_update_status_reason_code,
    }


def _runtime_version(configuration: FunctionConfiguration) -> Json | None:
    arn = configuration.runtime_version_arn
    return None if arn is None else {"RuntimeVersionArn": arn}


def _present(members: Json) -> Json:
    return {name: value for name, value in members.items() if value is not None}


def _write_marker(position: int) -> str:
    return base64.urlsafe_b64encode(f"position {position}".encode()).decode("ascii")


def _read_marker(marker: str | None) -> int:
    if marker is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(marker).removeprefix(b"position "))
    except (binascii.Error, ValueError) as problem:
        raise errors.invalid_parameter("Invalid Marker.") from problem
