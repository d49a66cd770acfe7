"""The loop of one function where something fails, or somebody else is at work."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    Change,
    Failure,
    FailureKind,
    LastUpdateStatus,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    Scope,
    Status,
    StepStatus,
    UpdateFunctionCode,
)
from reconciler.reconcile import Halts, WaitSettings, words
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    code,
    declared,
    live,
    manual,
    pins,
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
    PACKAGE,
    PUT,
    READ,
    THROTTLED,
    UPDATE,
    Scene,
    ends,
    wants,
)

if TYPE_CHECKING:
    import pytest

    from reconciler.aws.protocol import Receipt
    from reconciler.model import CodeContent


# Failures under way.


def test_a_refused_write_is_told_and_ends_the_function() -> None:
    """What was planned after it was never begun."""
    scene = Scene(Functions(live()), wants(publish=Publish()))
    scene.functions.fails["UpdateFunctionCode"] = [DENIED]
    result = scene.apply()
    assert (Status.FAILED, DENIED) == (result.status, result.failure)
    assert [
        (UpdateFunctionCode, StepStatus.FAILED, None),
        (PublishVersion, StepStatus.NOT_ATTEMPTED, None),
    ] == ends(result)
    assert "request-9" == result.steps[0].request_id
    assert [READ, GUESS, UPDATE] == scene.functions.calls


def test_after_a_conflict_everything_is_read_again() -> None:
    """Somebody was there: versions and modes may have changed too."""
    scene = Scene(Functions(live()), wants(publish=Publish(), runtime_management=declared(AUTO)))
    scene.functions.fails["UpdateFunctionCode"] = [BUSY]
    result = scene.apply()
    assert Status.UPDATED is result.status
    assert [DONE, DONE] == [record.status for record in result.steps]
    begun = scene.functions.calls.index(UPDATE)
    assert [READ, MODE, LIST, UPDATE] == scene.functions.calls[begun + 1 : begun + 5]
    assert any(line.startswith("trying again in ") for line in scene.said)


def test_after_a_throttled_call_only_the_function_is_read_again() -> None:
    """AWS has not looked at the call, and reading costs the quota that is short."""
    scene = Scene(Functions(live()), wants(publish=Publish(), runtime_management=declared(AUTO)))
    scene.functions.fails["UpdateFunctionCode"] = [THROTTLED]
    assert Status.UPDATED is scene.apply().status
    begun = scene.functions.calls.index(UPDATE)
    assert [READ, UPDATE] == scene.functions.calls[begun + 1 : begun + 3]


def test_a_lost_answer_is_found_done_and_not_repeated() -> None:
    """The effect is there: no second update, and no second version."""
    scene = Scene(Functions(live()), wants(publish=Publish()))
    scene.functions.lost = {"UpdateFunctionCode", "PublishVersion"}
    result = scene.apply()
    writes = [call.split()[0] for call in scene.functions.calls]
    assert (1, 1) == (writes.count("UpdateFunctionCode"), writes.count("PublishVersion"))
    found = "found done: its answer was lost"
    assert [(UpdateFunctionCode, DONE, found), (PublishVersion, DONE, found)] == ends(result)
    assert () == result.foreign_changes


def test_an_update_that_aws_could_not_carry_out_is_not_tried_again() -> None:
    """It was accepted, and ended as Failed: the reason and its remedy are told."""
    scene = Scene(Functions(live()))

    def fail(_: str) -> None:
        scene.functions.latest = replace(
            scene.functions.latest,
            last_update_status=LastUpdateStatus.FAILED,
            last_update_status_reason_code="EniLimitExceeded",
            last_update_status_reason="no more ENIs",
        )

    scene.functions.effects = fail
    result = scene.apply()
    assert result.failure is not None
    assert (
        "AWS accepted the code and then the update failed (EniLimitExceeded: no more ENIs)"
        == result.failure.what
    )
    assert "EniLimitExceeded" == result.failure.code
    assert [(UpdateFunctionCode, StepStatus.FAILED, "Failed")] == ends(result)


def test_an_update_that_was_failed_before_is_mended() -> None:
    """It is not ours, and no reason to stop."""
    broken = live(code=NEW, last_update_status=LastUpdateStatus.FAILED)
    scene = Scene(Functions(broken))
    scene.functions.effects = lambda _: scene.functions.change(
        last_update_status=LastUpdateStatus.SUCCESSFUL
    )
    assert Status.UPDATED is scene.apply().status


def test_a_package_that_arrives_as_another_one_is_not_sent_again() -> None:
    """AWS hashed something else than was sent: something on the way changes it."""
    scene = Scene(Functions(live()))
    scene.functions.stores = code("other")
    result = scene.apply()
    assert result.failure is not None
    assert f"AWS answers with the hash {code('other')}, and {NEW} was sent" == result.failure.what
    assert 1 == len(scene.functions.sent)


def test_a_step_that_is_undone_each_time_is_done_twice_at_most() -> None:
    """Somebody else wants something else: an endless fight helps nobody."""
    scene = Scene(Functions(live()), wants(runtime_management=declared(FUNCTION_UPDATE)), None)
    scene.functions.effects = lambda _: scene.functions.modes.update({LATEST: AUTO})
    result = scene.apply()
    step = PutRuntimeManagementConfig(FUNCTION_UPDATE)
    assert words.undone(step, 2) == result.failure
    assert 2 == scene.functions.calls.count(f"{PUT} FunctionUpdate")
    assert (Change("runtimeManagement", "FunctionUpdate", "Auto"),) == result.foreign_changes


def test_a_mode_that_changes_at_the_last_moment_is_not_overwritten() -> None:
    """PutRuntimeManagementConfig has no guard, so that it is read once more, and planned anew."""
    functions = Functions(live(), FUNCTION_UPDATE)
    scene = Scene(functions, wants(runtime_management=declared(AUTO)), None)
    reads = iter([FUNCTION_UPDATE, manual("a"), manual("a"), manual("a")])
    read = functions.get_runtime_management_config

    async def changing(name: str, qualifier: str) -> object:
        if PUT not in " ".join(functions.calls):
            functions.modes[qualifier] = next(reads)
        return await read(name, qualifier)

    functions.get_runtime_management_config = changing  # type: ignore[method-assign,assignment]  # the rival
    result = scene.apply()
    assert Status.UPDATED is result.status
    assert [READ, MODE, MODE, READ, MODE, MODE, f"{PUT} Auto", READ, MODE] == functions.calls
    changed = words.mode_changed(manual("a")).what
    assert any(line.endswith(changed) for line in scene.said)


def test_a_pin_that_was_relaxed_and_is_not_on_again_is_told() -> None:
    """The function was pinned and is to be: left like this it takes what AWS rolls out."""
    scene = Scene(
        Functions(live(), manual("a")), wants(architecture=ARM, runtime_management=pins("a"))
    )
    scene.functions.fails["UpdateFunctionCode"] = [DENIED]
    result = scene.apply()
    assert words.pin_is_off(DENIED) == result.failure
    assert [
        (PutRuntimeManagementConfig, DONE, "FunctionUpdate on $LATEST"),
        (UpdateFunctionCode, StepStatus.FAILED, None),
        (PutRuntimeManagementConfig, StepStatus.NOT_ATTEMPTED, None),
    ] == ends(result)


def test_a_pin_that_is_not_wanted_any_more_is_not_missed() -> None:
    """Auto is declared: that the pin is off is what was asked for."""
    scene = Scene(
        Functions(live(), manual("a")), wants(architecture=ARM, runtime_management=declared(AUTO))
    )
    scene.functions.fails["UpdateFunctionCode"] = [DENIED]
    assert DENIED == scene.apply().failure


def test_a_pin_that_is_on_again_is_not_missed() -> None:
    """Only what came after it failed."""
    scene = Scene(
        Functions(live(), AUTO),
        wants(architecture=X86, runtime_management=pins("a"), publish=Publish()),
    )
    scene.functions.fails["PublishVersion"] = [DENIED]
    assert DENIED == scene.apply().failure


def test_a_package_that_cannot_be_read_ends_the_function() -> None:
    """A file here that changes under way is not tried again; input found late is permanent."""

    async def gone() -> CodeContent:
        raise ReconcileError(Failure(FailureKind.INVALID, "it is gone", "build it again"))

    scene = Scene(Functions(live()), package=replace(PACKAGE, content=gone))
    result = scene.apply()
    expected = Failure(FailureKind.PERMANENT, "it is gone", "build it again")
    assert (Status.FAILED, expected, ()) == (result.status, result.failure, result.steps)


def test_a_refused_plan_is_a_failure_and_writes_nothing() -> None:
    """What stands in the way is told as the planner put it."""
    scene = Scene(Functions(live(master_arn="arn:aws:lambda:::m")))
    result = scene.apply()
    assert result.plan is not None
    assert (Status.FAILED, result.plan.refusal) == (result.status, result.failure)
    assert result.failure is not None
    assert [READ] == scene.functions.calls


def test_a_bug_of_ours_stops_this_function_alone(caplog: pytest.LogCaptureFixture) -> None:
    """It is told as what it is, and nothing is raised; the log has where it came from."""
    caplog.set_level("DEBUG", "reconciler")

    async def bug() -> CodeContent:
        raise ZeroDivisionError

    result = Scene(Functions(live()), package=replace(PACKAGE, content=bug)).apply()
    assert Status.FAILED is result.status
    assert result.failure is not None
    assert result.failure.what.startswith("unexpected ZeroDivisionError at ")
    (record,) = [each for each in caplog.records if each.name.startswith("reconciler")]
    assert "unexpected error" == record.message
    assert record.exc_info is not None
    assert ZeroDivisionError is record.exc_info[0]


def test_a_call_that_fails_each_time_is_given_up() -> None:
    """After seven tries, or as many as were asked for."""
    scene = Scene(Functions(live()), settings=WaitSettings(attempts=3))
    scene.functions.fails[READ] = [BUSY] * 9
    assert BUSY == scene.apply().failure
    assert [READ] * 3 == scene.functions.calls


# What concerns others too.


def test_a_failure_of_the_region_is_handed_on() -> None:
    """No room for code: the others need not find out for themselves."""
    full = replace(DENIED, scope=Scope.REGION)
    scene = Scene(Functions(live()))
    scene.functions.fails["UpdateFunctionCode"] = [full]
    scene.apply()
    other = Scene(Functions(live()), halts=scene.halts)
    result = other.apply()
    assert words.not_sent(UpdateFunctionCode(NEW, X86), full) == result.failure
    assert Status.NOT_ATTEMPTED is result.status
    assert [READ] == other.functions.calls


def test_no_pin_is_relaxed_for_code_that_has_no_room() -> None:
    """The update that it is relaxed for would not be sent."""
    halts = Halts()
    full = replace(DENIED, scope=Scope.REGION)
    halts.note(full, ACCOUNT, "eu-west-1")
    wanted = wants(architecture=ARM, runtime_management=pins("a"))
    scene = Scene(Functions(live(), manual("a")), wanted, halts=halts)
    result = scene.apply()
    assert words.not_sent(UpdateFunctionCode(NEW, ARM), full) == result.failure
    assert [READ, MODE] == scene.functions.calls


def test_a_mode_is_put_although_there_is_no_room_for_code() -> None:
    """It needs none; what comes after it does."""
    halts = Halts()
    halts.note(replace(DENIED, scope=Scope.REGION), ACCOUNT, "eu-west-1")
    scene = Scene(
        Functions(live()), wants(runtime_management=declared(FUNCTION_UPDATE)), halts=halts
    )
    result = scene.apply()
    assert f"{PUT} FunctionUpdate" in scene.functions.calls
    assert Status.FAILED is result.status
    assert [
        (PutRuntimeManagementConfig, DONE, "FunctionUpdate on $LATEST"),
        (UpdateFunctionCode, StepStatus.NOT_ATTEMPTED, None),
    ] == ends(result)


def test_a_server_side_plan_does_not_ask_where_there_is_no_room() -> None:
    """AWS's answer is known."""
    halts = Halts()
    halts.note(replace(DENIED, scope=Scope.REGION), ACCOUNT, "eu-west-1")
    scene = Scene(Functions(live()), halts=halts)
    assert Status.NOT_ATTEMPTED is scene.show(server_side=True).status
    assert [READ] == scene.functions.calls


