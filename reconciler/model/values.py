"""Values that both the desired and the live side are made of."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

LATEST = "$LATEST"
"""The Qualifier of the unpublished version, the only one whose code can change."""

LATEST_PUBLISHED = "$LATEST.PUBLISHED"
"""The version that unqualified invocations run on Lambda Managed Instances."""


class OpenEnum(StrEnum):
    """
    An enum that takes values it does not list, as they came.

    AWS sends values that its own SDK model lacks: a running update says
    LastUpdateStatusReasonCode ``Creating``, which botocore's enum does not have.
    """

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        """Make a member of the unknown string; it compares equal to that string."""
        if not isinstance(value, str):
            return None
        member = str.__new__(cls, value)
        member._name_ = value
        member._value_ = value
        return member


class Architecture(OpenEnum):
    """An instruction set; a function has exactly one."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


class PackageType(OpenEnum):
    """How the code is packed. AWS never changes one into the other."""

    ZIP = "Zip"
    IMAGE = "Image"


class UpdateRuntimeOn(OpenEnum):
    """When AWS moves a function to a new version of its managed runtime."""

    AUTO = "Auto"
    FUNCTION_UPDATE = "FunctionUpdate"
    MANUAL = "Manual"


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a manifest; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class RuntimeManagement:
    """
    The runtime update mode of $LATEST or of one published version.

    ``runtime_version_arn`` goes with Manual and only with Manual; AWS answers null
    for the other modes (API reference, GetRuntimeManagementConfig).
    """

    update_runtime_on: UpdateRuntimeOn
    runtime_version_arn: str | None = None

    def __str__(self) -> str:
        if self.runtime_version_arn is None:
            return str(self.update_runtime_on)
        return f"{self.update_runtime_on} {self.runtime_version_arn}"


@dataclass(frozen=True, slots=True)
class CodeDigest:
    """
    What a package hashes to, in the form that AWS calls CodeSha256.

    For a zip file the base64 of the SHA-256 of its bytes; for an image the hex of
    its manifest's digest.
    """

    code_sha256: str

    @classmethod
    def of_zip(cls, sha256: bytes) -> CodeDigest:
        """Take the 32 raw bytes of a zip file's SHA-256."""
        return cls(base64.b64encode(sha256).decode("ascii"))

    def __str__(self) -> str:
        return self.code_sha256
