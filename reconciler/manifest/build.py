"""A document without errors to the FunctionSpec that it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.manifest.files import absolute
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


_ARCHITECTURES = (Architecture.X86_64, Architecture.ARM64)


def spec_of(document: Document, identity: Identity, folder: Path) -> FunctionSpec:
    """Return what the document describes; it must have passed every check."""
    architecture = document.text("spec", "architecture")
    return FunctionSpec(
        name=identity.name,
        labels=_labels(document),
        function=identity.function,
        code=_code(document, folder),
        architecture=None if architecture is None else Architecture(architecture),
        runtime_management=_runtime_management(document),
        publish=_publish(document),
        suspend=document.value("spec", "suspend") is True,
        location=identity.location,
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


def _runtime_management(document: Document) -> RuntimeManagementSpec | None:
    mode = document.text("spec", "runtimeManagement", "updateRuntimeOn")
    if mode is None:
        return None
    arn = document.text("spec", "runtimeManagement", "runtimeVersionArn")
    arns = {} if arn is None else dict.fromkeys(_ARCHITECTURES, arn)
    return RuntimeManagementSpec(UpdateRuntimeOn(mode), arns)


def _publish(document: Document) -> Publish | None:
    publish = document.value("spec", "publish")
    if isinstance(publish, dict):
        return Publish(document.text("spec", "publish", "description"))
    return Publish() if publish is True else None
