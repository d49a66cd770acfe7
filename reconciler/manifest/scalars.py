"""
What a scalar means: the core schema of YAML 1.2, and ``${NAME}`` in a string.

PyYAML resolves by YAML 1.1, in which ``no`` is a boolean, ``12:30:45`` a number and
``2024-01-01`` a date. Here they are strings, as they look.

In a string, ``${NAME}`` and ``${NAME:-default}`` are replaced from the environment.
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.manifest.confidential import is_confidential
from reconciler.manifest.words import LONGEST_SHOWN, shown

if TYPE_CHECKING:
    from collections.abc import Mapping


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

_TOKEN = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-(?:(?!\$\{)[^}])*)?\}"
    r"|(?P<malformed>\$\{)",
)
LONGEST_STRING = 64 * 1024
"""In bytes of UTF-8; the longest string that AWS takes here has 2,048 characters."""
MOST_PROBLEMS = 20
"""Per string: who sees so many need not see more."""

_FORMS = "write ${NAME} or ${NAME:-default}, or $${ for a literal ${"


def kind_of(text: str) -> Kind:
    """Return what the text means when it stands without quotes."""
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


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the substitution of that number, counted from 0."""

    number: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Substituted:
    """``changed`` is true when the environment or a default gave a part of ``text``."""

    text: str
    changed: bool
    problems: tuple[Problem, ...]


def substitute(text: str, environment: Mapping[str, str]) -> Substituted:
    """Replace every ``${...}``; what cannot be replaced becomes a problem."""
    if "${" not in text:
        return Substituted(text, changed=False, problems=())
    problems: dict[str, Problem] = {}
    result, last, changed = io.StringIO(), 0, False
    for number, token in enumerate(_TOKEN.finditer(text)):
        value = _value(token, environment)
        if value is None and len(problems) < MOST_PROBLEMS:
            problem = _problem(number, token, text, environment)
            problems.setdefault(problem.what, problem)
        result.write(text[last : token.start()] + (value or ""))
        last, changed = token.end(), changed or token["literal"] is None
        if result.tell() > LONGEST_STRING:
            break
    return Substituted(result.getvalue() + text[last:], changed, tuple(problems.values()))


def places(source: str) -> list[int]:
    """Return where each ``${...}`` starts in the text as it was written."""
    return [token.start() for token in _TOKEN.finditer(source)]


def _value(token: re.Match[str], environment: Mapping[str, str]) -> str | None:
    if token["literal"]:
        return "${"
    if token["malformed"]:
        return None
    value = environment.get(token["name"])
    if is_confidential(token["name"], value):
        return None
    if token["default"] is None:
        return value
    return value or token["default"].removeprefix(":-")


def _problem(
    number: int, token: re.Match[str], text: str, environment: Mapping[str, str]
) -> Problem:
    if token["malformed"]:
        rest = text[token.start() : token.start() + LONGEST_SHOWN + 1]
        return Problem(number, f"{shown(rest)} is not a substitution", _FORMS)
    name = token["name"]
    if is_confidential(name, environment.get(name)):
        what = f"the environment variable {name} looks like a secret, which no manifest takes"
        return Problem(number, what, "give what is none in a variable of another name")
    what = f"the environment variable {name} is not set"
    return Problem(number, what, f"set it, or give it a default: ${{{name}:-default}}")
