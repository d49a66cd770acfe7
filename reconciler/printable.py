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


def encodable(text: str) -> str:
    """Write out what UTF-8 cannot hold: bytes of names that are not UTF-8, as Python keeps them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
