"""The desired side: one manifest document, and what it resolves to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model.values import RuntimeManagement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.model.code import NativeCode
    from reconciler.model.target import Target
    from reconciler.model.values import (
        Architecture,
        CodeDigest,
        Location,
        PackageType,
        UpdateRuntimeOn,
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
class RuntimeManagementSpec:
    """
    The declared runtime update mode.

    ``runtime_version_arns`` goes with Manual and only with Manual: the ARN of a runtime
    version is another one on each architecture (developer guide, runtimes-update). One
    that was declared for any architecture stands under each.
    """

    update_runtime_on: UpdateRuntimeOn
    runtime_version_arns: Mapping[Architecture, str] = field(default_factory=dict)

    def on(self, architecture: Architecture) -> RuntimeManagement:
        """Give the mode for one architecture; without an ARN where none is declared for it."""
        return RuntimeManagement(
            self.update_runtime_on, self.runtime_version_arns.get(architecture)
        )


@dataclass(frozen=True, slots=True)
class Publish:
    """
    A published version is wanted.

    Without a ``description`` AWS takes over that of $LATEST. ``to_latest_published``
    puts it into $LATEST.PUBLISHED, which functions on Lambda Managed Instances have in
    place of, or beside, numbered versions (developer guide,
    lambda-managed-instances-version-publishing).
    """

    description: str | None = None
    to_latest_published: bool = False


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """
    One ``kind: Function`` document, valid in itself, for one of its targets.

    A field that is None was not declared: it is never compared, sent or reset.
    ``native_check`` says whether a package's native code is read before it goes to
    another architecture.
    """

    name: str
    labels: Mapping[str, str]
    function: FunctionReference
    code: CodeSource | None
    architecture: Architecture | None
    runtime_management: RuntimeManagementSpec | None
    publish: Publish | None
    suspend: bool
    location: Location
    source_kms_key_arn: str | None = None
    native_check: bool = True
    target: Target | None = None

    @property
    def id(self) -> str:
        """What tells it from all others of a run: NAME, or NAME@TARGET."""
        return self.name if self.target is None else f"{self.name}@{self.target.name}"


@dataclass(frozen=True, slots=True)
class DesiredFunction:
    """
    What the planner compares: the spec with its code resolved to a digest.

    ``code`` and ``package_type`` are None when the manifest leaves the code to
    another pipeline. ``resolved_image_uri`` is set for images alone. ``in_s3`` says that
    the package is an S3 object. ``native_code`` is None while nobody has looked.
    """

    code: CodeDigest | None
    package_type: PackageType | None
    architecture: Architecture | None
    runtime_management: RuntimeManagementSpec | None
    publish: Publish | None
    resolved_image_uri: str | None = None
    in_s3: bool = False
    source_kms_key_arn: str | None = None
    native_check: bool = True
    native_code: NativeCode | None = None
