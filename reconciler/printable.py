"""Text of others, made safe to print: a name must not move a cursor or paint a line."""

from __future__ import annotations


def printable(text: str) -> str:
    """Write out every character that a terminal could obey, such as ESC, instead of sending it."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )
