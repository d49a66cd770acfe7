"""Files that are there whole or not at all, whoever reads them meanwhile."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from pathlib import Path

_FOR_ALL = 0o666
"""As any program's: the process' mask has the last word, and a collector may read it."""
FOR_THE_OWNER = 0o600
_NO_PLACE_BESIDE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV)


def write(path: Path, text: str | bytes, mode: int = _FOR_ALL) -> None:
    """
    Write it beside the file, and put it in the file's place. Raises OSError.

    What a link leads to is replaced, not the link. A device, a pipe, and a file that is
    mounted by itself, as /dev/termination-log in Kubernetes is, are written as they are.
    """
    content = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    try:
        _replace(target, content, mode)
    except OSError as error:
        if error.errno not in _NO_PLACE_BESIDE or not target.exists():
            raise
        target.write_bytes(content)


def forget(path: Path) -> None:
    """Take an earlier run's file away; one that cannot be is written over later."""
    target = Path(os.path.realpath(path))
    with contextlib.suppress(OSError):
        if target.is_file():
            target.unlink()


def _replace(target: Path, content: bytes, mode: int) -> None:
    beside = target.with_name(f".{target.name[:100]}.{uuid.uuid4().hex}")
    try:
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(opened, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise
