"""What no schema can say of one document: a wish that is there, and a package that is."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING

from reconciler.manifest.files import absolute
from reconciler.manifest.words import dotted, listed, reason_of, shown, shown_path

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.manifest.document import Document, Finding

_ZIP_FILE = ("spec", "code", "zipFile")
_DIRECTORY = ("spec", "code", "directory")
_WISHES = ("code", "architecture", "runtimeManagement", "publish", "suspend")
"""Fields of a spec that say more than which function it is for."""
_URL = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://")
_CORRECT = "build it first, or correct the path, which starts from the folder of this file"


def declares_nothing(document: Document) -> list[Finding]:
    """Return the error of a spec that has no wish: it is a mistake, or is not finished."""
    if document.mapping("spec").keys() & set(_WISHES):
        return []
    what = "spec declares nothing, so that nothing would ever be done"
    remedy = f"add one of {listed(_WISHES)}, or remove the document"
    return [document.key_finding(("spec",), what, remedy)]


def package(document: Document, folder: Path) -> list[Finding]:
    """Return what is wrong with the zip file or folder on disk, if the document names one."""
    findings: list[Finding] = []
    for field in (_ZIP_FILE, _DIRECTORY):
        text = document.text(*field)
        problem = None if text is None else _problem(field[-1], text, folder)
        if problem is not None:
            what, remedy = problem
            findings.append(document.finding(field, f"{dotted(field)} {what}", remedy))
    return findings


def _problem(field: str, text: str, folder: Path) -> tuple[str, str] | None:
    if found := _URL.match(text):
        in_s3 = "write s3: {bucket: BUCKET, key: KEY} in its place"
        remedy = in_s3 if found["scheme"] == "s3" else "fetch it first, and write a path"
        return f"is {shown(text)}, which is a URL", remedy
    path = absolute(folder, text)
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return f"does not exist: {shown_path(path)}", _CORRECT
    except (OSError, ValueError) as error:
        return f"cannot be read, {reason_of(error)}: {shown_path(path)}", _CORRECT
    return _wrong_kind(field, path, mode)


def _wrong_kind(field: str, path: Path, mode: int) -> tuple[str, str] | None:
    if field == _DIRECTORY[-1]:
        if stat.S_ISDIR(mode):
            return None
        return (
            f"is not a folder: {shown_path(path)}",
            "name a folder, or write zipFile for a zip file",
        )
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return (
            f"is a folder: {shown_path(path)}",
            "name a zip file, or write directory for a folder",
        )
    return f"is not a regular file: {shown_path(path)}", "name a zip file"
