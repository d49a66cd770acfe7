"""The loop of one function where nothing goes wrong: every call, every word, every end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.model import (
    LATEST,
    AssumeRole,
    Failure,
    Location,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    S3Location,
    Scope,
    State,
    Status,
    Target,
    UpdateFunctionCode,
    ZipContent,
)
from reconciler.reconcile import WaitSettings, words
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    declared,
    live,
    manual,
    version,
)
from tests.unit.functions import Functions
from tests.unit.scene import (
    ACCOUNT,
    BUSY,
    DENIED,
    DONE,
    GUESS,
    LIST,
    MODE,
    NEW_CODE,
    PACKAGE,
    PUT,
    READ,
    UPDATE,
    Scene,
    ends,
    wants,
)

if TYPE_CHECKING:
    from reconciler.model import CodeContent


# All goes well.


def test_a_function_in_sync_costs_one_call() -> None:
    """Nothing is said, nothing is written, and the plan is empty."""
    scene = Scene(Functions(live(code=NEW)))
    result = scene.apply()
    assert [READ] == scene.functions.calls
    assert [] == scene.said
    assert (Status.IN_SYNC, (), None, ()) == (
        result.status,
        result.steps,
        result.failure,
        result.foreign_changes,
    )
    assert result.plan is not None
    assert result.plan.in_sync
    assert (ACCOUNT, "eu-west-1") == (result.account, result.region)
    assert scene.functions.latest.revision_id == result.revision_id


def test_everything_at_once_is_done_in_order() -> None:
    """Each call is made once, with the RevisionId that was read last, and each step is told."""
    scene = Scene(
        Functions(live(), AUTO),
        wants(publish=Publish("v1"), runtime_management=declared(FUNCTION_UPDATE)),
    )
    scene.functions.polls = 2
    scene.functions.version_polls = 2
    result = scene.apply()
    assert [
        *(READ, MODE, GUESS),
        *(MODE, f"{PUT} FunctionUpdate", READ, MODE),
        *(UPDATE, READ, READ, READ),
        *("PublishVersion v1 if revision-2", READ, f"{READ} 1", f"{READ} 1", f"{READ} 1"),
        *("GetRuntimeManagementConfig 1", READ),
        *("GetRuntimeManagementConfig 1", "PutRuntimeManagementConfig 1 FunctionUpdate", READ),
        "GetRuntimeManagementConfig 1",
    ] == scene.functions.calls
    assert [
        "PutRuntimeManagementConfig (FunctionUpdate on $LATEST)",
        "UpdateFunctionCode (x86_64)",
        "waiting for $LATEST: LastUpdateStatus is InProgress",
        "waiting for $LATEST: LastUpdateStatus is InProgress",
        "PublishVersion",
        "waiting for version 1: State is Pending",
        "waiting for version 1: State is Pending",
        "PutRuntimeManagementConfig (FunctionUpdate on 1)",
    ] == scene.said
    assert [
        (PutRuntimeManagementConfig, DONE, "FunctionUpdate on $LATEST"),
        (UpdateFunctionCode, DONE, "Successful"),
        (PublishVersion, DONE, "version 1"),
        (PutRuntimeManagementConfig, DONE, "FunctionUpdate on version 1"),
    ] == ends(result)
    assert Status.UPDATED is result.status
    assert [NEW_CODE] == scene.functions.sent
    assert result.plan is not None
    assert ["code", "runtimeManagement", "publish"] == [
        change.field for change in result.plan.changes
    ]


def test_what_is_not_declared_is_not_read() -> None:
    """Modes and versions cost the scarce quota."""
    scene = Scene(Functions(live()))
    scene.apply()
    assert [READ, UPDATE, READ] == scene.functions.calls


def test_the_duration_of_a_step_is_all_of_the_waiting() -> None:
    """From the call until nothing is in progress: half a second, then half as much again."""
    scene = Scene(Functions(live()))
    scene.functions.polls = 2
    (record,) = scene.apply().steps
    assert 0.5 + 0.75 == record.duration
    assert "r" == record.request_id


def test_a_version_that_carries_the_code_is_looked_at_closely() -> None:
    """Its state and its own mode: two calls more, and none for a version that is history."""
    carries = version("7", code=NEW, runtime_management=AUTO)
    wanted = wants(publish=Publish(), runtime_management=declared(AUTO))
    scene = Scene(Functions(live(code=NEW), AUTO, (carries,)), wanted)
    assert Status.IN_SYNC is scene.apply().status
    assert [READ, MODE, LIST, f"{READ} 7", "GetRuntimeManagementConfig 7"] == scene.functions.calls


@pytest.mark.parametrize("state", [State.PENDING, State.DEACTIVATING])
def test_a_function_that_moves_is_waited_for(state: State) -> None:
    """Before the first plan too: nothing that is read meanwhile can be trusted."""
    functions = Functions(live(code=NEW, state=state))
    scene = Scene(functions, settings=WaitSettings(function_timeout=3))
    result = scene.apply()
    assert f"waiting for $LATEST: State is {state}" == scene.said[0]
    assert (
        words.unsettled(LATEST, f"State is {state}", words.Limit(3, "--function-timeout"))
        == result.failure
    )
    assert (Status.FAILED, None, 3.0) == (result.status, result.plan, scene.seconds)


# Showing only.


def test_a_plan_writes_nothing() -> None:
    """The steps are shown, and no call but reads is made."""
    scene = Scene(Functions(live()), wants(publish=Publish()))
    result = scene.show()
    assert [READ, GUESS] == scene.functions.calls
    assert Status.PLANNED is result.status
    assert result.plan is not None
    assert (UpdateFunctionCode(NEW, X86), PublishVersion(NEW)) == result.plan.steps
    assert [] == scene.said


def test_a_plan_of_a_function_in_sync_says_so() -> None:
    """As apply would."""
    assert Status.IN_SYNC is Scene(Functions(live(code=NEW))).show().status


def test_a_refused_plan_is_a_failure() -> None:
    """The plan is kept, so that its differences are shown."""
    result = Scene(Functions(live(master_arn="arn:aws:lambda:::m"))).show()
    assert Status.FAILED is result.status
    assert result.plan is not None
    assert result.plan.refusal == result.failure


def test_a_plan_does_not_wait_for_a_version() -> None:
    """Pending is shown as what stands in the way of calling it in sync."""
    functions = Functions(live(code=NEW), versions=(version("7", code=NEW),))
    functions._version_pending = 1  # noqa: SLF001 - as if somebody had just published
    result = Scene(functions, wants(publish=Publish())).show()
    assert [READ, LIST, f"{READ} 7"] == functions.calls
    assert result.failure is not None
    assert "version 7 carries the declared code and its State is Pending" == result.failure.what


def test_a_server_side_plan_asks_aws_about_the_update() -> None:
    """With the very content and guard; what AWS says is noted after the planner's own notes."""
    scene = Scene(Functions(live(durable=True)))
    result = scene.show(server_side=True)
    assert [READ, "DryRun x86_64 if revision-1"] == scene.functions.calls
    assert [NEW_CODE] == scene.functions.sent
    assert ["UpdateFunctionCode (x86_64), a dry run"] == scene.said
    assert result.plan is not None
    assert (
        "a durable function is invoked by version or alias: declare spec.publish",
        words.VALIDATED,
    ) == result.plan.notes
    assert Status.PLANNED is result.status


