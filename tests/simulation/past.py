"""What functions looked like a while ago, for readings that lag behind."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.sandbox.state import Function

_KEPT = 12


@dataclass(slots=True)
class Past:
    """For each function, until when it looked how."""

    _until: dict[str, deque[tuple[float, Function]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=_KEPT))
    )

    def remember(self, name: str, now: float, function: Function) -> None:
        """Keep what it looks like until now."""
        self._until[name].append((now, copy(function)))

    def will_settle(self, name: str, function: Function) -> None:
        """Keep what it looks like until the changes under way have ended."""
        due = [each.due for each in function.transitions.values()]
        if due:
            self._until[name].append((max(due), copy(function)))

    def at(self, name: str, moment: float, present: Function) -> Function:
        """Show it as it was; a copy, so that the present stays what it is."""
        for until, function in self._until[name]:
            if moment < until:
                return copy(function)
        return copy(present)


def copy(function: Function) -> Function:
    """Copy a function; its configurations are frozen."""
    return replace(
        function,
        configurations=dict(function.configurations),
        runtime_management=dict(function.runtime_management),
        transitions=dict(function.transitions),
        aliases=dict(function.aliases),
        tags=dict(function.tags),
    )
