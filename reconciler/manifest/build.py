"""A document without errors to the FunctionSpec that it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest.files import absolute
from reconciler.manifest.regions import RUNTIME_VERSION
from reconciler.model import (
    Architecture,
    CodeSource,
    Directory,
    FunctionSpec,
    Image,
    Publish,
    RuntimeManagementSpec,
    S3Object,
    UpdateRuntimeOn,
    ZipFile,
)

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.manifest.document import Document
    from reconciler.manifest.identity import Identity
    from reconciler.model import Target


_ARCHITECTURES = (Architecture.X86_64, Architecture.ARM64)
_OFF = ("off", False)
"""YAML 1.2 reads a bare off as a string, YAML 1.1 as a boolean: tools that rewrite it differ."""


def spec_of(
    document: Document, identity: Identity, folder: Path, target: Target | None = None
) -> FunctionSpec:
    """Return what the document describes; it must have passed every check."""
    architecture = document.text("spec", "architecture")
    return FunctionSpec(
        name=identity.name,
        labels=_labels(document),
        function=identity.function,
        code=_code(document, folder),
        architecture=None if architecture is None else Architecture(architecture),
        runtime_management=_runtime_management(document, identity.function.region),
        publish=_publish(document),
        suspend=document.value("spec", "suspend") is True,
        location=identity.location,
        source_kms_key_arn=document.text("spec", "code", "sourceKmsKeyArn"),
        native_check=document.value("spec", "code", "nativeCheck") not in _OFF,
        target=target,
    )


def _labels(document: Document) -> dict[str, str]:
    labels = document.mapping("metadata", "labels")
    return {name: str(value) for name, value in labels.items()}


def _code(document: Document, folder: Path) -> CodeSource | None:
    code = ("spec", "code")
    if path := document.text(*code, "zipFile"):
        return ZipFile(absolute(folder, path), document.location(*code, "zipFile"))
    if path := document.text(*code, "directory"):
        return Directory(absolute(folder, path), document.location(*code, "directory"))
    if image := document.text(*code, "imageUri"):
        return Image(image, document.location(*code, "imageUri"))
    return _s3_object(document)


def _s3_object(document: Document) -> S3Object | None:
    s3 = ("spec", "code", "s3")
    bucket, key = document.text(*s3, "bucket"), document.text(*s3, "key")
    if bucket is None or key is None:
        return None
    return S3Object(
        bucket=bucket,
        key=key,
        version_id=document.text(*s3, "versionId"),
        sha256=document.text(*s3, "sha256"),
        location=document.location(*s3),
    )


def _runtime_management(document: Document, region: str | None) -> RuntimeManagementSpec | None:
    mode = document.text("spec", "runtimeManagement", "updateRuntimeOn")
    if mode is None:
        return None
    return RuntimeManagementSpec(UpdateRuntimeOn(mode), _runtime_versions(document, region))


def _runtime_versions(document: Document, region: str | None) -> dict[Architecture, str]:
    """Return the ARNs for the function's region; none where the region is not known."""
    arn = document.text(*RUNTIME_VERSION)
    if arn is not None:
        return dict.fromkeys(_ARCHITECTURES, arn)
    arns = {} if region is None else document.mapping(*RUNTIME_VERSION, region)
    return {Architecture(architecture): str(arn) for architecture, arn in arns.items()}


def _publish(document: Document) -> Publish | None:
    publish = ("spec", "publish")
    value = document.value(*publish)
    if isinstance(value, dict):
        return Publish(
            document.text(*publish, "description"),
            to_latest_published="publishTo" in value,
        )
    return Publish() if value is True else None
