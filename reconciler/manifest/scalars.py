"""
What a scalar means: the core schema of YAML 1.2.

PyYAML resolves by YAML 1.1, in which ``no`` is a boolean, ``12:30:45`` a number and
``2024-01-01`` a date. Here they are strings, as they look.
"""

from __future__ import annotations

import math
import re
from enum import StrEnum


class Kind(StrEnum):
    """What a scalar is, in the words of a message."""

    STRING = "string"
    BOOLEAN = "boolean"
    NULL = "null"
    NUMBER = "number"


_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_NULL = re.compile(r"null|Null|NULL|~|")
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN",
)
_POINT = re.compile(r"\.(?=[a-zA-Z])")
"""YAML's .inf and .nan, which Python writes without it; 1.e3 is the same without it too."""
_BEGINNINGS = frozenset("tTfFnN~.+-0123456789")
"""Of everything that is no string."""
_LONGEST_INTEGER = 18
_KINDS = (
    (_NULL, Kind.NULL),
    (_BOOLEAN, Kind.BOOLEAN),
    (_INTEGER, Kind.NUMBER),
    (_FLOAT, Kind.NUMBER),
)

_PREFIX = "tag:yaml.org,2002:"
SCALAR_TAGS = {
    f"{_PREFIX}null": Kind.NULL,
    f"{_PREFIX}bool": Kind.BOOLEAN,
    f"{_PREFIX}int": Kind.NUMBER,
    f"{_PREFIX}float": Kind.NUMBER,
}
"""Tags that a plain scalar may carry, when it is what they say."""
STRING_TAGS = (f"{_PREFIX}str", "!")
SEQUENCE_TAGS = (None, "!", f"{_PREFIX}seq")
MAPPING_TAGS = (None, "!", f"{_PREFIX}map")


def kind_of(text: str) -> Kind:
    """Return what the text means when it stands without quotes."""
    if text and text[0] not in _BEGINNINGS:
        return Kind.STRING
    for pattern, kind in _KINDS:
        if pattern.fullmatch(text):
            return kind
    return Kind.STRING


def number_of(text: str) -> int | float:
    """
    Return the number; infinite what is none, and so large that no field takes it.

    A long one is read as a float, because Python refuses integers of many digits.
    """
    if _INTEGER.fullmatch(text) and len(text) <= _LONGEST_INTEGER:
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    if text.startswith("0") and text[1:2] in ("o", "x"):
        return math.inf
    number = float(_POINT.sub("", text))
    return math.inf if math.isnan(number) else number


def written_tag(tag: str) -> str:
    """Return the tag as people write it."""
    return f"!!{tag.removeprefix(_PREFIX)}" if tag.startswith(_PREFIX) else tag