# What somebody else does.


def test_a_foreign_change_is_told_once() -> None:
    """Between our update and our next reading somebody moved another field."""
    scene = Scene(Functions(live()), wants(runtime_management=declared(AUTO), publish=Publish()))

    def rival(operation: str) -> None:
        if operation == "UpdateFunctionCode":
            scene.functions.change(architecture=ARM)

    scene.functions.effects = rival
    result = scene.apply()
    assert (Change("architecture", "x86_64", "arm64"),) == result.foreign_changes
    assert [
        (UpdateFunctionCode, StepStatus.FAILED, "accepted, but something else is live"),
        (PublishVersion, DONE, "version 1"),
    ] == ends(result)


def test_a_live_package_that_does_not_come_is_fetched_again() -> None:
    """Unlike a file here that changed, it may come the next time."""
    scene = Scene(Functions(live()), wants(architecture=ARM, native_check=False), None)
    scene.functions.fails["package"] = [BUSY]
    assert Status.UPDATED is scene.apply().status
    assert 2 == scene.functions.calls.count(f"package {live().code}")


class Overtaken(Functions):
    """Somebody else publishes just before we do."""

    async def publish_version(self, *_: object) -> Receipt:
        """Be busy with the other's."""
        self.versions = [version("1", code=NEW)]
        self.modes["1"] = AUTO
        raise ReconcileError(BUSY)


def test_a_refusal_that_nobody_needs_any_more_is_not_told() -> None:
    """Somebody else published it meanwhile, so that all is well."""
    result = Scene(Overtaken(live(code=NEW)), wants(publish=Publish())).apply()
    assert (Status.IN_SYNC, ()) == (result.status, result.steps)


class Changed(Functions):
    """Somebody changes a setting, and publishes, just before our update."""

    async def update_function_code(self, *given: object, **more: object) -> Receipt:
        """Refuse the first."""
        if not self.versions:
            self.versions = [version("1", code=OLD)]
            self.modes["1"] = AUTO
            self.change(snap_start=True)
            raise ReconcileError(BUSY)
        return await super().update_function_code(*given, **more)  # type: ignore[arg-type]


def test_a_version_that_was_not_looked_for_is_not_told_as_somebody_elses_news() -> None:
    """It may have been there before: nobody had looked."""
    result = Scene(Changed(live()), wants(publish=Publish())).apply()
    assert Status.UPDATED is result.status
    assert ["configuration (RevisionId)"] == [each.field for each in result.foreign_changes]
