"""What somebody else changed while this run was at work: told from two readings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    LATEST_PUBLISHED,
    Change,
    LastUpdateStatus,
    PublishVersion,
    PutRuntimeManagementConfig,
    UpdateFunctionCode,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model import LiveFunction, PublishedVersion
    from reconciler.reconcile.journal import Write

_NO_VERSION = "none"


def foreign_changes(
    before: LiveFunction, writes: Sequence[Write], after: LiveFunction
) -> tuple[Change, ...]:
    """
    Give what differs between two settled readings and none of our own ``writes`` explains.

    They are those sent since ``before`` was read, and lost ones, which may land at any
    time: they explain their effect and the lack of it. Only what was read both times is
    compared. A RevisionId that moved alone is some setting that is not ours.
    """
    changes = tuple(_changes(before, writes, after))
    if changes or writes or before.revision_id == after.revision_id:
        return changes
    return (Change("configuration (RevisionId)", before.revision_id, str(after.revision_id)),)


def _changes(
    before: LiveFunction, writes: Sequence[Write], after: LiveFunction
) -> Iterator[Change]:
    # What a Failed update leaves in place is AWS's own business.
    if after.last_update_status is not LastUpdateStatus.FAILED:
        yield from _change("code", str(before.code), writes, _code, str(after.code))
        yield from _change(
            "architecture", str(before.architecture), writes, _architecture, str(after.architecture)
        )
    yield from _mode_change("runtimeManagement", LATEST, before, writes, after)
    if before.versions_unread or after.versions_unread:
        return
    newest, then = after.newest_version, before.newest_version
    yield from _change("publish", _carried(then), writes, _published(newest), _carried(newest))
    if newest is not None and then is not None and newest.version == then.version:
        field = f"runtimeManagement of version {newest.version}"
        yield from _mode_change(field, newest.version, before, writes, after)


def _change(
    field: str,
    before: str,
    writes: Sequence[Write],
    effect: Callable[[Write], str | None],
    after: str,
) -> Iterator[Change]:
    """Compare with what the last accepted write left, or a lost one may have left."""
    expected, may_be = before, set()
    for write in writes:
        value = effect(write)
        if value is None:
            continue
        if write.receipt is None:
            may_be.add(value)
        else:
            expected = value
    if after not in {expected, *may_be}:
        yield Change(field, expected, after)


def _mode_change(
    field: str, qualifier: str, before: LiveFunction, writes: Sequence[Write], after: LiveFunction
) -> Iterator[Change]:
    def put(write: Write) -> str | None:
        step = write.step
        if not isinstance(step, PutRuntimeManagementConfig) or step.qualifier != qualifier:
            return None
        return str(step.runtime_management)

    then, now = before.runtime_management_of(qualifier), after.runtime_management_of(qualifier)
    if then is not None and now is not None:
        yield from _change(field, str(then), writes, put, str(now))


def _code(write: Write) -> str | None:
    if not isinstance(write.step, UpdateFunctionCode):
        return None
    return str((write.receipt and write.receipt.code) or write.step.code)


def _architecture(write: Write) -> str | None:
    return str(write.step.architecture) if isinstance(write.step, UpdateFunctionCode) else None


def _published(newest: PublishedVersion | None) -> Callable[[Write], str | None]:
    """Name the version that a write made; a lost answer would have named any with its code."""

    def effect(write: Write) -> str | None:
        if not isinstance(write.step, PublishVersion):
            return None
        if write.receipt is not None and write.receipt.version is not None:
            return _carried(write.receipt.version)
        return _carried(newest) if newest and newest.code == write.step.code else None

    return effect


def _carried(version: PublishedVersion | None) -> str:
    """Tell versions apart: by number, and $LATEST.PUBLISHED, which stays one, by its code."""
    if version is None:
        return _NO_VERSION
    if version.version == LATEST_PUBLISHED:
        return f"{LATEST_PUBLISHED} of {version.code}"
    return f"version {version.version}"
