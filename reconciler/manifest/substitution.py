"""
``${NAME}`` in a string: values of the environment, and of the function's target.

``${NAME}`` and ``${NAME:-default}`` are replaced from the environment, and
``${target.NAME}`` by what a Target says. No variable has a dot in its name, so that
neither hides the other.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from reconciler.manifest.confidential import is_confidential
from reconciler.manifest.words import LONGEST_SHOWN, listed, nearest, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Target

_TOKEN = re.compile(
    r"(?P<literal>\$\$\{)"
    r"|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?P<default>:-(?:(?!\$\{)[^}])*)?\}"
    r"|\$\{target\.(?P<field>[A-Za-z0-9_.-]+)\}"
    r"|(?P<malformed>\$\{)",
)
LONGEST_STRING = 64 * 1024
"""In bytes of UTF-8; the longest string that AWS takes here has 2,048 characters."""
MOST_PROBLEMS = 20
"""Per string: who sees so many need not see more."""

TARGET_FIELDS = ("name", "region", "accountId")
TargetValues: TypeAlias = "Mapping[str, str | None] | None"
"""By field; all are None while the target is not known, and without a target there are none."""
UNKNOWN_TARGET: TargetValues = dict.fromkeys(TARGET_FIELDS)

_FORMS = "write ${NAME} or ${NAME:-default}, or $${ for a literal ${"
_TARGET_FORMS = f"write {listed(f'${{target.{name}}}' for name in TARGET_FIELDS)}"
_LIKE_A_TARGET = re.compile(r"\$\{\s*target\b", re.IGNORECASE)


def values_of(target: Target) -> Mapping[str, str | None]:
    """Return what ``${target.NAME}`` stands for, by NAME."""
    return dict(zip(TARGET_FIELDS, (target.name, target.region, target.account), strict=True))


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the substitution of that number, counted from 0."""

    number: int
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Substituted:
    """
    The text, and what was found in it.

    ``changed`` is true when the environment, a default or a target gave a part of it.
    ``target_fields`` are the values of the target that it asks for; while they are not
    known, ``is_known`` is false and the text is not what it will be.
    """

    text: str
    changed: bool
    problems: tuple[Problem, ...]
    target_fields: frozenset[str] = frozenset()
    is_known: bool = True


def substitute(
    text: str, environment: Mapping[str, str], target: TargetValues = None
) -> Substituted:
    """Replace every ``${...}``; what cannot be replaced becomes a problem."""
    problems: dict[str, Problem] = {}
    asked: set[str] = set()
    result, last, changed = io.StringIO(), 0, False
    for number, token in enumerate(_TOKEN.finditer(text)):
        value = _value(token, environment, target)
        if target is not None and token["field"] in target:
            asked.add(token["field"])
        elif value is None and len(problems) < MOST_PROBLEMS:
            problem = _problem(number, token, text, environment, target)
            problems.setdefault(problem.what, problem)
        result.write(text[last : token.start()] + (value or ""))
        last, changed = token.end(), changed or token["literal"] is None
        if result.tell() > LONGEST_STRING:
            break
    return Substituted(
        result.getvalue() + text[last:],
        changed,
        tuple(problems.values()),
        frozenset(asked),
        is_known=target is None or all(target[name] is not None for name in asked),
    )


def places(source: str) -> list[int]:
    """Return where each ``${...}`` starts in the text as it was written."""
    return [token.start() for token in _TOKEN.finditer(source)]


def _value(
    token: re.Match[str], environment: Mapping[str, str], target: TargetValues
) -> str | None:
    if token["literal"]:
        return "${"
    if token["malformed"]:
        return None
    if token["field"]:
        return None if target is None else target.get(token["field"])
    value = environment.get(token["name"])
    if is_confidential(token["name"], value):
        return None
    if token["default"] is None:
        return value
    return value or token["default"].removeprefix(":-")


def _problem(
    number: int,
    token: re.Match[str],
    text: str,
    environment: Mapping[str, str],
    target: TargetValues,
) -> Problem:
    if token["malformed"]:
        rest = text[token.start() : token.start() + LONGEST_SHOWN + 1]
        forms = _TARGET_FORMS if _LIKE_A_TARGET.match(rest) else _FORMS
        return Problem(number, f"{shown(rest)} is not a substitution", forms)
    if token["field"]:
        return Problem(number, *_target_problem(token["field"], target))
    name = token["name"]
    if is_confidential(name, environment.get(name)):
        what = f"the environment variable {name} looks like a secret, which no manifest takes"
        return Problem(number, what, "give what is none in a variable of another name")
    what = f"the environment variable {name} is not set"
    return Problem(number, what, f"set it, or give it a default: ${{{name}:-default}}")


def _target_problem(field: str, target: TargetValues) -> tuple[str, str]:
    if target is None and field in TARGET_FIELDS:
        what = f"${{target.{field}}} has a value only in a Function with spec.targets"
        return what, "name its targets there, or write the value out"
    match = nearest(field, TARGET_FIELDS)
    remedy = f"did you mean ${{target.{match}}}?" if match else _TARGET_FORMS
    return f"a target has no value {shown(field)}", remedy
