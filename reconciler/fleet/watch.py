"""The loop of a controller: rounds over all functions, until the signal to stop."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random
from typing import TYPE_CHECKING

from reconciler.fleet.running import run
from reconciler.fleet.watch_due import Choice, Due
from reconciler.fleet.watch_memory import Memory, Pauses
from reconciler.fleet.watch_model import BrokenManifestsError, Health, Round
from reconciler.fleet.watch_survey import Survey
from reconciler.fleet.watch_sweep import Sweep, full_interval
from reconciler.fleet.watch_waiting import Underway, until, wait
from reconciler.model import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.fleet.connections import Connections
    from reconciler.fleet.running import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.fleet.watch_model import Manifests, Observer, Pace
    from reconciler.model import Listener, RunResult
    from reconciler.reconcile import Task

_BEAT = 5.0
_TOGETHER = 1.0
"""Seconds: tries that are due so close to each other are made together."""
_NEVER = float("-inf")
_LAST_GOOD = "the manifests are broken: those that were read last in good order stay in force"


class Watch:
    """
    One round after the other, and failing functions at a pace of their own.

    A round waits for that before it, but not for functions that wait themselves for long, for
    AWS or to try again: they end beside it, and nobody else works on them meanwhile. With a
    limit of changes it begins when that before has ended, and failing functions wait for a
    round, because the limit holds for all of one. ``random`` is for the jitter of pauses.
    """

    def __init__(  # noqa: PLR0913 - a watch is made of these
        self,
        tasks: Sequence[Task],
        manifests: Manifests,
        connections: Connections,
        *,
        settings: RunSettings,
        pace: Pace,
        stop: Stop,
        listener: Listener,
        observer: Observer,
        random: Random | None = None,
    ) -> None:
        self.health = Health()
        self._tasks = tasks
        self._manifests = manifests
        self._connections = connections
        self._settings = settings
        self._pace = pace
        self._stop = stop
        self._listener = listener
        self._observer = observer
        longest = max(pace.interval, pace.longest_retry)
        self._pauses = Pauses(pace.first_retry, longest, random or Random())  # noqa: S311 - no secret
        self._memory = Memory(self._pauses)
        survey = Survey(settings.wait, stop, observer.trouble)
        self._choice = Choice(connections, settings, stop, self._memory, survey)
        self._sweep = Sweep()
        self._swept_at: float | None = None
        self._number = 0
        self._busy: set[str] = set()
        self._ended = asyncio.Event()
        self._told: Counter[str] = Counter()
        self._half_way = False

    async def run(self) -> bool:
        """Go on until the signal to stop; False when a change was left half-way."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._beat())
            group.create_task(self._rounds(group))
            if self._retries_alone:
                group.create_task(self._retries(group))
        return not self._half_way

    @property
    def _retries_alone(self) -> bool:
        return self._settings.max_changes is None

    async def _beat(self) -> None:
        while not self._stop.event.is_set():
            self.health.heartbeat = _now()
            await wait(_BEAT, self._stop.event)

    async def _rounds(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while not self._stop.event.is_set():
            started = _now()
            due = await self._choose(started)
            if due is None or self._stop.event.is_set():
                return
            begun, ended = self._begin(due, started, group)
            failures = 0 if due.complete else failures + 1
            pause = self._pauses.jittered(self._pace.interval)
            if failures:
                pause = min(pause, self._pauses.after(failures))
            await wait(_left(started + pause), self._stop.event)
            await wait(_left(started + self._pace.round_wait), self._stop.event, ended)
            await wait(None, self._stop.event, begun if self._retries_alone else ended)

    async def _choose(self, started: float) -> Due | None:
        """Find out what may have changed; None when the watch is to stop."""
        await until(self._stop.event, self._reread())
        swept = self._sweep.due([task.spec.id for task in self._tasks], self._share(started))
        retried_at = _NEVER if self._retries_alone else started
        choosing = self._choice.among(self._free(self._tasks), swept, retried_at=retried_at)
        due = await until(self._stop.event, choosing)
        return due and replace(due, tasks=self._free(due.tasks))

    def _begin(
        self, due: Due, started: float, group: asyncio.TaskGroup
    ) -> tuple[asyncio.Event, asyncio.Event]:
        """Work on these functions; the events say that all were begun, and that all have ended."""
        self._number += 1
        ids = [task.spec.id for task in due.tasks]
        underway = Underway(self._listener, ids)
        self._busy.update(ids)
        working = group.create_task(self._work_on(due, self._number, started, underway))
        ended = asyncio.Event()
        for event in (underway.begun, ended):
            working.add_done_callback(partial(_set, event))
        return underway.begun, ended

    def _free(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """Leave out the functions that are being worked on."""
        return [task for task in tasks if task.spec.id not in self._busy]

    async def _reread(self) -> None:
        """Take over manifests that have changed; broken ones leave all as it was."""
        try:
            tasks = await self._manifests.reread()
        except BrokenManifestsError as error:
            self._told_broken(error.errors)
            return
        self.health.broken = ()
        if tasks is not None:
            self._tasks = tasks
            self._memory.keep(tasks)

    def _told_broken(self, errors: tuple[str, ...]) -> None:
        before, self.health.broken = self.health.broken, errors
        if errors != before:
            for line in (*errors, _LAST_GOOD):
                self._observer.trouble(line)

    def _share(self, now: float) -> float:
        """Give the part of a whole sweep that is due by now; the first round looks at all."""
        before, self._swept_at = self._swept_at, now
        return 0.0 if before is None else (now - before) / full_interval(self._pace, self._tasks)

    async def _retries(self, group: asyncio.TaskGroup) -> None:
        """Try failing functions again when their time has come, whatever the rounds do."""
        while not self._stop.event.is_set():
            self._ended.clear()
            waiting = dict(self._memory.failing(self._busy))
            due = [task for task in self._tasks if waiting.get(task.spec.id, _now() + 1) <= _now()]
            if due:
                self._busy.update(task.spec.id for task in due)
                again = self._work_on(self._as_before(due), None, _now(), self._listener)
                group.create_task(again)
                continue
            pause = max(min(waiting.values()) - _now(), _TOGETHER) if waiting else None
            await wait(pause, self._stop.event, self._ended)

    def _as_before(self, tasks: Sequence[Task]) -> Due:
        """Take code that may have moved for what it was: the next round looks."""
        standings = ((task.spec.id, self._memory.of(task)) for task in tasks)
        codes = {name: each.digest for name, each in standings if each and each.digest}
        return Due(tasks, codes, complete=True)

    async def _work_on(
        self, due: Due, number: int | None, started: float, listener: Listener
    ) -> None:
        """Do it to functions that are marked as busy, and tell what came of it."""
        limit = self._settings.max_changes
        settings = replace(
            self._settings, max_changes=limit.out_of(len(self._tasks)) if limit else None
        )
        try:
            result = await run(due.tasks, self._connections, settings, self._stop, listener)
        finally:
            self._busy.difference_update(task.spec.id for task in due.tasks)
        news = self._note(due, result) or number == 1
        if number is not None:
            self.health.rounds += 1
            self.health.complete_rounds += due.complete and not self.health.broken
        self._ended.set()
        seconds = _now() - started
        told = self._since_then(result)
        total = len(self._tasks)
        await self._observer.ended(Round(number, told, total, seconds, news, due.complete))

    def _note(self, due: Due, result: RunResult) -> bool:
        """Remember how each function stands; True when that is worth a report."""
        now, ours = _now(), {task.spec.id for task in self._tasks}
        news = [
            self._memory.note(task, each, due.digests.get(task.spec.id), now)
            for task, each in zip(due.tasks, result.functions, strict=True)
            if task.spec.id in ours
        ]
        self._half_way |= any(each.status is Status.INTERRUPTED for each in result.functions)
        self.health.statuses = Counter(self._memory.statuses())
        return any(news)

    def _since_then(self, result: RunResult) -> RunResult:
        """Count the calls that no result before has counted."""
        calls = Counter(self._connections.calls)
        since, self._told = calls - self._told, calls
        return replace(result, calls=dict(since))


def _set(event: asyncio.Event, _: asyncio.Task[None]) -> None:
    event.set()


def _now() -> float:
    return asyncio.get_running_loop().time()


def _left(end: float) -> float:
    return max(end - _now(), 0)
