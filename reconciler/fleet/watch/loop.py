"""Rounds one after the other, and failing functions at a pace of their own."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

from reconciler.fleet.limits import Limits
from reconciler.fleet.running import run
from reconciler.fleet.watch.due import Choice, Due
from reconciler.fleet.watch.job import Job
from reconciler.fleet.watch.memory import Memory, Pauses, Wanted
from reconciler.fleet.watch.model import BrokenManifestsError, Health, Round
from reconciler.fleet.watch.survey import Survey
from reconciler.fleet.watch.sweep import Sweep, full_interval
from reconciler.fleet.watch.waiting import until, wait
from reconciler.model import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.fleet.connections import Connections
    from reconciler.fleet.settings import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.fleet.watch.model import Manifests, Observer, Pace
    from reconciler.model import CodeDigest, FunctionResult, Listener, RunResult, TooManyChanges
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
        self._ids = {task.spec.id for task in tasks}
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
        self._choice = Choice(
            connections, settings, stop, memory=self._memory, survey=survey, pace=pace
        )
        self._sweep = Sweep()
        self._limits = Limits(settings.parallelism)
        self._swept_at: float | None = None
        self._number = 0
        self._busy: set[str] = set()
        self._failed = asyncio.Event()
        self._told: Counter[str] = Counter()
        self._half_way = False
        self._refused: TooManyChanges | None = None

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
            job = self._job(due)
            self._number += 1
            group.create_task(self._work_on(job, self._number, started))
            failures = 0 if due.complete else failures + 1
            pause = self._pauses.jittered(self._pace.interval)
            if failures:
                pause = min(pause, self._pauses.after(failures))
            await wait(_left(started + pause), self._stop.event)
            await wait(_left(started + self._pace.round_wait), self._stop.event, job.ended)
            await self._until_begun(job)

    async def _until_begun(self, job: Job) -> None:
        """Wait for all of a job, but not for functions that wait, or that nothing is heard of."""
        if not self._retries_alone:
            await wait(None, self._stop.event, job.ended)
            return
        while not (self._stop.event.is_set() or job.begun.is_set()):
            left = _left(job.heard_at + self._pace.round_wait)
            if left <= 0:
                return
            await wait(left, self._stop.event, job.begun)

    async def _choose(self, started: float) -> Due | None:
        """Find out what may have changed; None when the watch is to stop."""
        await until(self._stop.event, self._reread())
        swept = self._sweep.due(self._ids, self._share(started))
        retried_at = _NEVER if self._retries_alone else started
        choosing = self._choice.among(self._free(self._tasks), swept, retried_at=retried_at)
        with self._settings.tracing.survey():
            due = await until(self._stop.event, choosing)
        if due is None:
            return None
        return replace(due, tasks=self._free(due.tasks), elsewhere=len(self._busy))

    def _job(self, due: Due) -> Job:
        """Mark functions as being worked on, each until it ends."""
        self._busy.update(task.spec.id for task in due.tasks)
        return Job(due, self._listener, self._finished)

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
        if self.health.broken:
            number = len(self._tasks if tasks is None else tasks)
            self._observer.note(f"the manifests are in order again: {_functions(number)}")
        self.health.broken = ()
        if tasks is not None:
            if changed := _changed(self._tasks, tasks):
                self._observer.note(changed)
            self._tasks, self._ids = tasks, {task.spec.id for task in tasks}
            self._memory.keep(self._ids)

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
            self._failed.clear()
            now, waiting = _now(), dict(self._memory.failing(self._busy))
            due = [task for task in self._tasks if waiting.get(task.spec.id, now + 1) <= now]
            if due:
                job = self._job(self._as_before(due))
                group.create_task(self._work_on(job, None, now))
            later = min((at for at in waiting.values() if at > now), default=None)
            pause = None if later is None else max(later - now, _TOGETHER)
            await wait(pause, self._stop.event, self._failed)
            if self._failed.is_set():
                await wait(_TOGETHER, self._stop.event)

    def _as_before(self, tasks: Sequence[Task]) -> Due:
        """Take code that may have moved for what it was: the next round looks."""
        standings = ((task.spec.id, self._memory.of(task)) for task in tasks)
        codes = {name: each.digest for name, each in standings if each and each.digest}
        return Due(tasks, codes, complete=True)

    async def _work_on(self, job: Job, number: int | None, started: float) -> None:
        """Do what is to be done, and tell what came of it."""
        due, limit = job.due, self._settings.max_changes
        settings = replace(
            self._settings, max_changes=limit.out_of(len(self._tasks)) if limit else None
        )
        try:
            result = await run(
                due.tasks, self._connections, settings, self._stop, job, limits=self._limits
            )
        finally:
            job.end()
        job.tell_lacking(self._observer.trouble)
        self.health.rounds += number is not None
        self._note_known()
        self.health.statuses = Counter(self._memory.statuses())
        self._tell_refusal(result.too_many)
        self._half_way |= any(each.status is Status.INTERRUPTED for each in result.functions)
        finished = Round(
            number=number,
            result=self._since_then(result),
            functions=len(self._tasks),
            elsewhere=due.elsewhere,
            seconds=_now() - started,
            news=job.news or number == 1,
            complete=due.complete,
            waiting=due.waiting,
        )
        await self._observer.ended(finished)

    def _tell_refusal(self, refused: TooManyChanges | None) -> None:
        """Say that too much would change, when it does and when that changes."""
        if refused and refused != self._refused:
            self._observer.trouble(
                f"refused: {_functions(refused.planned)} would change, and --max-changes"
                f" {refused.limit} allows {refused.allowed}: nothing is written"
            )
        self._refused = refused

    def _note_known(self) -> None:
        """Tell whether the watch knows by now how its functions stand."""
        unknown = self.health.unknown = self._memory.unknown(self._ids)
        self.health.looked_at_all |= not unknown and self._memory.reached

    def _finished(self, task: Task, result: FunctionResult, digest: CodeDigest | None) -> bool:
        """Remember how a function stands, unless it has left the manifests."""
        self._busy.discard(task.spec.id)
        if task.spec.id not in self._ids:
            return result.status is not Status.IN_SYNC
        news = self._memory.note(task, result, digest, _now())
        if self._memory.end_pauses(task, result, _now()) or result.status is Status.FAILED:
            self._failed.set()
        return news

    def _since_then(self, result: RunResult) -> RunResult:
        """Count the calls that no result before has counted."""
        calls = Counter(self._connections.calls)
        since, self._told = calls - self._told, calls
        return replace(result, calls=dict(since))


def _functions(number: int) -> str:
    return f"{number} function{'' if number == 1 else 's'}"


def _changed(before: Sequence[Task], after: Sequence[Task]) -> str | None:
    """Say what became of the manifests; None where they ask for the same."""
    old, new = ({task.spec.id: Wanted.of(task) for task in tasks} for tasks in (before, after))
    if old == new:
        return None
    more, less = len(new.keys() - old.keys()), len(old.keys() - new.keys())
    return f"manifests changed: {_functions(len(new))} (+{more} -{less})"


def _now() -> float:
    return asyncio.get_running_loop().time()


def _left(end: float) -> float:
    return max(end - _now(), 0)
