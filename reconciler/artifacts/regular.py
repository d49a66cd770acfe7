"""Files that others may change at any moment, opened and read without a wait and within bounds."""

from __future__ import annotations

import io
import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PIECE = 1 << 20  # a read makes room for as much as it is allowed


class ChangedError(Exception):
    """What was opened or read is not, or not any more, the file that was looked at."""


def open_regular(path: Path) -> io.FileIO:
    """
    Open a regular file for reading.

    A pipe or device that has taken its place is not waited for, which an ordinary open
    would do without end. Raises OSError, and ChangedError at what is no regular file.
    """
    file = io.FileIO(path, opener=_without_waiting)
    if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        return file
    file.close()
    raise ChangedError


def read_whole(file: io.FileIO, most: int) -> bytes:
    """
    Read a file, but no more than one byte over ``most``: who sees that byte knows enough.

    Raises ChangedError when it was written to meanwhile, so that the bytes may be of
    two states. The clock of the file system is coarse: whoever must be sure reads twice.
    """
    before = os.fstat(file.fileno())
    pieces: list[bytes] = []
    left = most + 1
    while left and (piece := file.read(min(left, _PIECE))):
        pieces.append(piece)
        left -= len(piece)
    after = os.fstat(file.fileno())
    content = b"".join(pieces)
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)
    if is_same and (len(content) == after.st_size or not left):
        return content
    raise ChangedError


def is_within(path: Path, file: io.FileIO, root: Path) -> bool:
    """
    Whether the open file is what lies at the path, below the root.

    It is asked of the file that was opened, so that no link that is put on the way at
    any moment can lead out.
    """
    real = os.path.realpath(path)
    if os.path.commonpath((real, root)) != str(root):
        return False
    try:
        return os.path.samestat(os.lstat(real), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)
