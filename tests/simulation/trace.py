"""What happened, in order: for a reader its end, and for a comparison the hash of it all."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_KEPT = 6_000
"""Events; a small fleet makes some hundreds."""


@dataclass(slots=True)
class Trace:
    """Every event with its virtual second, who made it, and the function that it is about."""

    clock: Callable[[], float]
    counts: Counter[str] = field(default_factory=Counter)
    events: int = 0
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)
    _last: deque[tuple[float, str, str, str]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def note(self, who: str, function: str, what: str) -> None:
        """Take note of one event."""
        event = (self.clock(), who, function, what)
        self.events += 1
        self._last.append(event)
        self._hash.update(repr(event).encode())

    def count(self, kind: str) -> None:
        """Count something that a seed is to be known for: a fault, a crash, a rival's act."""
        self.counts[kind] += 1

    @property
    def digest(self) -> str:
        """The hash of all events, which two runs of one seed have in common."""
        return self._hash.hexdigest()

    def tail(self, function: str, lines: int) -> str:
        """Show the last events of one function, and those that are about all of them."""
        about = [event for event in self._last if event[2] in (function, "")][-lines:]
        return "\n".join(f"  {at:10.3f} {who:<10} {what}" for at, who, _, what in about)
