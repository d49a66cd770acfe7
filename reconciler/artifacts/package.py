"""A deployment package whose hash is known and whose bytes are read when they are sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model import CodeDigest, Failure, FailureKind, PackageType, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable

DIRECT_UPLOAD_LIMIT = 52_428_800
"""Bytes of a zip file that UpdateFunctionCode takes; beyond it AWS answers 413."""


@dataclass(frozen=True, slots=True)
class Package:
    """``origin`` is the path as it is shown; ``load`` reads or builds the bytes again."""

    digest: CodeDigest
    origin: str
    load: Callable[[], bytes] = field(repr=False, compare=False)
    package_type: PackageType = PackageType.ZIP

    def read(self) -> bytes:
        """
        Give exactly the bytes that were hashed.

        Raises a temporary ReconcileError when they have changed since: what is sent
        must be what the plan said.
        """
        try:
            content = self.load()
        except (OSError, ReconcileError) as error:
            raise self._changed() from error
        if CodeDigest.of_zip(hashlib.sha256(content).digest()) != self.digest:
            raise self._changed()
        return content

    def _changed(self) -> ReconcileError:
        return ReconcileError(
            Failure(
                FailureKind.TEMPORARY,
                f"{self.origin} changed while it was being deployed",
                "run again when the build has ended",
            )
        )


def invalid(what: str, remedy: str) -> ReconcileError:
    """Make the error for a package that cannot be deployed as it is."""
    return ReconcileError(Failure(FailureKind.INVALID, what, remedy))


def too_large(origin: str, size: int) -> ReconcileError:
    """Make the error for a package that AWS takes only from S3."""
    return invalid(
        f"{origin} has {size:,} bytes, over the limit of {DIRECT_UPLOAD_LIMIT:,} (50 MB) "
        "for a direct upload",
        "make it smaller; larger packages go through S3, which this version does not deploy yet",
    )
