"""The outcome of a run: one result per function, and the calls it took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.model.approval import Basis
    from reconciler.model.failure import Failure
    from reconciler.model.plan import Change, Plan, Step
    from reconciler.model.spec import FunctionSpec


class Status(StrEnum):
    """How one function stands at the end of a run."""

    IN_SYNC = "InSync"
    PLANNED = "Planned"
    UPDATED = "Updated"
    FAILED = "Failed"
    INTERRUPTED = "Interrupted"
    """A signal came between its first write and its last."""
    SUSPENDED = "Suspended"
    NOT_ATTEMPTED = "NotAttempted"


class StepStatus(StrEnum):
    """How far a write came."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    """AWS refused it, or could not carry out what it had accepted."""
    IN_FLIGHT = "InFlight"
    """Accepted and not finished when last seen, or sent without an answer."""
    NOT_ATTEMPTED = "NotAttempted"


@dataclass(frozen=True, slots=True)
class StepRecord:
    """
    One write: ``duration`` in seconds, waiting for AWS included; None if it was never sent.

    ``result`` is what AWS made of it in a few words, e.g. "version 3". ``changed`` is
    false for a PublishVersion that found nothing to publish.
    """

    step: Step
    status: StepStatus
    duration: float | None = None
    request_id: str | None = None
    result: str | None = None
    changed: bool = True

    @property
    def succeeded(self) -> bool:
        """Whether it took effect."""
        return self.status is StepStatus.SUCCEEDED


@dataclass(frozen=True, slots=True)
class FunctionResult:
    """
    What was found and done for one function.

    ``plan`` is the first one, made before any write: the whole difference. It is
    None when the function could not be read. ``foreign_changes`` are what somebody else
    changed while the run was at work. ``revision_id`` is that of $LATEST at the last reading.
    ``basis`` is what ``plan`` was made from.
    """

    spec: FunctionSpec
    status: Status
    account: str | None = None
    region: str | None = None
    plan: Plan | None = None
    steps: tuple[StepRecord, ...] = ()
    failure: Failure | None = None
    foreign_changes: tuple[Change, ...] = ()
    revision_id: str | None = None
    basis: Basis | None = None


@dataclass(frozen=True, slots=True)
class TooManyChanges:
    """How many functions a plan would change, and how many it may; ``limit`` as it was given."""

    planned: int
    allowed: int
    limit: str


@dataclass(frozen=True, slots=True)
class Undeclared:
    """
    A function that a saved plan would change, and that no manifest declares any more.

    ``id`` is NAME or NAME@TARGET, ``account`` and ``region`` are those of the plan.
    """

    id: str
    account: str | None
    region: str | None
    failure: Failure


@dataclass(frozen=True, slots=True)
class RunResult:
    """
    The whole run. ``calls`` counts every request sent, by operation, reads included.

    ``interrupted_by`` is the signal's number when one ended the run early. ``too_many`` is
    set when the plan changes more functions than allowed, so that nothing was written.
    ``undeclared`` are none of ``functions``: nothing of them was looked at.
    """

    run_id: str
    started: datetime
    plan_only: bool
    functions: tuple[FunctionResult, ...]
    calls: Mapping[str, int]
    interrupted_by: int | None = None
    too_many: TooManyChanges | None = None
    undeclared: tuple[Undeclared, ...] = ()


class Listener(Protocol):
    """Whoever wants to know how a run goes, while it goes."""

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Take note of a step that begins or a wait that goes on."""

    def finished(self, result: FunctionResult) -> None:
        """Take note of a function's end."""