def test_a_server_side_plan_without_an_update_asks_nothing() -> None:
    """Only UpdateFunctionCode has a DryRun."""
    scene = Scene(Functions(live(code=NEW)), wants(publish=Publish()))
    result = scene.show(server_side=True)
    assert [READ, LIST] == scene.functions.calls
    assert Status.PLANNED is result.status
    assert result.plan is not None
    assert () == result.plan.notes


def test_a_server_side_plan_does_not_ask_what_a_pin_forbids() -> None:
    """AWS would refuse it until Manual is relaxed, which a plan does not do."""
    scene = Scene(
        Functions(live(), manual("a")),
        wants(architecture=ARM, runtime_management=declared(AUTO)),
    )
    result = scene.show(server_side=True)
    assert [READ, MODE] == scene.functions.calls
    assert result.plan is not None
    assert (words.NOT_VALIDATED,) == result.plan.notes


def test_a_server_side_plan_that_is_refused_asks_nothing() -> None:
    """What is not going to be sent need not be validated."""
    scene = Scene(Functions(live(code_unreadable="AccessDenied")))
    assert Status.FAILED is scene.show(server_side=True).status
    assert [READ] == scene.functions.calls


# Suspended.


def test_a_suspended_function_is_shown_and_left() -> None:
    """Whichever is asked for; its plan is there all the same."""
    for asked in (Scene.apply, Scene.show):
        scene = Scene(Functions(live()), wants(suspend=True))
        result = asked(scene)
        assert Status.SUSPENDED is result.status
        assert [READ] == scene.functions.calls
        assert result.plan is not None
        assert (UpdateFunctionCode(NEW, X86),) == result.plan.steps


