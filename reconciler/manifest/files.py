"""
Paths to files to text.

Folders are searched, and each file is read once; its size, encoding and characters
are checked.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import reason_of
from reconciler.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "<stdin>"
SUFFIXES = (".yaml", ".yml")
LARGEST_FILE = 2 * 1024 * 1024
"""Thousands of functions fit; what is larger is not a manifest."""

_BREAK = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# YAML 1.1 and 1.2, c-printable. A parser would refuse the others without a position.
_NOT_PRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]",
)
# YAML 1.2.2, 5.2: each document may begin with one, as it does where files were joined.
_MARK = re.compile(r"(?:\A|(?<=[\r\n]))\ufeff")
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32_MARKS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file's bytes; ``folder`` is what its relative paths start from."""

    name: str
    folder: Path
    content: bytes


def read(
    paths: Sequence[str], standard_input: BinaryIO | None
) -> Iterator[SourceFile | ManifestError]:
    """Yield each file once, and what cannot be read, in the order given and found."""
    seen: set[str] = set()
    for path in paths:
        if not path:
            yield _error(path, "the path is empty", "name a file or folder")
        elif path == STANDARD_INPUT:
            if STANDARD_INPUT not in seen:
                seen.add(STANDARD_INPUT)
                yield _read_standard_input(standard_input)
        else:
            yield from _read_path(path, seen)


def _read_standard_input(standard_input: BinaryIO | None) -> SourceFile | ManifestError:
    if standard_input is None:
        return _error(STANDARD_INPUT_NAME, "there is no standard input", "name a file or folder")
    try:
        content = standard_input.read(LARGEST_FILE + 1)
    except OSError as error:
        return _unreadable(STANDARD_INPUT_NAME, error)
    return SourceFile(STANDARD_INPUT_NAME, _working_folder(), content)


def _working_folder() -> Path:
    """Return the working folder; one that was removed under us has nothing in it anyway."""
    try:
        return Path.cwd()
    except OSError:
        return Path()


def _read_path(path: str, seen: set[str]) -> Iterator[SourceFile | ManifestError]:
    try:
        is_folder = stat.S_ISDIR(Path(path).stat().st_mode)
    except FileNotFoundError:
        yield _error(path, "there is no such file or folder", "correct the path")
    except (OSError, ValueError) as error:
        yield _unreadable(path, error)
    else:
        found = _search(path) if is_folder else [path]
        for name in found:
            yield from _read_once(name, seen)


def _read_once(found: str | ManifestError, seen: set[str]) -> Iterator[SourceFile | ManifestError]:
    if isinstance(found, ManifestError):
        yield found
    elif (real := os.path.realpath(found)) not in seen:
        seen.add(real)
        yield _read_file(found)


def _read_file(name: str) -> SourceFile | ManifestError:
    path = Path(name)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return _unreadable(name, error)
    return SourceFile(name, path.absolute().parent, content)


def _search(folder: str) -> list[str | ManifestError]:
    """Return the manifests in a folder and below, sorted; links are followed, not in circles."""
    found: list[str | ManifestError] = []
    visited: set[str] = set()
    waiting = [folder]
    while waiting:
        current = waiting.pop()
        if (real := os.path.realpath(current)) not in visited:
            visited.add(real)
            waiting += reversed(_search_one(current, found))
    if not found:
        what = "the folder has no manifests (*.yaml, *.yml)"
        found.append(_error(folder, what, "correct the path, or add one"))
    return found


def _search_one(folder: str, found: list[str | ManifestError]) -> list[str]:
    """Add one folder's manifests to those found, and return its folders."""
    try:
        entries = sorted(Path(folder).iterdir())
    except OSError as error:
        found.append(_unreadable(folder, error))
        return []
    folders: list[str] = []
    for entry in entries:
        # Joined by hand: Path drops the "./" that the user may have written.
        name = f"{folder.rstrip('/')}/{entry.name}"
        mode = _mode(entry)
        if entry.name.startswith("."):
            continue
        if stat.S_ISDIR(mode):
            folders.append(name)
        elif entry.suffix in SUFFIXES and stat.S_ISREG(mode):
            found.append(name)
    return folders


def _mode(path: Path) -> int:
    """Return what the path is; a link that leads nowhere is a file that cannot be read."""
    try:
        return path.stat().st_mode
    except OSError:
        return stat.S_IFREG


def _unreadable(name: str, error: OSError | ValueError) -> ManifestError:
    what = f"this cannot be read: {reason_of(error)}"
    return _error(name, what, "correct the path or its rights")


def _error(name: str, what: str, remedy: str) -> ManifestError:
    return ManifestError(Location(name, 1, 1), what, remedy)


def absolute(folder: Path, path: str) -> Path:
    """Return the path from the manifest's folder, without ``..`` in it."""
    return Path(os.path.normpath(folder / path))


def decode(file: str, content: bytes) -> str | ManifestError:
    """Return the file's text, or why it is none."""
    if len(content) > LARGEST_FILE:
        return ManifestError(
            Location(file, 1, 1),
            f"the file is larger than {LARGEST_FILE // 1024 // 1024} MiB",
            "split it into several files",
        )
    if (encoding := _wide_encoding(content[:4])) is not None:
        return ManifestError(Location(file, 1, 1), f"the file is {encoding}", "save it as UTF-8")
    return _decode(file, content)


def _wide_encoding(start: bytes) -> str | None:
    """Tell by the first four bytes, with or without a mark (YAML 1.2.2, 5.2)."""
    if start.startswith(_UTF_32_MARKS) or start[:3] == bytes(3) or start[1:] == bytes(3):
        return "UTF-32"
    is_wide = bytes(2) in (start[::2], start[1::2])
    return "UTF-16" if is_wide or start.startswith(_UTF_16_MARKS) else None


def _decode(file: str, content: bytes) -> str | ManifestError:
    try:
        text = _MARK.sub("", content.decode("utf-8"))
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8").removeprefix("\ufeff")
        return ManifestError(
            Location(file, *position(before, len(before))),
            f"the byte 0x{content[error.start]:02x} is not UTF-8",
            "save the file as UTF-8",
        )
    found = _NOT_PRINTABLE.search(text)
    return text if found is None else _not_printable(file, text, found.start())


def _not_printable(file: str, text: str, offset: int) -> ManifestError:
    code = ord(text[offset])
    return ManifestError(
        Location(file, *position(text, offset)),
        f"the control character U+{code:04X} is not allowed in YAML",
        f'remove it, or write "\\u{code:04x}" between double quotes',
    )


def position(text: str, offset: int, line: int = 1, column: int = 1) -> tuple[int, int]:
    """Return the line and column of an offset into text that starts at the given place."""
    last = 0
    for found in _BREAK.finditer(text, 0, offset):
        line, column, last = line + 1, 1, found.end()
    return line, column + offset - last
