"""Whether a function is still as it was when its plan was saved and approved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    Approval,
    Basis,
    Change,
    PublishVersion,
    PutRuntimeManagementConfig,
)
from reconciler.reconcile import words
from reconciler.reconcile.patience import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import DesiredFunction, LiveFunction, Plan, PublishedVersion, Step
    from reconciler.reconcile.journal import Journal


def basis_of(desired: DesiredFunction, live: LiveFunction) -> Basis:
    """Note what a plan is made from."""
    declared = desired.runtime_management
    return Basis(
        account=live.account,
        region=live.region,
        code=live.code,
        architecture=live.architecture,
        revision_id=live.revision_id,
        runtime_management=live.runtime_management,
        newest_version=live.newest_version,
        versions_unread=live.versions_unread,
        desired_code=desired.code,
        desired_mode=(
            None if declared is None else declared.on(desired.architecture or live.architecture)
        ),
    )


class Approved:
    """
    Holds one function to its saved plan; without an ``approval`` everything is allowed.

    As long as no write can have had an effect, the plan must be made from what it was
    made from before, and be the same. After that each step must be one of the plan that AWS
    has not accepted yet.
    """

    def __init__(self, approval: Approval | None, journal: Journal) -> None:
        self._approval = approval
        self._journal = journal

    def check_manifest(self) -> None:
        """Raise StoppedError when another manifest was approved."""
        if self._approval is not None and self._approval.stale:
            raise StoppedError(words.stale(self._approval.stale))

    def check(self, basis: Basis, plan: Plan) -> None:
        """Raise StoppedError when this plan, or its first step, was not approved."""
        if self._approval is None or not (self._approval.steps or plan.steps):
            return  # where nothing was to be done, and nothing is, nobody needs a new plan
        if not self._journal.may_have_changed:
            changes = tuple(_changes(self._approval, basis, plan.steps))
            if changes:
                raise StoppedError(words.stale(changes))
        elif plan.steps and not self._allows(self._approval, plan.steps[0]):
            raise StoppedError(words.not_approved(plan.steps[0]))

    def _allows(self, approval: Approval, step: Step) -> bool:
        done = self._journal.times_done(step)
        return done < approval.steps.count(step) or (done == 0 and self._follows(approval, step))

    def _follows(self, approval: Approval, step: Step) -> bool:
        """
        Whether the step gives the declared mode to the version that this run has published.

        Which number that has nobody knew; whether AWS gives a new version the mode
        of $LATEST is documented nowhere.
        """
        if not isinstance(step, PutRuntimeManagementConfig) or step.qualifier == LATEST:
            return False
        published = any(
            isinstance(each, PublishVersion) and self._journal.times_done(each)
            for each in approval.steps
        )
        basis = approval.basis
        return published and basis is not None and step.runtime_management == basis.desired_mode


def _changes(approval: Approval, now: Basis, steps: Sequence[Step]) -> Iterator[Change]:
    yield from approval.stale
    before = approval.basis
    if before is None:
        return
    for field, old, new in (
        ("account", before.account, now.account),
        ("region", before.region, now.region),
        ("the live code", before.code, now.code),
        ("the live architecture", before.architecture, now.architecture),
        ("the package", before.desired_code, now.desired_code),
        ("the declared runtimeManagement", before.desired_mode, now.desired_mode),
    ):
        if old != new:
            yield Change(field, _text(old), _text(new))
    for field, old, new in (
        ("the live runtimeManagement", before.runtime_management, now.runtime_management),
        ("RevisionId", before.revision_id, now.revision_id),
    ):
        if old not in (None, new):
            yield Change(field, _text(old), _text(new))
    yield from _version_changes(before, now)
    if approval.steps != tuple(steps):
        yield words.other_steps(approval.steps, steps)


def _version_changes(before: Basis, now: Basis) -> Iterator[Change]:
    """Compare the newest versions, where both were looked for."""
    if before.versions_unread or now.versions_unread:
        return
    old, new = _identity(before.newest_version), _identity(now.newest_version)
    if old != new:
        yield Change("the newest version", _text(old), _text(new))


def _identity(version: PublishedVersion | None) -> str | None:
    if version is None:
        return None
    mode = "" if version.runtime_management is None else f", {version.runtime_management}"
    return f"{version.version} ({version.code}, {version.architecture}{mode})"


def _text(value: object) -> str:
    return "none" if value is None else str(value)
