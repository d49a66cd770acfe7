"""What the entries of a zip file must not be, since nobody knows what AWS would make of them."""

from __future__ import annotations

import re
import zipfile
from typing import IO

from reconciler.artifacts.native import UNREADABLE, Bounded

_ENCRYPTED = 0x1  # general purpose bit flag 0 (PKWARE's APPNOTE, 4.4.4)
_LONGEST_SHOWN = 200
_OUTSIDE = re.compile(r"[/\\]|[A-Za-z]:[/\\]|(?:.*[/\\])?\.\.(?:[/\\]|\Z)", re.DOTALL)
"""
Of names: absolute, or with ``..`` in it. APPNOTE 4.4.17.1 allows relative names with
forward slashes only; the others count where an unpacker takes them.
"""


def harm_in(file: IO[bytes]) -> str | None:
    """
    Say what in the zip file is sure to do harm or to be of no use, if anything is.

    A directory that cannot be read is for AWS to judge, and so are links and names that
    come twice, which build tools make.
    """
    try:
        with zipfile.ZipFile(Bounded(file)) as archive:
            entries = archive.infolist()
    except UNREADABLE:
        return None
    for entry in entries:
        if _OUTSIDE.match(entry.orig_filename):
            return f"has the entry {_shown(entry.orig_filename)}, which is outside of its folder"
        if entry.flag_bits & _ENCRYPTED:
            return f"has the encrypted entry {_shown(entry.filename)}, which Lambda cannot open"
    return None


def _shown(name: str) -> str:
    return f'"{name}"' if len(name) <= _LONGEST_SHOWN else f'"{name[:_LONGEST_SHOWN]}..."'
