"""``code.zipFile``: a package that somebody has built."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

from reconciler.artifacts.package import DIRECT_UPLOAD_LIMIT, invalid, local_package, too_large
from reconciler.model import CodeDigest

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.artifacts.package import Package


def from_zip_file(path: Path) -> Package:
    """Hash the file in a stream. Raises ReconcileError when it cannot be deployed."""
    origin = str(path)
    try:
        size = path.stat().st_size
        if size > DIRECT_UPLOAD_LIMIT:
            raise too_large(origin, size)
        with path.open("rb") as file:
            if not zipfile.is_zipfile(file):
                raise invalid(f"{origin} is not a zip file", "build the package again")
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").digest()
    except OSError as error:
        raise invalid(
            f"{origin} cannot be read ({error.strerror})", "check the path and its permissions"
        ) from error
    return local_package(CodeDigest.of_zip(digest), origin, path.read_bytes)
