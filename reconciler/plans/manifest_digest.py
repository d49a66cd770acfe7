"""A digest of what is declared for one function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Image, S3Object, ZipFile
from reconciler.plans.canonical import sha256

if TYPE_CHECKING:
    from typing import Any

    from reconciler.model import CodeSource, FunctionSpec, RuntimeManagementSpec, Target


def manifest_sha256(spec: FunctionSpec) -> str:
    """
    Hash the spec, in hex.

    Where it is written does not count, nor where a package lies on this machine: another
    checkout is another folder, and what is in the package has a digest of its own. Of a
    target the account, the region and the role count; how it is entered may change.
    """
    return sha256(
        {
            "name": spec.name,
            "labels": dict(spec.labels),
            "function_name": spec.function.function_name,
            "target": _target(spec.target),
            "code": _code(spec.code),
            "architecture": spec.architecture and str(spec.architecture),
            "runtime_management": _runtime_management(spec.runtime_management),
            "publish": spec.publish
            and [spec.publish.description, spec.publish.to_latest_published],
            "suspend": spec.suspend,
            "source_kms_key_arn": spec.source_kms_key_arn,
            "native_check": spec.native_check,
        }
    )


def _target(target: Target | None) -> list[str | None] | None:
    if target is None:
        return None
    role = None if target.assume_role is None else target.assume_role.role_arn
    return [target.name, target.account, target.region, role]


def _code(code: CodeSource | None) -> list[str | None] | None:
    match code:
        case None:
            return None
        case S3Object():
            return ["s3", code.bucket, code.key, code.version_id, code.sha256]
        case Image():
            return ["imageUri", code.image_uri]
        case _:
            return ["zipFile" if isinstance(code, ZipFile) else "directory"]


def _runtime_management(declared: RuntimeManagementSpec | None) -> list[Any] | None:
    if declared is None:
        return None
    arns = {str(key): arn for key, arn in declared.runtime_version_arns.items()}
    return [str(declared.update_runtime_on), arns]
