"""What a rule is: by what an answer is known, and what it means."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.model import FailureKind, Scope

if TYPE_CHECKING:
    from collections.abc import Iterable

S3 = ("HeadObject", "GetObject")
ECR = ("BatchGetImage", "GetDownloadUrlForLayer")
STS = ("AssumeRole", "AssumeRoleWithWebIdentity")
"""Of each service the calls that a rule may be about; GetCallerIdentity needs no permission."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One row of the table.

    ``code`` is AWS's error code, with ``*`` for any ending. ``texts`` are parts of AWS's
    message, in any case, one of which must be there; ``operations`` those that the rule is
    about. Empty means any. ``pause`` is how many seconds pass at least before another try
    can succeed, where AWS itself does not say.
    """

    code: str
    kind: FailureKind
    remedy: str
    texts: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    scope: Scope = Scope.FUNCTION
    throttled: bool = False
    pause: float | None = None

    def fits(self, operation: str, code: str, message: str) -> bool:
        """Whether the rule is about this answer."""
        return (
            fnmatchcase(code, self.code)
            and (not self.operations or operation in self.operations)
            and (not self.texts or any(text.casefold() in message for text in self.texts))
        )


def temporary(
    code: str,
    remedy: str,
    *texts: str,
    operations: tuple[str, ...] = (),
    pause: float | None = None,
) -> Rule:
    """Make a rule for what passes: read again, plan again."""
    return Rule(code, FailureKind.TEMPORARY, remedy, texts, operations, pause=pause)


def permanent(
    code: str,
    remedy: str,
    *texts: str,
    operations: tuple[str, ...] = (),
    scope: Scope = Scope.FUNCTION,
) -> Rule:
    """Make a rule for what AWS refuses until somebody changes something."""
    return Rule(code, FailureKind.PERMANENT, remedy, texts, operations, scope)


def find(rules: Iterable[Rule], operation: str, code: str, message: str) -> Rule | None:
    """Give the first rule that fits."""
    folded = message.casefold()
    return next((rule for rule in rules if rule.fits(operation, code, folded)), None)
