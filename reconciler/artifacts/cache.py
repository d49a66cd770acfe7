"""What S3 objects hash to, remembered from one run to the next."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.model import CodeDigest

if TYPE_CHECKING:
    from collections.abc import Sequence


class DigestCache:
    """
    Small files in a folder, one for each object that had to be read to be hashed.

    The caller's key must change whenever the bytes may have. Without a folder, or when
    it can be neither read nor written, nothing is remembered and nothing fails. An entry
    that is not exactly what was written counts as absent. Nothing in it is secret: a
    hash of the key, and the package's.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory

    def find(self, key: Sequence[str]) -> CodeDigest | None:
        """Recall what was remembered for the key."""
        if self._directory is None:
            return None
        name = _name(key)
        try:
            text = (self._directory / name).read_text(encoding="ascii")
        except (OSError, ValueError):
            return None
        digest = CodeDigest(text.partition(" ")[0])
        return digest if text == _entry(name, digest) else None

    def remember(self, key: Sequence[str], digest: CodeDigest) -> None:
        """Write the entry whole or not at all, whoever else writes it at the same time."""
        if self._directory is None:
            return
        name = _name(key)
        with contextlib.suppress(OSError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _replace(self._directory / name, _entry(name, digest))


def _name(key: Sequence[str]) -> str:
    # JSON keeps ("ab", "c") and ("a", "bc") apart.
    return hashlib.sha256(json.dumps(list(key)).encode("ascii")).hexdigest()


def _entry(name: str, digest: CodeDigest) -> str:
    """Give the file's content: the hash, and a check that tells a damaged file."""
    check = hashlib.sha256(f"{name} {digest}".encode()).hexdigest()
    return f"{digest} {check}\n"


def _replace(path: Path, text: str) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
