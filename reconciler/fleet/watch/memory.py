"""What a watch remembers of each function from one round to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model import FailureKind, Location, Scope, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from random import Random

    from reconciler.model import CodeDigest, Failure, FunctionResult, FunctionSpec, Plan
    from reconciler.reconcile import Task

    Way = tuple[str | None, str | None]
    """A target, and a region where that matters: what a function needs to be reached."""

JITTER = 0.1
_NOWHERE = Location("", 1, 1)
_NOT_FOUND = "ResourceNotFoundException"
_DONE = (Status.IN_SYNC, Status.UPDATED, Status.SUSPENDED)
_WORTH_TELLING = (Status.UPDATED, Status.FAILED, Status.INTERRUPTED)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is declared for a function, but for where the manifests say so."""

    spec: FunctionSpec
    digest: CodeDigest | None

    @classmethod
    def of(cls, task: Task) -> Wanted:
        """Take it from a task."""
        spec = task.spec
        bare = replace(
            spec,
            location=_NOWHERE,
            labels={},
            code=spec.code and replace(spec.code, location=_NOWHERE),
            target=spec.target and replace(spec.target, location=_NOWHERE),
        )
        return cls(bare, task.package.digest if task.package else None)


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How a function stood when it was looked at last.

    ``revision_id`` is $LATEST's then. ``digest`` is that of code in S3 or ECR just before, None
    where nobody asked. ``failures`` counts those in a row, and ``again_at`` (on the loop's
    clock) is when the function is tried again. ``plan`` is kept while it is not carried out.
    ``lacks`` is set when AWS could not be asked at all.
    """

    wanted: Wanted
    status: Status
    revision_id: str | None = None
    digest: CodeDigest | None = None
    failures: int = 0
    again_at: float = 0.0
    absent: bool = False
    plan: Plan | None = None
    lacks: Way | None = None

    @property
    def done(self) -> bool:
        """Whether there was nothing left to do, at a revision that is known."""
        return self.status in _DONE and self.revision_id is not None

    @property
    def failing(self) -> bool:
        """Whether it waits for its next try."""
        return self.failures > 0

    def tells_more_than(self, before: Standing | None) -> bool:
        """Whether a report has something new to say."""
        if self.status in _WORTH_TELLING:
            return True
        if self.status is Status.NOT_ATTEMPTED:
            return False
        if before is None:
            return self.status in (Status.PLANNED, Status.SUSPENDED)
        return (self.status, self.plan) != (_settled(before.status), before.plan)


@dataclass(frozen=True, slots=True)
class Pauses:
    """
    Seconds before a failing function is tried again: growing twofold, and jittered.

    ``random`` is for the jitter alone.
    """

    first: float
    longest: float
    random: Random

    def after(self, failures: int) -> float:
        """Give the pause after so many failures in a row."""
        grown = self.first * 2.0 ** min(failures - 1, 32)
        return self.jittered(min(grown, max(self.longest, self.first)))

    def jittered(self, seconds: float) -> float:
        """Move a time by up to a tenth, so that many watches do not meet."""
        return seconds * self.random.uniform(1 - JITTER, 1 + JITTER)


class Memory:
    """One standing for each function of the manifests, and for no other."""

    def __init__(self, pauses: Pauses) -> None:
        self._pauses = pauses
        self._standings: dict[str, Standing] = {}
        self._lacking: set[str] = set()

    def keep(self, ids: Collection[str]) -> None:
        """Forget all other functions."""
        self._standings = {
            name: standing for name, standing in self._standings.items() if name in ids
        }
        self._lacking &= self._standings.keys()

    def of(self, task: Task) -> Standing | None:
        """Give the standing; None where the function, or what is wanted of it, is new."""
        standing = self._standings.get(task.spec.id)
        return standing if standing and standing.wanted == Wanted.of(task) else None

    def note(
        self, task: Task, result: FunctionResult, digest: CodeDigest | None, now: float
    ) -> bool:
        """Remember how it ended; True when a report has something new to say."""
        before = self.of(task)
        noted = self._noted(task, result, digest, before, now)
        self._standings[task.spec.id] = noted
        if noted.lacks:
            self._lacking.add(task.spec.id)
        else:
            self._lacking.discard(task.spec.id)
        return noted.tells_more_than(before)

    def statuses(self) -> Iterator[Status]:
        """Give the last status of each function that was looked at."""
        return (_settled(each.status) for each in self._standings.values())

    def end_pauses(self, task: Task, result: FunctionResult, now: float) -> bool:
        """
        Let functions that lack what this one had be tried again soon; True when there are any.

        The first pause is left to them: what comes and goes must not be asked without end.
        """
        if not _answered(result):
            return False
        had, soon = _ways(task), now + self._pauses.after(1)
        freed = {
            name: replace(standing, again_at=min(standing.again_at, soon))
            for name in self._lacking
            if (standing := self._standings[name]).lacks in had
        }
        self._standings.update(freed)
        self._lacking -= freed.keys()
        return bool(freed)

    def unknown(self, ids: Collection[str]) -> int:
        """Count the functions that nobody has looked at yet."""
        unseen = (Status.NOT_ATTEMPTED, Status.INTERRUPTED)
        known = {name for name, each in self._standings.items() if each.status not in unseen}
        return sum(name not in known for name in ids)

    @property
    def reached(self) -> bool:
        """Whether AWS was reached for any function, or need not be for none."""
        standings = self._standings.values()
        return not standings or any(each.lacks is None for each in standings)

    def failing(self, besides: Collection[str]) -> Iterator[tuple[str, float]]:
        """Give those that wait for another try, and when it is, but for some."""
        for name, standing in self._standings.items():
            if standing.failing and name not in besides:
                yield name, standing.again_at

    def _noted(
        self,
        task: Task,
        result: FunctionResult,
        digest: CodeDigest | None,
        before: Standing | None,
        now: float,
    ) -> Standing:
        failed = result.status is Status.FAILED
        failures = (before.failures if before else 0) + 1 if failed else 0
        drift = result.status in (Status.PLANNED, Status.SUSPENDED)
        return Standing(
            wanted=Wanted.of(task),
            status=result.status,
            revision_id=result.revision_id,
            digest=digest,
            failures=failures,
            again_at=now + self._pauses.after(failures) if failed else 0.0,
            absent=result.failure is not None and result.failure.code == _NOT_FOUND,
            plan=result.plan if drift else None,
            lacks=lacks(task, result.failure),
        )


def lacks(task: Task, failure: Failure | None) -> Way | None:
    """
    Tell a failure that is not the function's own by what is missing, else give None.

    Where AWS has answered there is a request id (reconciler/aws/errors.py).
    """
    if failure is None:
        return None
    credentials, region = _ways(task)
    if failure.scope is Scope.RUN:
        return credentials
    unanswered = failure.kind is FailureKind.TEMPORARY and failure.request_id is None
    return region if unanswered and failure.code is not None else None


def _ways(task: Task) -> tuple[Way, Way]:
    """Name the credentials of a function, and its way to AWS."""
    target = task.spec.target.name if task.spec.target else None
    return (target, None), (target, task.region)


def _answered(result: FunctionResult) -> bool:
    """Whether AWS could be asked for the function."""
    if result.failure is None:
        return result.status in (*_DONE, Status.PLANNED)
    return result.failure.request_id is not None and result.failure.scope is not Scope.RUN


def _settled(status: Status) -> Status:
    """Say how a function stands that was updated: it is in sync since."""
    return Status.IN_SYNC if status is Status.UPDATED else status