def test_a_suspended_function_that_cannot_be_read_stops_nothing() -> None:
    """Why its drift is not shown is a note, and no failure."""
    scene = Scene(Functions(live()), wants(suspend=True))
    scene.functions.fails[READ] = [DENIED]
    result = scene.apply()
    assert (Status.SUSPENDED, None) == (result.status, result.failure)
    assert result.plan is not None
    assert (words.not_compared(DENIED),) == result.plan.notes


@pytest.mark.parametrize(
    "failure",
    [BUSY, replace(DENIED, scope=Scope.RUN)],
    ids=["temporary", "of-the-whole-run"],
)
def test_a_suspended_function_that_may_be_read_later_is_a_failure(failure: Failure) -> None:
    """Trying again, or other credentials, would show it."""
    scene = Scene(Functions(live()), wants(suspend=True), settings=WaitSettings(attempts=2))
    scene.functions.fails[READ] = [failure] * 2
    result = scene.apply()
    assert (Status.FAILED, failure) == (result.status, result.failure)


# Whose account.


def test_credentials_of_another_account_write_nothing() -> None:
    """The same name may be another function there."""
    for asked in (Scene.apply, Scene.show):
        scene = Scene(Functions(live()), wants(account="111111111111"))
        result = asked(scene)
        assert words.other_account("111111111111", ACCOUNT, None) == result.failure
        assert [] == scene.functions.calls
        assert "111111111111" == result.account


def test_an_answer_for_another_account_than_the_named_one_writes_nothing() -> None:
    """Keys that were renewed on the way may be another account's than STS told before."""
    elsewhere = live().function_arn.replace(ACCOUNT, "222222222222")
    for asked in (Scene.apply, Scene.show):
        scene = Scene(Functions(live(function_arn=elsewhere)), wants(account=ACCOUNT))
        result = asked(scene)
        assert words.other_account(ACCOUNT, "222222222222", None) == result.failure
        assert [READ] == scene.functions.calls


@pytest.mark.parametrize("role", [None, "arn:aws:iam::111111111111:role/deploy"])
def test_the_target_is_named_whose_credentials_are_anothers(role: str | None) -> None:
    """It is the target that has to be mended, not the function."""
    target = Target(
        "prod",
        "111111111111",
        "eu-west-1",
        Location("t.yaml", 1, 1),
        None if role is None else AssumeRole(role),
    )
    failure = words.other_account("111111111111", ACCOUNT, target)
    named = "Target prod" if role is None else f"Target prod ({role})"
    assert failure.what.startswith(f"{named}: the function is in account 111111111111, and")
    assert f"correct spec.accountId of {named}" in failure.remedy


def test_an_account_that_cannot_be_told_is_asked_for_again() -> None:
    """STS may be busy too; the reader is told what is waited for."""
    scene = Scene(Functions(live(code=NEW)), wants(account=ACCOUNT), account_fails=[BUSY])
    assert Status.IN_SYNC is scene.apply().status
    assert [True] == [line.startswith("trying again in ") for line in scene.said]


def test_credentials_of_the_named_account_are_used() -> None:
    """And where none is named nobody asks."""
    scene = Scene(Functions(live(code=NEW)), wants(account=ACCOUNT))
    assert Status.IN_SYNC is scene.apply().status


# The live package goes out again.


def test_the_live_package_is_fetched_once_for_another_architecture() -> None:
    """Fetched by its hash, and sent as it is."""
    scene = Scene(Functions(live()), wants(architecture=ARM, native_check=False), None)
    assert Status.UPDATED is scene.apply().status
    assert [
        *(READ, MODE, f"package {OLD}", "UpdateFunctionCode arm64 if revision-1", READ),
    ] == scene.functions.calls
    assert [ZipContent(b"the live package")] == scene.functions.sent


def test_a_package_in_s3_is_named_and_not_sent() -> None:
    """AWS fetches it."""
    where = S3Location("artifacts", "new.zip")

    async def content() -> CodeContent:
        return where

    scene = Scene(Functions(live()), package=replace(PACKAGE, content=content, in_s3=True))
    assert Status.UPDATED is scene.apply().status
    assert [where] == scene.functions.sent
