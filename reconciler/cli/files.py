"""Whether files have changed, by what the file system says of them."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.manifest.files import SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Entry = tuple[str, os.stat_result | None]

_ANYTHING = (".git",)
"""What is left out of folders of code: it is never part of a package."""


@dataclass(frozen=True, slots=True)
class Signature:
    """
    Changes when a file changes, comes or goes; ``newest`` is the latest change, by the clock.

    Links are followed anew each time, since git-sync and ConfigMaps swap one.
    """

    digest: bytes
    newest: float

    @classmethod
    def of(cls, manifests: Iterable[str], packages: Iterable[str]) -> Signature:
        """Look at manifests, or folders of them, and at packages, or folders that become one."""
        seen = hashlib.blake2b(digest_size=16)
        newest = 0.0
        found = [entry for path in manifests for entry in _below(path, _is_manifest)]
        found += [entry for path in packages for entry in _below(path, _is_code)]
        for path, status in found:
            told: tuple[object, ...] = (path,) if status is None else (path, *_told(status))
            seen.update(repr(told).encode("utf-8", "surrogateescape"))
            if status is not None:
                newest = max(newest, status.st_mtime, status.st_ctime)
        return cls(seen.digest(), newest)


def _told(status: os.stat_result) -> tuple[int, ...]:
    """Name what changes with a file; of a folder its entries say all."""
    if stat.S_ISDIR(status.st_mode):
        return (status.st_mode,)
    return (
        status.st_dev,
        status.st_ino,
        status.st_mode,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )


def _below(path: str, wanted: Callable[[str, bool], bool]) -> Iterator[Entry]:
    """Give a file, or all that is wanted in a folder; links are followed, not in circles."""
    waiting, visited = [path], set()
    while waiting:
        current = waiting.pop()
        status = _status(current)
        yield current, status
        if status is None or not stat.S_ISDIR(status.st_mode):
            continue
        if (status.st_dev, status.st_ino) not in visited:
            visited.add((status.st_dev, status.st_ino))
            waiting += reversed(_entries(current, wanted))


def _entries(folder: str, wanted: Callable[[str, bool], bool]) -> list[str]:
    try:
        with os.scandir(folder) as found:
            return sorted(each.path for each in found if wanted(each.name, _is_folder(each)))
    except OSError:
        return []


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _status(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)  # noqa: PTH116 - as it is written, without a Path for each
    except (OSError, ValueError):
        return None


def _is_manifest(name: str, folder: bool) -> bool:  # noqa: FBT001 - a predicate
    return not name.startswith(".") and (folder or Path(name).suffix in SUFFIXES)


def _is_code(name: str, _: bool) -> bool:  # noqa: FBT001 - a predicate
    return name not in _ANYTHING
