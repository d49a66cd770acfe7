"""Colour where it is wanted, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Mapping

_RESET = "\x1b[0m"
_PAINT = re.compile(r"\x1b\[\d+m")


class Colour(StrEnum):
    """The SGR sequences that reports use."""

    RED = "\x1b[31m"
    GREEN = "\x1b[32m"
    YELLOW = "\x1b[33m"
    BOLD = "\x1b[1m"
    DIM = "\x1b[2m"


@dataclass(frozen=True, slots=True)
class Style:
    """Paints text, or leaves it as it is."""

    coloured: bool

    def paint(self, colour: Colour, text: str) -> str:
        """Wrap the text in a colour."""
        return f"{colour}{text}{_RESET}" if self.coloured else text


def without_colour(text: str) -> str:
    """Take painted text back to what it says."""
    return _PAINT.sub("", text)


def visible_length(text: str) -> int:
    """How many columns painted text takes."""
    return len(without_colour(text))


def wants_colour(choice: str, stream: TextIO, environment: Mapping[str, str]) -> bool:
    """
    Decide by the flag, then NO_COLOR, then FORCE_COLOR, then whether a person looks.

    ``choice`` is auto, always or never. See no-color.org.
    """
    if choice != "auto":
        return choice == "always"
    if environment.get("NO_COLOR"):
        return False
    forced = environment.get("CLICOLOR_FORCE") not in (None, "", "0")
    if environment.get("FORCE_COLOR") or forced:
        return True
    return stream.isatty() and environment.get("TERM") != "dumb"
