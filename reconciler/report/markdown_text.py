"""Text of others within Markdown: shown as it is, and never taken for markup."""

from __future__ import annotations

import re

from reconciler.printable import printable

_BACKTICKS = re.compile("`+")
_MOST = 2_000
"""Characters of one text: AWS's own are shorter, and one must not fill a comment."""


def code(text: str, *, most: int = _MOST) -> str:
    """
    Give a code span that says just the text, on one line, with at most ``most`` characters.

    Within one nothing is markup: no HTML, no link, no mention of a user or an issue (GFM,
    6.3 "Code spans"). It ends at a run of as many backticks as it began with, so that it
    begins with more than the text has. Where the text has a backtick or a space at an
    end, a space is put beside it, which the renderer takes away again.
    """
    shown = clipped(printable(text), most) or " "
    fence = "`" * (max(map(len, _BACKTICKS.findall(shown)), default=0) + 1)
    if shown.strip(" ") and (shown[0] in "` " or shown[-1] in "` "):
        shown = f" {shown} "
    return f"{fence}{shown}{fence}"


def clipped(text: str, most: int) -> str:
    """Cut a text that is too long, and say so in it."""
    if len(text) <= most:
        return text
    return f"{text[:most]}... ({len(text) - most} more characters)"
