"""Text of others, made safe to print: a name must not move a cursor or give a command."""

from __future__ import annotations


def printable(text: str) -> str:
    """
    Give the text as one line that commands nobody who reads it.

    Every character that a terminal could obey, such as ESC, is written out instead of sent.
    So is what begins a command to GitHub's runner, which reads all that a step prints: two
    colons at the beginning of a line, or ``##[`` anywhere (actions/runner,
    src/Runner.Common/ActionCommand.cs).
    """
    shown = text if text.isprintable() else "".join(map(_written_out, text))
    shown = shown.replace("##[", "#\\x23[")
    return shown.replace(":", "\\x3a", 1) if shown.lstrip().startswith("::") else shown


def _written_out(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape").decode()


def encodable(text: str) -> str:
    """Write out what UTF-8 cannot hold: bytes of names that are not UTF-8, as Python keeps them."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
