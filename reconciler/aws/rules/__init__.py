"""
The table of errors: each row is one answer of AWS, and what to do about it.

The first row that fits wins, so that rows with a text or an operation stand before
those without, and the general ones of access stand last. The rows come from botocore's
model of the operations (what each declares), from answers of AWS that were recorded or
quoted in public, and from AWS's guides; where no text is known, a row goes by its code.
"""

from __future__ import annotations

from reconciler.aws.rules import access, artifacts, functions, invocation, throttling
from reconciler.aws.rules.access import STALE_CREDENTIALS, STALE_OR_NOT
from reconciler.aws.rules.rule import S3, Rule
from reconciler.aws.rules.rule import find as _find
from reconciler.aws.rules.throttling import THROTTLED, over_the_rate

__all__ = [
    "RULES",
    "S3",
    "STALE_CREDENTIALS",
    "STALE_OR_NOT",
    "THROTTLED",
    "Rule",
    "find",
    "over_the_rate",
]

RULES: tuple[Rule, ...] = (
    *throttling.RULES,
    *artifacts.RULES,
    *functions.RULES,
    *invocation.RULES,
    *access.RULES,
)


def find(operation: str, code: str, message: str) -> Rule | None:
    """Give the rule for an answer; None when the table has none."""
    return _find(RULES, operation, code, message)
