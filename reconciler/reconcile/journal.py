"""
What became of each write: the one place that decides what a report may claim.

A write is *begun* when its request is about to be sent. Then it was *answered*,
*refused* (certainly without effect) or *lost* (with or without effect). Once nothing
is in progress any more, what is live settles the answered and the lost ones. What is
not settled when the run ends is in flight.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    LATEST_PUBLISHED,
    LastUpdateStatus,
    PublishVersion,
    PutRuntimeManagementConfig,
    State,
    StepRecord,
    StepStatus,
    UpdateFunctionCode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.aws.protocol import Receipt
    from reconciler.model import LiveFunction, PublishedVersion, Step

LOST = "found done: its answer was lost"


@dataclass(frozen=True, slots=True)
class Write:
    """
    A step that was sent, planned from ``before``; no receipt means no answer.

    ``going_on`` is how it stood when it was last looked at.
    """

    step: Step
    before: LiveFunction
    started: float
    receipt: Receipt | None = None
    going_on: str | None = None


class Journal:
    """The writes of one function in one run."""

    def __init__(self) -> None:
        self.records: list[StepRecord] = []
        self._open: Write | None = None
        self._lost: list[Write] = []
        self._refused: StepRecord | None = None

    @property
    def untouched(self) -> bool:
        """Whether no write was ever begun."""
        return not (self.records or self._open or self._lost or self._refused)

    @property
    def may_have_changed(self) -> bool:
        """Whether a write was accepted, or may have been: its answer was lost."""
        return bool(self.records or self._open or self._lost)

    @property
    def unsettled(self) -> tuple[Write, ...]:
        """What may yet explain a difference: sent, and not settled by what is live."""
        return (*self._lost, self._open) if self._open else tuple(self._lost)

    @property
    def in_flight(self) -> Write | None:
        """The write that was sent last and has not settled."""
        return self._open

    @property
    def changed(self) -> bool:
        """Whether any write took effect."""
        return any(record.succeeded and record.changed for record in self.records)

    def times_done(self, step: Step) -> int:
        """How often AWS accepted this very step."""
        return sum(record.step == step for record in self.records)

    def begin(self, step: Step, before: LiveFunction) -> None:
        """Note that the request goes out now."""
        self._refused = None
        self._open = Write(step, before, _now())

    def answered(self, receipt: Receipt) -> None:
        """Note that AWS accepted the write."""
        if self._open is not None:
            self._open = replace(self._open, receipt=receipt)

    def withdrawn(self) -> None:
        """Note that the request did not go out after all."""
        self._open = None

    def refused(self, request_id: str | None) -> None:
        """Note that AWS refused the write, so that it had no effect."""
        if self._open is not None:
            self._refused = _record(self._open, None, StepStatus.FAILED, request_id=request_id)
            self._open = None

    def settle(self, live: LiveFunction) -> Write | None:
        """
        Settle everything by what is live; give the write that has just ended.

        A lost write counts as done when its effect is there. As long as it is not, it
        may still come, or turn out never to have arrived.
        """
        write, self._open = self._open, None
        if write is not None and write.receipt is None:
            self._lost.append(write)
            write = None
        if write is not None:
            again = any(lost.step == write.step for lost in self._lost)
            self.records.append(_made_before(_settled(write, live), again=again))
            self._lost = [lost for lost in self._lost if lost.step != write.step]
        return write or self._find_lost(live)

    def left(self, going_on: str) -> None:
        """Note how the last write stood when nobody waited for it any more."""
        if self._open is not None:
            self._open = replace(self._open, going_on=going_on)

    def close(self, planned: Iterable[Step] = (), *, well: bool = False) -> tuple[StepRecord, ...]:
        """
        Give all records, those in flight, and what of the last plan was never begun.

        Where all ended ``well``, a refusal is of no interest any more. A write whose answer
        was lost is: it may have taken effect before somebody else undid it.
        """
        in_flight = (
            _record(write, _unsettled(write), StepStatus.IN_FLIGHT) for write in self.unsettled
        )
        refused = (self._refused,) if self._refused is not None and not well else ()
        tried = (*self.records, *in_flight, *refused)
        if not tried:
            return ()
        begun = {tried[-1].step}
        rest = (StepRecord(step, StepStatus.NOT_ATTEMPTED) for step in planned if step not in begun)
        return (*tried, *rest)

    def _find_lost(self, live: LiveFunction) -> Write | None:
        """Find lost writes whose effect is there; of several sends of one step, one landed."""
        found = {write.step: write for write in self._lost if _shows(write, live)}
        self._lost = [write for write in self._lost if write.step not in found]
        for write in found.values():
            took_effect = not _ended_badly(write, live)
            result = LOST if took_effect else "accepted, its answer was lost, and then it failed"
            self.records.append(_record(write, result, _ended(took_effect)))
        return next(reversed(found.values()), None)


def _unsettled(write: Write) -> str:
    """Say how far a write came that nothing could settle."""
    if write.receipt is None:
        return "sent, no answer came"
    step, stored = write.step, write.receipt.code
    if isinstance(step, UpdateFunctionCode) and stored not in (None, step.code):
        return f"accepted, not settled: AWS has stored {stored}"
    return f"accepted, not settled{f': {write.going_on}' if write.going_on else ''}"


def failed(live: LiveFunction) -> bool:
    """Whether the last update of $LATEST ended as Failed."""
    return live.last_update_status is LastUpdateStatus.FAILED


def _ended_badly(write: Write, live: LiveFunction) -> bool:
    """Whether AWS accepted the write and could not carry it out."""
    match write.step:
        case UpdateFunctionCode():
            return failed(live)
        case PutRuntimeManagementConfig():
            return False
        case PublishVersion():
            newest = live.newest_version
            return newest is not None and newest.state is State.FAILED


def _shows(write: Write, live: LiveFunction) -> bool:
    """Whether what is live is what the write would have made, and was not before."""
    match write.step:
        case UpdateFunctionCode(code=code, architecture=architecture):
            key = write.step.source_kms_key_arn
            keyed = live.code_unreadable is not None or live.source_kms_key_arn == key
            carried = (live.code, live.architecture) == (code, architecture)
            return carried and keyed and _moved(write, live)
        case PutRuntimeManagementConfig(runtime_management=mode, qualifier=qualifier):
            return live.runtime_management_of(qualifier) == mode
        case PublishVersion(code=code):
            newest, before = live.newest_version, write.before.newest_version
            if write.before.versions_unread and not _moved(write, live):
                return False
            return newest is not None and newest.code == code and _is_new(newest, before)


def _moved(write: Write, live: LiveFunction) -> bool:
    """
    Whether $LATEST has another RevisionId than before the write, as far as AWS tells.

    Both an update and a new version move it (recorded:
    test_function_revisions_version_and_alias).
    """
    return live.revision_id is None or live.revision_id != write.before.revision_id


def _is_new(newest: PublishedVersion, before: PublishedVersion | None) -> bool:
    """Whether a version was not there before; $LATEST.PUBLISHED is overwritten in place."""
    if before is None or newest.version != before.version:
        return True
    return (newest.code, newest.architecture) != (before.code, before.architecture)


def _settled(write: Write, live: LiveFunction) -> StepRecord:
    """Say how an accepted write ended."""
    match write.step:
        case UpdateFunctionCode():
            if write.receipt and live.code == write.receipt.code != write.step.code:
                result = f"AWS fetched another package than was planned: {live.code}"
                return _record(write, result, _ended(not _ended_badly(write, live)))
            if (live.code, live.architecture) != (write.step.code, write.step.architecture):
                return _record(write, "accepted, but something else is live", StepStatus.FAILED)
            status = live.last_update_status or live.state
            return _record(write, str(status), _ended(not _ended_badly(write, live)))
        case PutRuntimeManagementConfig(runtime_management=mode, qualifier=qualifier):
            place = qualifier if qualifier == LATEST else f"version {qualifier}"
            return _record(write, f"{mode} on {place}")
        case PublishVersion():
            return _published(write, live)


def _published(write: Write, live: LiveFunction) -> StepRecord:
    """Tell a new version from a no-op and from a Failed one."""
    version = write.receipt.version if write.receipt else None
    name = f"version {version.version}" if version else "published"
    if _ended_badly(write, live):
        return _record(write, f"{name} is Failed", StepStatus.FAILED)
    if _published_nothing(write, live):
        return _record(write, f"{name} was there already: nothing had changed", changed=False)
    return _record(write, name)


def _made_before(record: StepRecord, *, again: bool) -> StepRecord:
    """Take a version that was there already for the one of an earlier try that was lost."""
    return replace(record, changed=True, result=LOST) if again and not record.changed else record


def _published_nothing(write: Write, live: LiveFunction) -> bool:
    """
    Whether the answer is a version that was there before.

    Its number tells, where it is known; and publishing moves $LATEST's RevisionId, while a
    no-op does not (recorded: test_function_revisions_version_and_alias).
    """
    version, before = write.receipt and write.receipt.version, write.before.newest_version
    if version and before and version.version == before.version != LATEST_PUBLISHED:
        return True
    return live.revision_id is not None and live.revision_id == write.before.revision_id


def _ended(well: bool) -> StepStatus:  # noqa: FBT001 - its only argument
    return StepStatus.SUCCEEDED if well else StepStatus.FAILED


def _record(
    write: Write,
    result: str | None,
    status: StepStatus = StepStatus.SUCCEEDED,
    *,
    changed: bool = True,
    request_id: str | None = None,
) -> StepRecord:
    return StepRecord(
        write.step,
        status,
        changed=changed,
        duration=_now() - write.started,
        request_id=write.receipt.request_id if write.receipt else request_id,
        result=result,
    )


def _now() -> float:
    return asyncio.get_running_loop().time()
