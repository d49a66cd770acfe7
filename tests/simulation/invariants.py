"""What has to hold, by name, and the way in which its breach is told."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.simulation.trace import Trace

_SHOWN = 40


class Invariant(StrEnum):
    """The promises."""

    CONVERGES = "converges once the faults stop"
    IN_SYNC = "writes nothing to a function in sync"
    FORBIDDEN = "makes no call that AWS forbids"
    GUARDED = "guards every write"
    VERSIONS = "publishes as many versions as are needed"
    QUOTAS = "never exceeds the quotas by its own schedule"
    REPORTED = "reports every function exactly once, in the order given"
    TRUE = "claims only what is true"
    SUSPENDED = "leaves suspended functions alone"
    DECLARED = "changes only what is declared"
    ENDS = "writes nothing once it is to stop, and ends in time"


class BrokenInvariantError(AssertionError):
    """One promise was broken: ``invariant`` says which."""

    def __init__(self, invariant: Invariant, message: str) -> None:
        super().__init__(message)
        self.invariant = invariant


class Judge:
    """
    Keeps the first breach of a seed.

    It is not raised where it is found: the product would take it for an error of its own.
    """

    def __init__(self, seed: int, functions: int | None, trace: Trace) -> None:
        self._seed = seed
        self._functions = functions
        self._trace = trace
        self._breach: BrokenInvariantError | None = None

    def breach(self, invariant: Invariant, function: str, what: str) -> None:
        """Note that a promise was broken; the first one counts."""
        self._trace.note("BREACH", function, f"{invariant}: {what}")
        if self._breach is None:
            fleet = "" if self._functions is None else f" FUNCTIONS={self._functions}"
            text = (
                f"seed {self._seed}, {function or 'the run'}: it {invariant}: {what}\n"
                f"{self._trace.tail(function, _SHOWN)}\n"
                f"replay it with: make simulate SEED={self._seed}{fleet}"
            )
            self._breach = BrokenInvariantError(invariant, text)

    def close(self) -> None:
        """Raise the first breach, if there was one."""
        if self._breach is not None:
            raise self._breach
