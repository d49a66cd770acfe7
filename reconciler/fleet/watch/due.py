"""Which functions of a round have to be looked at, and which are known to be in sync."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from reconciler.fleet.watch.artifacts import Digests, can_move
from reconciler.fleet.watch.looks import Looks
from reconciler.model import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.fleet.connections import Connection, Connections
    from reconciler.fleet.settings import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.fleet.watch.memory import Memory, Standing
    from reconciler.fleet.watch.model import Pace
    from reconciler.fleet.watch.survey import Place, Seen, Survey
    from reconciler.model import CodeDigest
    from reconciler.reconcile import Task


@dataclass(frozen=True, slots=True)
class Due:
    """
    The functions to be looked at; ``digests`` has what their code in S3 and ECR is, by id.

    ``complete`` is false where AWS could not be asked what has changed. ``elsewhere`` counts the
    functions that somebody works on already, ``waiting`` those that fail and whose time to be
    tried again has not come.
    """

    tasks: Sequence[Task]
    digests: Mapping[str, CodeDigest]
    complete: bool
    elsewhere: int = 0
    waiting: int = 0


class Choice:
    """Chooses by what is remembered, and by what AWS shows at little cost."""

    def __init__(  # noqa: PLR0913 - all that a choice is made by
        self,
        connections: Connections,
        settings: RunSettings,
        stop: Stop,
        *,
        memory: Memory,
        survey: Survey,
        pace: Pace,
    ) -> None:
        self._connections = connections
        self._settings = settings
        self._stop = stop
        self._memory = memory
        self._survey = survey
        self._surveys: Looks[Place, Mapping[str, Seen] | None] = Looks(pace)
        self._digests = Digests(connections, settings, stop, pace)

    async def among(
        self, tasks: Sequence[Task], swept: frozenset[str], *, retried_at: float
    ) -> Due:
        """
        Choose in the order given. ``swept`` have their full look, but for those that fail.

        A failing function is due when its time has come at ``retried_at``, on the loop's
        clock, or when something about it has changed. Raises InterruptedRunError.
        """
        standings = {task.spec.id: self._memory.of(task) for task in tasks}
        known = [
            (task, standing)
            for task in tasks
            if (standing := standings[task.spec.id]) is not None
            and (standing.done or standing.failing)
            and (standing.failing or task.spec.id not in swept)
        ]
        codes, seen = await asyncio.gather(self._codes(known), self._seen(known))
        quiet = {
            task.spec.id
            for task, standing in known
            if _quiet(task, standing, seen, codes, retried_at)
        }
        due = [task for task in tasks if task.spec.id not in quiet]
        unseen = any(seen.get(_place(task)) is None for task, each in known if each.done)
        waiting = sum(each.failing and task.spec.id in quiet for task, each in known)
        return Due(due, codes, complete=not unseen, waiting=waiting)

    async def _codes(self, known: Sequence[tuple[Task, Standing]]) -> Mapping[str, CodeDigest]:
        moving = [
            task
            for task, standing in known
            if can_move(task.spec.code) and standing.status is not Status.SUSPENDED
        ]
        return await self._digests.of(moving)

    async def _seen(
        self, known: Iterable[tuple[Task, Standing]]
    ) -> Mapping[Place, Mapping[str, Seen] | None]:
        """Survey each account and region; None where AWS cannot be asked right now."""
        places: defaultdict[Place, list[Task]] = defaultdict(list)
        for task, standing in known:
            if standing.done:
                places[_place(task)].append(task)
        self._survey.keep(set(places))
        looks = {place: partial(self._look, place, tasks) for place, tasks in places.items()}
        seen = await self._surveys.at(looks)
        for place in places.keys() - seen.keys():
            self._survey.late(place, self._surveys.seconds)
        return {place: seen.get(place) for place in places}

    async def _look(self, place: Place, tasks: Sequence[Task]) -> Mapping[str, Seen] | None:
        names = {task.spec.function.name: task.spec.function.function_name for task in tasks}
        connection = self._connections.of(tasks[0].spec.target)
        return await self._survey.look(place, partial(_calls, connection, place), names)


def _calls(connection: Connection, place: Place, check: Callable[[], None]) -> LambdaFunctions:
    return connection.functions(place[1], check, lambda: False)


def _place(task: Task) -> Place:
    return task.spec.target.name if task.spec.target else None, task.region


def _quiet(
    task: Task,
    standing: Standing,
    seen: Mapping[Place, Mapping[str, Seen] | None],
    codes: Mapping[str, CodeDigest],
    now: float,
) -> bool:
    """Whether the function needs no look in this round."""
    survey = seen.get(_place(task))
    found = survey.get(task.spec.function.name) if survey else None
    if standing.failing:
        moved = codes.get(task.spec.id) not in (None, standing.digest)
        appeared = standing.absent and found is not None
        return now < standing.again_at and not moved and not appeared
    if survey is None:
        return True
    moves = can_move(task.spec.code) and standing.status is not Status.SUSPENDED
    return (
        found is not None
        and found.settled
        and found.revision_id == standing.revision_id
        and (not moves or found.code == codes.get(task.spec.id))
    )
