"""``code.zipFile``: a package that somebody has built."""

from __future__ import annotations

import hashlib
import io
import stat
import zipfile
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts.entries import harm_in
from reconciler.artifacts.package import (
    DIRECT_UPLOAD_LIMIT,
    changed,
    invalid,
    local_package,
    too_large,
)
from reconciler.artifacts.regular import ChangedError, open_regular, read_whole
from reconciler.model import CodeDigest

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.artifacts.package import Package


def from_zip_file(path: Path) -> Package:
    """
    Hash the file. Raises ReconcileError when it cannot be deployed.

    It is only looked into, and never unpacked.
    """
    origin = str(path)
    content = _read(path)
    file = io.BytesIO(content)
    if not zipfile.is_zipfile(file):
        raise invalid(f"{origin} is not a zip file", "build the package again")
    if (harm := harm_in(file)) is not None:
        raise invalid(f"{origin} {harm}", "build the package again without it")
    digest = CodeDigest.of_zip(hashlib.sha256(content).digest())
    return local_package(digest, origin, partial(_read, path), len(content))


def _read(path: Path) -> bytes:
    """Read the file. Raises ReconcileError."""
    origin = str(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise invalid(f"{origin} is not a regular file", "name a zip file")
        if status.st_size > DIRECT_UPLOAD_LIMIT:
            raise too_large(origin, status.st_size)
        with open_regular(path) as file:
            content = read_whole(file, DIRECT_UPLOAD_LIMIT)
    except OSError as error:
        raise invalid(
            f"{origin} cannot be read ({error.strerror})", "check the path and its permissions"
        ) from error
    except ChangedError as error:
        raise changed(origin) from error
    if len(content) > DIRECT_UPLOAD_LIMIT:
        raise changed(origin)
    return content
