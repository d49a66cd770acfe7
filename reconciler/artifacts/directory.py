"""
``code.directory``: a folder, zipped so that the same files give the same bytes.

Entries are sorted, dated 1980-01-01, executable for everybody, and stored without
compression: the output of deflate differs between zlib's versions and forks, and a
byte that differs is an update that nobody asked for.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import os
import re
import stat
import zipfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pathspec

from reconciler.artifacts.package import (
    DIRECT_UPLOAD_LIMIT,
    changed,
    invalid,
    local_package,
    too_large,
)
from reconciler.artifacts.regular import ChangedError, is_within, open_regular, read_whole
from reconciler.model import CodeDigest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.artifacts.package import Package
    from reconciler.model import ReconcileError

IGNORE_FILE = ".lambdaignore"
LARGEST_IGNORE_FILE = 256 * 1024
"""Bytes; each of its rules is tried on each file."""
MOST_FILES = 50_000
"""Links to folders can multiply a few files without end."""
MOST_FOLDERS = 20_000
"""And folders without any file as well."""

_ALWAYS_IGNORED = (".git", "__pycache__/", "*.pyc", ".DS_Store", f"/{IGNORE_FILE}")
"""Never code, and different on each machine; ``!`` in .lambdaignore takes one back in."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold
_EXECUTABLE_FILE = (stat.S_IFREG | 0o755) << 16  # a bootstrap must be executable anywhere
_UNIX = 3
_LONGEST_COMPLAINT = 200
_REMOVE = f"remove it or add it to {IGNORE_FILE}"


def from_directory(path: Path) -> Package:
    """Zip and hash the folder. Raises ReconcileError when it cannot be deployed."""
    content = _zip(path)
    digest = CodeDigest.of_zip(hashlib.sha256(content).digest())
    return local_package(digest, f"{path}{os.sep}", partial(_zip, path), len(content))


def _zip(root: Path) -> bytes:
    try:
        real_root = Path(os.path.realpath(root, strict=True))
        return _archive(root, real_root, _files(root, real_root))
    except OSError as error:
        where = error.filename or root
        raise invalid(f"{where} cannot be read ({error.strerror})", "check it") from error


def _archive(root: Path, real_root: Path, files: dict[str, Path]) -> bytes:
    if not files:
        raise invalid(f"{root} has no files to deploy", f"check the path and {IGNORE_FILE}")
    size = sum(file.stat().st_size for file in files.values())
    if size > DIRECT_UPLOAD_LIMIT:
        raise too_large(f"{root}{os.sep}", size)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files, key=os.fsencode):
            entry = zipfile.ZipInfo(name, date_time=_EPOCH)
            entry.create_system = _UNIX
            entry.external_attr = _EXECUTABLE_FILE
            content = _read(files[name], real_root, size)
            size -= len(content)
            archive.writestr(entry, content)
    content = buffer.getvalue()
    if len(content) > DIRECT_UPLOAD_LIMIT:
        raise too_large(f"{root}{os.sep}", len(content))
    return content


def _read(path: Path, root: Path, most: int) -> bytes:
    """
    Read what lies in the folder at this moment, and nothing that has been put in its place.

    Raises a temporary ReconcileError when it has changed since it was found; OSError.
    """
    try:
        with open_regular(path) as file:
            content = read_whole(file, most) if is_within(path, file, root) else None
    except (ChangedError, FileNotFoundError) as error:
        raise changed(str(path)) from error
    if content is None or len(content) > most:
        raise changed(str(path))
    return content


def _files(root: Path, real_root: Path) -> dict[str, Path]:
    """Find what is to be deployed, by its name in the zip file."""
    found = _walk(root, real_root, _ignored(root, real_root))
    files = dict(itertools.islice(found, MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise _too_many(root, MOST_FILES, "files")
    return files


def _too_many(root: Path, most: int, what: str) -> ReconcileError:
    return invalid(f"{root} has more than {most:,} {what}", f"see what {IGNORE_FILE} lets in")


def _ignored(root: Path, real_root: Path) -> pathspec.GitIgnoreSpec:
    lines = list(_ALWAYS_IGNORED)
    ignore_file = root / IGNORE_FILE
    if os.path.lexists(ignore_file):
        lines += _rules(ignore_file, real_root).splitlines()
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error) as error:
        raise invalid(
            f"{ignore_file}: {str(error)[:_LONGEST_COMPLAINT]}",
            "correct the rule; they are gitignore's",
        ) from error


def _rules(ignore_file: Path, root: Path) -> str:
    _check(ignore_file, root, "make it a file")
    if ignore_file.is_dir():
        raise invalid(f"{ignore_file} is a folder", "make it a file")
    if ignore_file.stat().st_size > LARGEST_IGNORE_FILE:
        most = LARGEST_IGNORE_FILE // 1024
        raise invalid(f"{ignore_file} is larger than {most} KiB", "name folders in place of files")
    content = _read(ignore_file, root, LARGEST_IGNORE_FILE)
    return content.decode("utf-8-sig", errors="replace")


def _walk(top: Path, root: Path, ignored: pathspec.GitIgnoreSpec) -> Iterator[tuple[str, Path]]:
    """
    Walk down, without recursion: folders can be deeper than Python's stack.

    With each folder goes which ones are on the way to it, so that a link cannot lead round.
    """
    waiting: list[tuple[Path, str, frozenset[tuple[int, int]]]] = [(top, "", frozenset())]
    for number in itertools.count():
        if not waiting:
            return
        if number == MOST_FOLDERS:
            raise _too_many(top, MOST_FOLDERS, "folders")
        folder, prefix, above = waiting.pop()
        status = folder.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            raise invalid(f"{folder} is a link to a folder above it", "remove the link")
        for entry in sorted(folder.iterdir()):
            name = prefix + entry.name
            is_folder = entry.is_dir()
            if ignored.match_file(f"{name}/" if is_folder else name):
                continue
            _check(entry, root, _REMOVE)
            if is_folder:
                waiting.append((entry, f"{name}/", above | {here}))
            else:
                yield name, entry


def _real(path: Path) -> Path:
    """Follow links; unlike Path.resolve, without an exception for those that lead round."""
    return Path(os.path.realpath(path))


def _check(entry: Path, root: Path, remedy: str) -> None:
    """Refuse what would deploy something else on another machine, or cannot be read at all."""
    try:
        entry.name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise invalid(f"{str(entry)!a} has a name that is not UTF-8", "rename it") from error
    if "\\" in entry.name:  # APPNOTE 4.4.17.1; an unpacker may take it for a separator
        raise invalid(
            f"{entry} has a backslash in its name, which a zip file cannot hold",
            f"rename it, or add it to {IGNORE_FILE}",
        )
    if entry.is_symlink() and not _real(entry).is_relative_to(root):
        raise invalid(
            f"{entry} is a link out of the folder", f"copy it in, or add it to {IGNORE_FILE}"
        )
    if not entry.exists():
        raise invalid(f"{entry} is a link that leads nowhere", remedy)
    if not entry.is_dir() and not entry.is_file():
        raise invalid(f"{entry} is neither a file nor a folder", remedy)
