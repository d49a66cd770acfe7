"""How many functions one run may change: the blast radius of a mistake."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import Status, TooManyChanges

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import FunctionResult

_FORM = re.compile(r"(?P<number>[0-9]{1,9})(?P<percent>%)?")
_ALL = 100


def would_change(planned: FunctionResult) -> bool:
    """
    Whether apply would write.

    It may also where the plan ends in a failure: steps beside a refusal are safe.
    """
    has_steps = planned.plan is not None and bool(planned.plan.steps)
    return has_steps and planned.status in (Status.PLANNED, Status.FAILED)


@dataclass(frozen=True, slots=True)
class MaxChanges:
    """A number of functions, or a share of those in the run in percent, rounded down."""

    number: int
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> MaxChanges:
        """Read ``5`` or ``20%``. Raises ValueError."""
        found = _FORM.fullmatch(text)
        if found is None or (found["percent"] and int(found["number"]) > _ALL):
            raise ValueError(f"{text!r} is not a number of functions such as 5, or 20%")
        return cls(int(found["number"]), percent=bool(found["percent"]))

    def exceeded(self, planned: Sequence[FunctionResult]) -> TooManyChanges | None:
        """Compare with the plans of all functions of the run."""
        changes = sum(map(would_change, planned))
        allowed = self._of(len(planned))
        return TooManyChanges(changes, allowed, str(self)) if changes > allowed else None

    def out_of(self, functions: int) -> MaxChanges:
        """Give the limit as a number, for runs over a part of so many functions."""
        return MaxChanges(self._of(functions))

    def _of(self, functions: int) -> int:
        return math.floor(functions * self.number / _ALL) if self.percent else self.number

    def __str__(self) -> str:
        return f"{self.number}{'%' if self.percent else ''}"
