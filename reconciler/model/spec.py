"""The desired side: one manifest document, and what it resolves to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.model.values import (
        Architecture,
        CodeDigest,
        Location,
        PackageType,
        RuntimeManagement,
    )


@dataclass(frozen=True, slots=True)
class FunctionReference:
    """
    Which function is meant, in the manifest's own words and taken apart.

    ``function_name`` is what AWS is sent as FunctionName: a name, a partial ARN or
    an ARN, always without a qualifier. ``account`` and ``region`` are None where
    neither the reference nor the settings name one.
    """

    function_name: str
    name: str
    account: str | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class ZipFile:
    """A deployment package on disk; ``path`` is resolved from the manifest's folder."""

    path: Path
    location: Location


@dataclass(frozen=True, slots=True)
class Directory:
    """A folder to be zipped; ``path`` is resolved from the manifest's folder."""

    path: Path
    location: Location


@dataclass(frozen=True, slots=True)
class S3Object:
    """A deployment package in S3; ``sha256`` is base64, as CodeSha256 is."""

    bucket: str
    key: str
    version_id: str | None
    sha256: str | None
    location: Location


@dataclass(frozen=True, slots=True)
class Image:
    """A container image in ECR, by tag or by digest."""

    image_uri: str
    location: Location


CodeSource = ZipFile | Directory | S3Object | Image


@dataclass(frozen=True, slots=True)
class Publish:
    """A published version is wanted; None takes over $LATEST's own description."""

    description: str | None = None


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """
    One ``kind: Function`` document, valid in itself.

    A field that is None was not declared: it is never compared, sent or reset.
    """

    name: str
    labels: Mapping[str, str]
    function: FunctionReference
    code: CodeSource | None
    architecture: Architecture | None
    runtime_management: RuntimeManagement | None
    publish: Publish | None
    suspend: bool
    location: Location


@dataclass(frozen=True, slots=True)
class DesiredFunction:
    """
    What the planner compares: the spec with its code resolved to a digest.

    ``code`` and ``package_type`` are None when the manifest leaves the code to
    another pipeline.
    """

    code: CodeDigest | None
    package_type: PackageType | None
    architecture: Architecture | None
    runtime_management: RuntimeManagement | None
    publish: Publish | None
