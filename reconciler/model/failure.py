"""What can go wrong with one function, as a value and as an exception."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FailureKind(StrEnum):
    """What trying again would bring; the exit code follows from it."""

    TEMPORARY = "Temporary"
    """The same run may succeed later: throttling, a conflict, a lost answer."""
    PERMANENT = "Permanent"
    """AWS refuses, or will refuse, until somebody changes something."""
    INVALID = "Invalid"
    """The desired state itself is wrong: a missing or too large package."""
    STALE = "Stale"
    """Not what was approved: the saved plan was made from something else."""


class Scope(StrEnum):
    """Whom else a failure concerns."""

    FUNCTION = "Function"
    REGION = "Region"
    """Every update of code in this account and region would fail alike."""
    RUN = "Run"
    """Every call would fail alike."""


@dataclass(frozen=True, slots=True)
class Failure:
    """
    Why a function stopped: what happened, and what to do now.

    ``operation``, ``code`` and ``request_id`` are AWS's own, where AWS spoke.
    ``retry_after`` is in seconds, where AWS asked for a pause or is known to need one.
    ``outcome_unknown`` says that a write may have taken effect although its answer did not arrive,
    ``throttled`` that AWS did not even look at the request.
    """

    kind: FailureKind
    what: str
    remedy: str
    operation: str | None = None
    code: str | None = None
    request_id: str | None = None
    retry_after: float | None = None
    outcome_unknown: bool = False
    throttled: bool = False
    scope: Scope = Scope.FUNCTION

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


class ReconcileError(Exception):
    """The one exception between the layers; ``failure`` says all there is to say."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure
