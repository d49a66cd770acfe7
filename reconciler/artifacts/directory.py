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

from reconciler.artifacts.package import DIRECT_UPLOAD_LIMIT, invalid, local_package, too_large
from reconciler.model import CodeDigest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.artifacts.package import Package

IGNORE_FILE = ".lambdaignore"
MOST_FILES = 50_000
"""Links to folders can multiply a few files without end."""

_ALWAYS_IGNORED = (".git", "__pycache__/", "*.pyc", ".DS_Store", f"/{IGNORE_FILE}")
"""Never code, and different on each machine; ``!`` in .lambdaignore takes one back in."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip file can hold
_EXECUTABLE_FILE = (stat.S_IFREG | 0o755) << 16  # a bootstrap must be executable anywhere
_UNIX = 3


def from_directory(path: Path) -> Package:
    """Zip and hash the folder. Raises ReconcileError when it cannot be deployed."""
    content = _zip(path)
    digest = CodeDigest.of_zip(hashlib.sha256(content).digest())
    return local_package(digest, f"{path}{os.sep}", partial(_zip, path))


def _zip(root: Path) -> bytes:
    try:
        return _archive(root, _files(root))
    except OSError as error:
        where = error.filename or root
        raise invalid(f"{where} cannot be read ({error.strerror})", "check it") from error


def _archive(root: Path, files: dict[str, Path]) -> bytes:
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
            archive.writestr(entry, files[name].read_bytes())
    content = buffer.getvalue()
    if len(content) > DIRECT_UPLOAD_LIMIT:
        raise too_large(f"{root}{os.sep}", len(content))
    return content


def _files(root: Path) -> dict[str, Path]:
    """Find what is to be deployed, by its name in the zip file."""
    real_root = Path(os.path.realpath(root, strict=True))
    found = _walk(root, real_root, "", _ignored(root), frozenset())
    files = dict(itertools.islice(found, MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise invalid(
            f"{root} has more than {MOST_FILES:,} files", f"see what {IGNORE_FILE} lets in"
        )
    return files


def _ignored(root: Path) -> pathspec.GitIgnoreSpec:
    lines = list(_ALWAYS_IGNORED)
    ignore_file = root / IGNORE_FILE
    if ignore_file.is_file():
        lines += ignore_file.read_text(encoding="utf-8-sig", errors="replace").splitlines()
    try:
        return pathspec.GitIgnoreSpec.from_lines(lines)
    except (ValueError, re.error) as error:
        raise invalid(
            f"{ignore_file}: {error}", "correct the rule; they are gitignore's"
        ) from error


def _walk(
    folder: Path,
    root: Path,
    prefix: str,
    ignored: pathspec.GitIgnoreSpec,
    above: frozenset[Path],
) -> Iterator[tuple[str, Path]]:
    """Walk down; ``above`` holds the folders on the way, so that a link cannot lead round."""
    here = _real(folder)
    if here in above:
        raise invalid(f"{folder} is a link to a folder above it", "remove the link")
    for entry in sorted(folder.iterdir()):
        name = prefix + entry.name
        is_folder = entry.is_dir()
        if ignored.match_file(f"{name}/" if is_folder else name):
            continue
        _check(entry, root)
        if is_folder:
            yield from _walk(entry, root, f"{name}/", ignored, above | {here})
        else:
            yield name, entry


def _real(path: Path) -> Path:
    """Follow links; unlike Path.resolve, without an exception for those that lead round."""
    return Path(os.path.realpath(path))


def _check(entry: Path, root: Path) -> None:
    """Refuse what would deploy something else on another machine, or cannot be read at all."""
    try:
        entry.name.encode("utf-8")
    except UnicodeEncodeError as error:
        raise invalid(f"{str(entry)!a} has a name that is not UTF-8", "rename it") from error
    if entry.is_symlink() and not _real(entry).is_relative_to(root):
        raise invalid(
            f"{entry} is a link out of the folder", f"copy it in, or add it to {IGNORE_FILE}"
        )
    if not entry.exists():
        raise invalid(
            f"{entry} is a link that leads nowhere", f"remove it or add it to {IGNORE_FILE}"
        )
    if not entry.is_dir() and not entry.is_file():
        raise invalid(
            f"{entry} is neither a file nor a folder", f"remove it or add it to {IGNORE_FILE}"
        )
