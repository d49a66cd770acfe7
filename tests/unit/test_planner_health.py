"""What the planner does about functions and versions that are not well."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model import (
    Change,
    DesiredFunction,
    FailureKind,
    LastUpdateStatus,
    LiveFunction,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    State,
    UpdateFunctionCode,
)
from reconciler.planner import plan
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    desired,
    live,
    manual,
    version,
)

FAILED_UPDATE = live(
    last_update_status=LastUpdateStatus.FAILED,
    last_update_status_reason_code="EniLimitExceeded",
    last_update_status_reason="no more ENIs",
    runtime_management=AUTO,
)
LOST = (
    "ImageDeleted",
    "ImageAccessDenied",
    "InvalidImage",
)
EVERYTHING = desired(
    code=NEW, architecture=ARM, runtime_management=FUNCTION_UPDATE, publish=Publish()
)


# A failed update.


def test_a_failed_update_is_healed_by_sending_equal_code_again() -> None:
    """The hash shows the new code from acceptance on, so equal hashes prove nothing."""
    actual = plan(desired(code=OLD), FAILED_UPDATE)
    assert (UpdateFunctionCode(OLD, X86),) == actual.steps
    assert (
        Change("lastUpdateStatus", "Failed (EniLimitExceeded: no more ENIs)", "Successful"),
    ) == actual.changes
    assert actual.refusal is None
    assert () == actual.notes


def test_a_failed_update_without_a_reason_says_so() -> None:
    """A failure of which AWS gives no reason is healed all the same."""
    actual = plan(desired(code=OLD), live(last_update_status=LastUpdateStatus.FAILED))
    assert "Failed (AWS gave no reason)" == actual.changes[0].old
    assert (UpdateFunctionCode(OLD, X86),) == actual.steps


def test_the_mode_goes_on_before_a_failed_update_is_healed() -> None:
    """The order of mode and code does not depend on why the code is sent."""
    actual = plan(desired(code=OLD, runtime_management=manual(), publish=Publish()), FAILED_UPDATE)
    assert (
        PutRuntimeManagementConfig(manual()),
        UpdateFunctionCode(OLD, X86),
        PublishVersion(OLD),
    ) == actual.steps


def test_a_healed_function_is_not_published_again() -> None:
    """The newest version carries the code already."""
    broken = live(last_update_status=LastUpdateStatus.FAILED, newest_version=version())
    assert (UpdateFunctionCode(OLD, X86),) == plan(
        desired(code=OLD, publish=Publish()), broken
    ).steps


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(desired(architecture=X86), id="architecture"),
        pytest.param(desired(publish=Publish()), id="publish"),
        pytest.param(
            desired(architecture=X86, publish=Publish(), runtime_management=FUNCTION_UPDATE),
            id="all-but-code",
        ),
    ],
)
def test_a_failed_update_without_declared_code_is_refused(declared: DesiredFunction) -> None:
    """What depends on the failed code cannot be vouched for, nor be repaired here."""
    actual = plan(declared, FAILED_UPDATE)
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert "EniLimitExceeded" in actual.refusal.what
    assert "spec.code" in actual.refusal.remedy


def test_a_failed_update_does_not_hinder_a_declared_mode() -> None:
    """Only the mode is ours: it is put, and the failure of another pipeline is noted."""
    actual = plan(desired(runtime_management=FUNCTION_UPDATE), FAILED_UPDATE)
    assert (PutRuntimeManagementConfig(FUNCTION_UPDATE),) == actual.steps
    note = (
        "lastUpdateStatus is Failed (EniLimitExceeded: no more ENIs), "
        "and its code is not declared here"
    )
    assert (note,) == actual.notes
    assert actual.refusal is None


def test_a_failed_update_is_noted_when_the_mode_is_in_sync() -> None:
    """In sync with what is declared, and not silent about the rest."""
    actual = plan(desired(runtime_management=AUTO), FAILED_UPDATE)
    assert actual.in_sync
    assert () == actual.changes
    assert 1 == len(actual.notes)


def test_an_absent_last_update_status_is_healthy() -> None:
    """A function that was never updated may have no LastUpdateStatus."""
    assert plan(desired(code=OLD, publish=Publish()), live(last_update_status=None)).steps == (
        PublishVersion(OLD),
    )


# States of the function.


@pytest.mark.parametrize("state", [State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE])
def test_a_resting_state_is_healthy(state: State) -> None:
    """Idle functions and managed instances are neither changed nor refused."""
    resting = live(state=state, state_reason_code="Idle", state_reason="idle")
    assert plan(desired(code=OLD, architecture=X86), resting).in_sync
    assert (UpdateFunctionCode(NEW, X86),) == plan(desired(code=NEW), resting).steps


@pytest.mark.parametrize("state", [State.INACTIVE, State.FAILED])
@pytest.mark.parametrize("reason_code", LOST)
def test_a_function_that_lost_its_artifact_is_updated(state: State, reason_code: str) -> None:
    """Restoring the access and updating the code brings it back, however equal the hashes."""
    lost = live(state=state, state_reason_code=reason_code, state_reason="gone")
    actual = plan(desired(code=OLD), lost)
    assert (UpdateFunctionCode(OLD, X86),) == actual.steps
    assert (Change("state", f"{state} ({reason_code}: gone)", "Active"),) == actual.changes
    assert actual.refusal is None


def test_an_active_function_with_a_stale_reason_is_left_alone() -> None:
    """A reason code counts only in the states that it explains."""
    assert plan(desired(code=OLD), live(state_reason_code="ImageDeleted")).in_sync


@pytest.mark.parametrize("state", [State.INACTIVE, State.FAILED])
def test_a_lost_artifact_of_somebody_else_is_no_ground_to_publish(state: State) -> None:
    """Without declared code a lost artifact is refused where anything depends on it."""
    lost = live(state=state, state_reason_code="ImageDeleted")
    actual = plan(desired(publish=Publish()), lost)
    assert () == actual.steps
    assert actual.refusal is not None


def test_a_failed_function_without_its_artifact_takes_no_mode() -> None:
    """Only new code brings it back, so without declared code nothing is written."""
    lost = live(state=State.FAILED, state_reason_code="KMSKeyNotFound", runtime_management=AUTO)
    actual = plan(desired(runtime_management=FUNCTION_UPDATE), lost)
    assert () == actual.steps
    assert actual.refusal is not None


@pytest.mark.parametrize(
    "reason_code", [None, "FunctionError", "EniLimitExceeded", "SomethingNew"], ids=str
)
@pytest.mark.parametrize(
    "last_update_status", [LastUpdateStatus.SUCCESSFUL, None, LastUpdateStatus.FAILED], ids=str
)
def test_a_failed_function_is_beyond_repair(
    reason_code: str | None, last_update_status: LastUpdateStatus | None
) -> None:
    """A function whose State is Failed must be recreated, whatever its last update says."""
    failed = live(
        state=State.FAILED,
        state_reason_code=reason_code,
        last_update_status=last_update_status,
        runtime_management=AUTO,
    )
    actual = plan(EVERYTHING, failed)
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert "recreate" in actual.refusal.remedy


@pytest.mark.parametrize(
    "last_update_status", [LastUpdateStatus.SUCCESSFUL, None, LastUpdateStatus.FAILED], ids=str
)
@pytest.mark.parametrize(
    "state",
    [State.PENDING, State.DEACTIVATING, State.DEACTIVATED, State.DELETING, State("Hibernating")],
)
def test_nothing_is_written_in_any_other_state(
    state: State, last_update_status: LastUpdateStatus | None
) -> None:
    """A state that comes or goes, or that nobody knows yet, is refused for now."""
    actual = plan(
        EVERYTHING,
        live(state=state, last_update_status=last_update_status, runtime_management=AUTO),
    )
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.TEMPORARY is actual.refusal.kind
    assert f"the function's State is {state}" == actual.refusal.what


@pytest.mark.parametrize("state", [State.DELETING, State.FAILED, State("Hibernating")])
def test_a_bad_state_is_never_in_sync(state: State) -> None:
    """A function that cannot run is not in sync, even where nothing differs."""
    assert not plan(desired(code=OLD), live(state=state)).in_sync


# A Failed version that carries what is declared.

SNAPSTART_FAILED = version(
    state=State.FAILED,
    state_reason_code="FunctionError",
    state_reason="init failed",
    runtime_management=AUTO,
)


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        pytest.param(desired(publish=Publish()), live(newest_version=SNAPSTART_FAILED), id="only"),
        pytest.param(
            desired(code=OLD, architecture=X86, publish=Publish(), runtime_management=AUTO),
            live(newest_version=SNAPSTART_FAILED, runtime_management=AUTO),
            id="everything-equal",
        ),
    ],
)
def test_a_failed_version_is_never_in_sync(declared: DesiredFunction, found: LiveFunction) -> None:
    """PublishVersion would answer with the same Failed version, so it is refused, not called."""
    actual = plan(declared, found)
    assert () == actual.steps
    assert not actual.in_sync
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert (
        "version 7 carries the declared code and is Failed (FunctionError: init failed)"
        == actual.refusal.what
    )
    assert "only after a change to $LATEST" in actual.refusal.remedy


@pytest.mark.parametrize("reason_code", ["InternalError", None, "SomethingNew"], ids=str)
def test_a_failed_version_stays_failed_whatever_its_reason(reason_code: str | None) -> None:
    """Even a reason that passes leaves the version Failed, so trying again brings nothing."""
    newest = version(state=State.FAILED, state_reason_code=reason_code)
    refusal = plan(desired(publish=Publish()), live(newest_version=newest)).refusal
    assert refusal is not None
    assert FailureKind.PERMANENT is refusal.kind


def test_latest_is_still_brought_to_what_is_declared() -> None:
    """A Failed version stops the publishing, and nothing else of $LATEST."""
    newest = version(code=NEW, state=State.FAILED, runtime_management=AUTO)
    actual = plan(
        desired(code=NEW, publish=Publish(), runtime_management=FUNCTION_UPDATE),
        live(code=OLD, runtime_management=AUTO, newest_version=newest),
    )
    assert (
        PutRuntimeManagementConfig(FUNCTION_UPDATE),
        UpdateFunctionCode(NEW, X86),
    ) == actual.steps
    assert actual.refusal is not None


def test_a_failed_version_with_other_content_is_superseded() -> None:
    """New code may well publish after a version that failed."""
    actual = plan(desired(code=NEW, publish=Publish()), live(newest_version=SNAPSTART_FAILED))
    assert (UpdateFunctionCode(NEW, X86), PublishVersion(NEW)) == actual.steps
    assert actual.refusal is None


@pytest.mark.parametrize("state", [State.INACTIVE, State.ACTIVE, None], ids=str)
def test_a_version_that_rests_serves(state: State | None) -> None:
    """An idle version, or one whose state was not read, carries what it carries."""
    assert plan(desired(publish=Publish()), live(newest_version=version(state=state))).in_sync


def test_a_refusal_still_shows_the_differences() -> None:
    """A refusal hides nothing: the reader sees what would have been done."""
    actual = plan(EVERYTHING, live(state=State.DELETING, runtime_management=AUTO))
    assert ["code", "architecture", "runtimeManagement", "publish"] == [
        change.field for change in actual.changes
    ]


# What AWS may say one day.


def test_nothing_is_written_while_the_last_update_has_a_status_that_is_not_known() -> None:
    """A value that nobody knows is neither trusted as done nor repaired by force."""
    unknown = live(last_update_status=LastUpdateStatus("RollingBack"))
    actual = plan(desired(code=NEW, publish=Publish()), unknown)
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.TEMPORARY is actual.refusal.kind
    assert "LastUpdateStatus is RollingBack" in actual.refusal.what


LOST_FUNCTION = live(
    state=State.INACTIVE, state_reason_code="ImageAccessDenied", runtime_management=AUTO
)


def test_a_function_that_lost_its_code_gets_code_before_a_mode() -> None:
    """Until it has code again it may refuse everything else."""
    actual = plan(desired(code=OLD, runtime_management=FUNCTION_UPDATE), LOST_FUNCTION)
    assert (UpdateFunctionCode(OLD, X86), PutRuntimeManagementConfig(FUNCTION_UPDATE)) == (
        actual.steps
    )


def test_a_lost_function_in_a_forbidden_architecture_is_relaxed_first_all_the_same() -> None:
    """Manual forbids the new architecture, whatever else is wrong."""
    lost = replace(LOST_FUNCTION, runtime_management=manual("a"))
    actual = plan(desired(code=OLD, architecture=ARM, runtime_management=AUTO), lost)
    assert (PutRuntimeManagementConfig(AUTO), UpdateFunctionCode(OLD, ARM)) == actual.steps


def test_a_failed_function_that_lost_its_code_is_not_said_to_be_beyond_help() -> None:
    """Where the code is not declared, the remedy is to restore access and declare it."""
    lost = replace(LOST_FUNCTION, state=State.FAILED)
    actual = plan(desired(runtime_management=AUTO), lost)
    assert actual.refusal is not None
    assert "declare spec.code" in actual.refusal.remedy


# A key that nobody tells us.


def test_code_is_not_sent_where_it_could_take_a_key_away() -> None:
    """AWS resets the key that a call leaves out, and does not say here which one it is."""
    unreadable = replace(live(), code_unreadable="AccessDeniedException: no kms:Decrypt")
    actual = plan(desired(code=NEW, publish=Publish()), unreadable)
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert "kms:Decrypt" in actual.refusal.remedy


def test_an_unknown_key_does_not_matter_where_no_code_is_sent() -> None:
    """A mode, or nothing at all, leaves the code alone."""
    unreadable = replace(live(runtime_management=AUTO), code_unreadable="AccessDeniedException")
    actual = plan(desired(code=OLD, runtime_management=FUNCTION_UPDATE), unreadable)
    assert (PutRuntimeManagementConfig(FUNCTION_UPDATE),) == actual.steps
    assert actual.refusal is None
