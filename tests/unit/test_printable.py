from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("orders-api", "orders-api"),
        ("gr\u00fc\u00dfe \U0001f680", "gr\u00fc\u00dfe \U0001f680"),
        ("a\x1b[31mb", "a\\x1b[31mb"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x00\x07\x08\x7f", "\\x00\\x07\\x08\\x7f"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eevil", "\\u202eevil"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("caf\udce9", "caf\\udce9"),
        ("\U000e0041", "\\U000e0041"),
        ("", ""),
        (" ::error::x", " \\x3a:error::x"),
        ("a::b 10:00 :: #[", "a::b 10:00 :: #["),
        ("a ##[error]", "a #\\x23[error]"),
    ],
    ids=[
        "plain",
        "unicode",
        "escape",
        "line-ends",
        "controls",
        "eight-bit-csi",
        "bidi",
        "separators",
        "not-utf-8",
        "tags",
        "empty",
        "command",
        "colons",
        "old-command",
    ],
)
def test_printable(text: str, shown: str) -> None:
    """What a terminal or GitHub's runner would obey is written out; everything else stays."""
    assert shown == printable(text)


@settings(deadline=None)
@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_whatever_is_printable_is_one_line_that_any_terminal_takes(text: str) -> None:
    """No text gets a control character or half a surrogate pair through, and none fails."""
    shown = printable(text)
    assert shown.isprintable()
    assert shown == shown.encode("utf-8").decode("utf-8")
    assert shown == printable(shown)
