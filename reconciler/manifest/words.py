"""How manifest text is shown in a message, and what its writer may have meant."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

LONGEST_PATH = 300
"""Of a path the end says most."""
LONGEST_SHOWN = 60
"""So that a message stays one line on a terminal, with its location and remedy."""

SYNONYMS = {
    "amd64": "x86_64",
    "x64": "x86_64",
    "x86": "x86_64",
    "x86-64": "x86_64",
    "i386": "x86_64",
    "intel": "x86_64",
    "aarch64": "arm64",
    "graviton": "arm64",
    "yes": "on",
    "true": "on",
    "no": "off",
    "false": "off",
}
"""Names of the same thing elsewhere; by letters alone, amd64 is nearest to arm64."""


def shortened(text: str) -> str:
    """Return the text, escaped, and cut where it would fill the screen."""
    if len(text) <= LONGEST_SHOWN:
        return printable(text)
    return f"{printable(text[:LONGEST_SHOWN])}..."


def shown(text: str) -> str:
    """Return the text as a message shows it: quoted, escaped and of bounded length."""
    return f'"{shortened(text)}"'


def shown_path(path: object) -> str:
    """Return the path as a message shows it: escaped, and without its beginning if it is long."""
    text = str(path)
    return printable(text if len(text) <= LONGEST_PATH else f"...{text[-LONGEST_PATH:]}")


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant, if any is near enough."""
    if len(word) > LONGEST_SHOWN:
        return None
    candidates = {name.lower(): name for name in known}
    lowered = word.lower()
    meant = SYNONYMS.get(lowered, lowered)
    matches = difflib.get_close_matches(meant, candidates, n=1)
    return candidates[matches[0]] if matches else None


def dotted(path: Sequence[str | int]) -> str:
    """Return where in the document: ``spec.code.zipFile``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{shortened(part)}" for part in path)
    return "".join(parts).removeprefix(".") or "the document"


def listed(words: Iterable[str]) -> str:
    """Return the words as they are named in a sentence."""
    return ", ".join(words)


def reason_of(error: OSError | ValueError) -> str:
    """Return why a path cannot be used; Python words a ValueError differently in each version."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "no path can have these characters"
