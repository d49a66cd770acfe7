"""What S3 objects hash to, remembered from one run to the next."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import stat
from typing import TYPE_CHECKING

from reconciler.model import CodeDigest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_ENTRIES = 10_000
"""Beyond, the first run that remembers something forgets the oldest."""

_LONGEST_ENTRY = 256  # bytes; a zip file's has 110
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_NAME = re.compile(r"[0-9a-f]{64}")
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class DigestCache:
    """
    Small files in a folder, one for each object that had to be read to be hashed.

    The caller's key must change whenever the bytes may have. Without a folder, or when
    it can be neither read nor written, nothing is remembered and nothing fails. Nor is
    a folder used that somebody else owns or may write to: whoever writes an entry
    decides what is deployed. Nothing in it is secret: a hash of the key, and the package's.

    An entry is written where it belongs, in one write, and there is no temporary file
    that a killed run could leave. Half an entry, like any that is not exactly what was
    written, fails its check and counts as absent.
    """

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._pruned = False

    def find(self, key: Sequence[str]) -> CodeDigest | None:
        """Recall what was remembered for the key."""
        with contextlib.suppress(OSError), self._open() as folder:
            return _read(_name(key), folder)
        return None

    def remember(self, key: Sequence[str], digest: CodeDigest) -> None:
        """Write the entry, whoever else writes it at the same time."""
        name = _name(key)
        with contextlib.suppress(OSError):
            if self._directory is not None:
                self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._open() as folder:
                _write(name, folder, _entry(name, digest))
                if not self._pruned:
                    self._pruned = True
                    _prune(folder)

    @contextlib.contextmanager
    def _open(self) -> Iterator[int]:
        """Give the folder's descriptor. Raises OSError where it is not ours alone, or not there."""
        if self._directory is None:
            raise FileNotFoundError
        folder = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            status = os.fstat(folder)
            if status.st_uid != os.geteuid() or status.st_mode & _OTHERS_MAY_WRITE:
                raise PermissionError
            yield folder
        finally:
            os.close(folder)


def _name(key: Sequence[str]) -> str:
    # JSON keeps ("ab", "c") and ("a", "bc") apart.
    return hashlib.sha256(json.dumps(list(key)).encode("ascii")).hexdigest()


def _entry(name: str, digest: CodeDigest) -> str:
    """Give the file's content: the hash, and a check that tells a damaged file."""
    check = hashlib.sha256(f"{name} {digest}".encode()).hexdigest()
    return f"{digest} {check}\n"


def _read(name: str, folder: int) -> CodeDigest | None:
    """Read an entry, no more than one can have; a link, pipe or folder is none."""
    descriptor = os.open(name, _READ, dir_fd=folder)
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        content = os.read(descriptor, _LONGEST_ENTRY) if is_file else b""
    finally:
        os.close(descriptor)
    text = content.decode("utf-8", errors="replace")
    digest = CodeDigest(text.partition(" ")[0])
    return digest if text == _entry(name, digest) else None


def _write(name: str, folder: int, text: str) -> None:
    descriptor = os.open(name, _WRITE, 0o600, dir_fd=folder)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _prune(folder: int) -> None:
    """Remove the oldest entries beyond what is kept, and nothing that is not one of ours."""
    with os.scandir(folder) as found:
        entries = [
            (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
            for entry in found
            if _NAME.fullmatch(entry.name)
        ]
    for _, name in sorted(entries)[: max(len(entries) - MOST_ENTRIES, 0)]:
        if _read(name, folder) is not None:
            os.unlink(name, dir_fd=folder)
