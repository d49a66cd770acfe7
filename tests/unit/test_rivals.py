"""Whose change it was: told from two readings and what we sent between them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.aws.protocol import Receipt
from reconciler.model import (
    LATEST_PUBLISHED,
    Change,
    LastUpdateStatus,
    LiveFunction,
    PublishVersion,
    PutRuntimeManagementConfig,
    Step,
    UpdateFunctionCode,
)
from reconciler.reconcile.journal import Write
from reconciler.reconcile.rivals import foreign_changes
from tests.unit.builders import ARM, AUTO, FUNCTION_UPDATE, NEW, OLD, X86, code, live, version

OTHER = code("of somebody else")
BEFORE = live(code=OLD)
UPDATE = UpdateFunctionCode(NEW, ARM)
PUT = PutRuntimeManagementConfig(FUNCTION_UPDATE)
PUBLISH = PublishVersion(NEW)
REVISION = "configuration (RevisionId)"


def moved(**members: object) -> LiveFunction:
    """Give the function after some change, with another RevisionId."""
    return replace(BEFORE, revision_id="revision-2", **members)  # type: ignore[arg-type]


def write(step: Step, receipt: Receipt | None = None) -> Write:
    """Send a step; without a receipt its answer is lost."""
    return Write(step, BEFORE, 0.0, receipt)


ACCEPTED = Receipt("request-1", "revision-2", NEW)
PUBLISHED = Receipt("request-1", version=version("1", code=NEW))

OURS = {
    "nothing happened": ([], BEFORE),
    "our update": ([write(UPDATE, ACCEPTED)], moved(code=NEW, architecture=ARM)),
    "a lost update that landed": ([write(UPDATE)], moved(code=NEW, architecture=ARM)),
    "a lost update that did not": ([write(UPDATE)], BEFORE),
    "an update that failed": (
        [write(UPDATE, ACCEPTED)],
        moved(code=OTHER, last_update_status=LastUpdateStatus.FAILED),
    ),
    "our mode": ([write(PUT, Receipt("r"))], moved(runtime_management=FUNCTION_UPDATE)),
    "a mode, and then an update": (
        [write(PUT, Receipt("r")), write(UPDATE, ACCEPTED)],
        moved(code=NEW, architecture=ARM, runtime_management=FUNCTION_UPDATE),
    ),
    "our version": ([write(PUBLISH, PUBLISHED)], moved(newest_version=version("1", code=NEW))),
    "a lost version that landed": ([write(PUBLISH)], moved(newest_version=version("1", code=NEW))),
    "another object than planned": (
        [write(UPDATE, Receipt("r", "revision-2", OTHER))],
        moved(code=OTHER, architecture=ARM),
    ),
    "a mode that was not read before": ([], replace(BEFORE, runtime_management=AUTO)),
}


@pytest.mark.parametrize(("writes", "after"), OURS.values(), ids=OURS)
def test_what_our_own_writes_explain_is_not_foreign(
    writes: list[Write], after: LiveFunction
) -> None:
    """Accepted and lost ones, with and without effect."""
    assert () == foreign_changes(BEFORE, writes, after)


FOREIGN = {
    "their code": ([], moved(code=OTHER), Change("code", str(OLD), str(OTHER))),
    "their code after our update": (
        [write(UPDATE, ACCEPTED)],
        moved(code=OTHER, architecture=ARM),
        Change("code", str(NEW), str(OTHER)),
    ),
    "ours put back": (
        [write(UPDATE, ACCEPTED)],
        moved(code=OLD, architecture=ARM),
        Change("code", str(NEW), str(OLD)),
    ),
    "neither before nor lost": (
        [write(UPDATE)],
        moved(code=OTHER),
        Change("code", str(OLD), str(OTHER)),
    ),
    "their architecture": ([], moved(architecture=ARM), Change("architecture", X86, ARM)),
    "a first version": (
        [],
        moved(newest_version=version("1", code=OLD)),
        Change("publish", "none", "version 1"),
    ),
    "a version after ours": (
        [write(PUBLISH, PUBLISHED)],
        moved(newest_version=version("2", code=NEW)),
        Change("publish", "version 1", "version 2"),
    ),
    "a version of other code than the lost one": (
        [write(PUBLISH)],
        moved(newest_version=version("1", code=OTHER)),
        Change("publish", "none", "version 1"),
    ),
    "another setting": ([], moved(), Change(REVISION, BEFORE.revision_id, "revision-2")),
}


@pytest.mark.parametrize(("writes", "after", "change"), FOREIGN.values(), ids=FOREIGN)
def test_what_nothing_of_ours_explains_is_named(
    writes: list[Write], after: LiveFunction, change: Change
) -> None:
    """What was expected, and what was found; one thing is named once."""
    assert (change,) == foreign_changes(BEFORE, writes, after)


def test_modes_of_latest_and_of_the_version_are_told_apart() -> None:
    """Our Put on the one does not explain a change of the other."""
    served = replace(version("1", code=OLD), runtime_management=AUTO)
    before = replace(BEFORE, runtime_management=AUTO, newest_version=served)
    after = replace(
        before,
        runtime_management=FUNCTION_UPDATE,
        newest_version=replace(served, runtime_management=FUNCTION_UPDATE),
    )
    ours = write(PUT, Receipt("r"))

    field = "runtimeManagement of version 1"
    assert (Change(field, "Auto", "FunctionUpdate"),) == foreign_changes(before, [ours], after)
    assert ["runtimeManagement", field] == [
        change.field for change in foreign_changes(before, [], after)
    ]


def test_latest_published_is_told_by_its_code() -> None:
    """Its name never changes."""
    before = replace(BEFORE, newest_version=version(LATEST_PUBLISHED, code=OLD))
    after = replace(before, newest_version=version(LATEST_PUBLISHED, code=OTHER))

    (change,) = foreign_changes(before, [], after)

    assert ("publish", f"{LATEST_PUBLISHED} of {OTHER}") == (change.field, change.new)
