"""What a watch is told, and what it tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.model import RunResult, Status
    from reconciler.reconcile import Task


_NO_ANSWER = "not every function has been looked at yet, or AWS has not answered"


@dataclass(frozen=True, slots=True)
class Pace:
    """
    Seconds, all of them.

    ``interval`` is from the beginning of a round to that of the next. In ``full_interval``
    each function is looked at closely once, whatever the lists show; None is a day, or as
    much longer as it takes to add a quarter of the calls at most. ``round_wait`` is how long,
    from its beginning, a round is waited for although its functions are only waiting.
    """

    interval: float = 300.0
    full_interval: float | None = None
    first_retry: float = 10.0
    longest_retry: float = 900.0
    round_wait: float = 30.0


class BrokenManifestsError(Exception):
    """The manifests cannot be used as they are now; ``errors`` say why, one line each."""

    def __init__(self, errors: Sequence[str]) -> None:
        super().__init__("; ".join(errors))
        self.errors = tuple(errors)


class Manifests(Protocol):
    """Where the tasks come from."""

    async def reread(self) -> Sequence[Task] | None:
        """Give the tasks when they may have changed, else None. Raises BrokenManifestsError."""


@dataclass(frozen=True, slots=True)
class Round:
    """
    What one round, or one more try of failing functions, came to.

    ``number`` counts rounds from 1, and is None for such a try. ``result`` has the functions
    that were looked at, and the calls since the round or try before. ``functions`` is how many
    there are, ``elsewhere`` how many were still worked on by earlier ones when it began,
    ``waiting`` how many fail and were left to be tried again later, ``seconds`` how long it
    took. ``news`` says that a report has something to tell: the first round, a change, a
    failure. Without ``complete`` AWS could not be asked what has changed, and the manifests
    are as they were.
    """

    number: int | None
    result: RunResult
    functions: int
    elsewhere: int
    seconds: float
    news: bool
    complete: bool
    waiting: int = 0


class Observer(Protocol):
    """Whoever wants to know how a watch goes."""

    async def ended(self, finished: Round, /) -> None:
        """Take note of a round."""

    def note(self, message: str, /) -> None:
        """Take note of what is worth knowing, and no trouble."""

    def trouble(self, message: str, /) -> None:
        """Take note of what keeps the watch from working as it should."""


@dataclass(slots=True)
class Health:
    """
    How the watch stands; to be read from any thread.

    ``heartbeat`` is the loop's clock when it was last seen alive. ``rounds`` counts those
    that ended. ``looked_at_all`` is true since each function has been looked at once, and AWS has
    answered. ``broken`` are the errors of the manifests, which the last good ones outlive.
    ``statuses`` counts functions by their last status; ``unknown`` are those without.
    """

    heartbeat: float = 0.0
    rounds: int = 0
    looked_at_all: bool = False
    broken: tuple[str, ...] = ()
    statuses: Mapping[Status, int] = field(default_factory=dict)
    unknown: int = 0

    @property
    def not_ready(self) -> str | None:
        """Say why the watch does not do yet, or any more, what it is for."""
        if self.broken:
            return "the manifests are broken, the last good ones are in force: " + self.broken[0]
        if self.looked_at_all:
            return None
        return _NO_ANSWER if self.rounds else "the first round has not ended"
