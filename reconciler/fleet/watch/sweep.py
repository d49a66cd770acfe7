"""Which functions get a full look although nothing seems to have changed."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from reconciler.fleet.watch.model import Pace
    from reconciler.reconcile import Task

_DAY = 86_400.0
_ON_A_PAGE = 50
_BESIDE = 0.25
"""What full looks may cost by default, beside the calls that list all functions."""


def full_interval(pace: Pace, tasks: Sequence[Task]) -> float:
    """
    Give the seconds in which each function has one full look.

    A day by default. With many modes or versions to read it is as much longer as it takes to
    add no more than a quarter to the calls of the lists.
    """
    if pace.full_interval is not None:
        return pace.full_interval
    lists = max(len(tasks) / _ON_A_PAGE, 1.0)
    looks = sum(map(_calls_of_a_look, tasks))
    return max(_DAY, pace.interval * looks / (lists * _BESIDE))


def _calls_of_a_look(task: Task) -> int:
    """Count the reads of a function in sync: docs/command-line.md, What a run costs."""
    mode, publish = task.spec.runtime_management is not None, task.spec.publish is not None
    return 1 + mode + 2 * publish + (mode and publish)


class Sweep:
    """
    Goes round all functions at an even pace, in the order of a hash of their ids.

    Functions that come and go do not move the others. As many are due in each stretch of time
    as in any other, so that no round is dear.
    """

    def __init__(self) -> None:
        self._after = (b"", "")
        self._credit = 0.0

    def due(self, ids: Collection[str], share: float) -> frozenset[str]:
        """Give the next ones; ``share`` is the part of a whole turn that has passed."""
        order = sorted((_hash(each), each) for each in ids)
        self._credit += share * len(order)
        number = int(self._credit)
        self._credit -= number
        start = bisect_right(order, self._after)
        offsets = range(min(number, len(order)))
        chosen = [order[(start + offset) % len(order)] for offset in offsets]
        self._after = chosen[-1] if chosen else self._after
        return frozenset(name for _, name in chosen)


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
