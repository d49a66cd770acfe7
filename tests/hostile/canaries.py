"""What a terminal would obey, to be put wherever text of others comes in."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

EVIL = (
    "\x1b[31m"  # CSI: colour
    "\x1b[2J"  # CSI: the screen is empty
    "\x1b]8;;http://evil.example\x1b\\here\x1b]8;;\x1b\\"  # OSC 8: a link
    "\x1b]52;c;ZXZpbA==\x07"  # OSC 52: the clipboard
    "\x1bP$q\x1b\\"  # DCS: the terminal answers
    "\x9b31m\x9d0;title\x9c"  # the same in C1
    "\u202eetirw\u2066\u2069"  # bidi override and isolates
    "\u200b\u200d\ufeff"  # no width
    "\r\b\x00\x7f\x0b\x0c\x85\u2028"
    "[red]markup[/red][link=http://evil.example]x[/link]"
)
WITHOUT_NUL = EVIL.replace("\x00", "")
"""For what the system takes: arguments, variables and names of files."""
OURS = re.compile(r"\x1b\[(?:0|1|2|31|32|33)m")
"""The colours of the report."""


def harm_in(text: str) -> list[str]:
    """Give each character that a terminal could obey, but for line breaks."""
    return [
        f"U+{ord(character):04X}"
        for character in text
        if character != "\n" and unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]


def poisoned(value: Any) -> Any:  # noqa: ANN401 - any dataclass of the model
    """Give the value with the canaries in every string of it, however deep."""
    return altered(value, lambda text: text + EVIL)


def altered(value: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - as above
    """Give the value with every string of it changed, however deep, but for those of enums."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(altered(item, change) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        members = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        return dataclasses.replace(
            value, **{name: altered(member, change) for name, member in members.items()}
        )
    return value
