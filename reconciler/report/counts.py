"""What a run comes to, in numbers: the one place that every report counts in."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import PublishVersion, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import FunctionResult, RunResult, Step

WRITES = ("UpdateFunctionCode", "PublishVersion", "PutRuntimeManagementConfig")


@dataclass(frozen=True, slots=True)
class Counts:
    """
    ``update`` and ``publish`` count functions, and a function may be in both.

    For a plan they are what would be done, else what was done. ``writes`` is the
    same by operation, in calls.
    """

    update: int
    publish: int
    by_status: Mapping[Status, int]
    writes: Mapping[str, int]

    def of(self, status: Status) -> int:
        """How many functions ended so."""
        return self.by_status.get(status, 0)


def count(run: RunResult) -> Counts:
    """Count a plan's steps, or an applied run's; a function that failed counts as that alone."""
    per_function = [
        tuple(effective_steps(result, plan_only=run.plan_only))
        for result in run.functions
        if result.status in (Status.PLANNED, Status.UPDATED)
    ]
    writes: Mapping[str, int] = (
        Counter(operation(step) for steps in per_function for step in steps)
        if run.plan_only
        else run.calls
    )
    return Counts(
        update=sum(any(not _publishes(step) for step in steps) for steps in per_function),
        publish=sum(any(map(_publishes, steps)) for steps in per_function),
        by_status=Counter(result.status for result in run.functions),
        writes={name: writes[name] for name in WRITES if writes.get(name)},
    )


def effective_steps(result: FunctionResult, *, plan_only: bool) -> Iterable[Step]:
    """Give the steps that count: planned ones in a plan, those that took effect otherwise."""
    if not plan_only:
        return (record.step for record in result.steps if record.succeeded and record.changed)
    planned = result.status is not Status.SUSPENDED and result.plan is not None
    return result.plan.steps if planned and result.plan else ()


def operation(step: Step) -> str:
    """Name the step's call; the classes are called as AWS calls the operations."""
    return type(step).__name__


def _publishes(step: Step) -> bool:
    return isinstance(step, PublishVersion)
