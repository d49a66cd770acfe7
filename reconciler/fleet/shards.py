"""Which of several machines takes which functions, so that no two spend one quota."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reconciler.reconcile import Task

_FORM = re.compile(r"([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Shard:
    """
    One of ``count`` shards; ``index`` counts from 1.

    An account and region belongs to one shard as a whole. Which one depends on their names and
    the number of shards alone: each shard has a weight for it, and the heaviest takes it
    (rendezvous hashing). A further shard takes what it is the heaviest for, and all else stays.
    """

    index: int
    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.index <= self.count:
            raise ValueError(f"there is no shard {self.index} of {self.count}")

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/16``. Raises ValueError."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a shard such as 3/16")
        return cls(int(found[1]), int(found[2]))

    def has(self, account: str, region: str) -> bool:
        """Whether this shard takes the functions of an account and region."""
        weights = (_weight(number, account, region) for number in range(1, self.count + 1))
        return max((weight, number) for number, weight in enumerate(weights, 1))[1] == self.index

    async def of(
        self, tasks: Sequence[Task], account: Callable[[str], Awaitable[str]]
    ) -> Sequence[Task]:
        """
        Leave out the tasks of other shards.

        ``account`` asks AWS, in a region, whose the usual credentials are; it is asked only for
        functions that name no account. Raises ReconcileError when it cannot be had.
        """
        nameless = [task.region for task in tasks if task.spec.function.account is None]
        usual = await account(nameless[0]) if nameless else ""
        places = {(task.spec.function.account or usual, task.region) for task in tasks}
        ours = {place for place in places if self.has(*place)}
        return [
            task for task in tasks if (task.spec.function.account or usual, task.region) in ours
        ]

    def __str__(self) -> str:
        return f"{self.index}/{self.count}"


def _weight(number: int, account: str, region: str) -> bytes:
    return hashlib.sha256(f"{number} {account} {region}".encode()).digest()
