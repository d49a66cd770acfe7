"""A clock for tests that must not wait."""

from __future__ import annotations


class ManualClock:
    """
    A clock that stands still until it is told to go on.

    Give it to ``ControlPlane.clock``, and changes end exactly when the test says so.
    """

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Tell the time."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
