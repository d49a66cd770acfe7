"""What a report for a page shows first, and what it shows once for many functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model import FunctionResult

BY_IMPORTANCE = (
    Status.FAILED,
    Status.INTERRUPTED,
    Status.PLANNED,
    Status.UPDATED,
    Status.NOT_ATTEMPTED,
    Status.SUSPENDED,
)
"""What is shown function by function; those in sync are a number."""


@dataclass(frozen=True, slots=True)
class Group:
    """Functions of which the same is to be said, in the order of the manifests."""

    functions: tuple[FunctionResult, ...]

    @property
    def first(self) -> FunctionResult:
        """One that speaks for all of them."""
        return self.functions[0]


def grouped(results: Iterable[FunctionResult], status: Status) -> tuple[Group, ...]:
    """Put those of the status together that are equal but for their names; the largest first."""
    found: dict[object, list[FunctionResult]] = {}
    for result in results:
        if result.status is status:
            found.setdefault(tuple(_said(result)), []).append(result)
    groups = (Group(tuple(members)) for members in found.values())
    return tuple(sorted(groups, key=lambda group: -len(group.functions)))


def _said(result: FunctionResult) -> Iterator[object]:
    """Give all that is shown of a function, but for its name and place, times and requests."""
    if result.plan is not None:
        yield result.plan.changes, result.plan.notes
    yield tuple((record.step, record.status, record.result) for record in result.steps)
    yield result.foreign_changes
    if result.failure is not None:
        yield result.failure.kind, result.failure.what, result.failure.remedy
