"""The loop of one function against one that is in memory: every call, every word, every end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import Package
from reconciler.model import (
    LATEST,
    Change,
    Failure,
    FailureKind,
    LastUpdateStatus,
    NativeCode,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    S3Location,
    Scope,
    State,
    Status,
    StepStatus,
    UpdateFunctionCode,
    ZipContent,
)
from reconciler.reconcile import Halts, Patience, Reconciliation, Shared, Task, WaitSettings, words
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
    spec,
    version,
)
from tests.unit.functions import Functions
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from reconciler.model import CodeContent, CodeSource, FunctionResult, FunctionSpec

ACCOUNT = "123456789012"
BUSY = Failure(FailureKind.TEMPORARY, "busy", "run again", code="ServiceException")
THROTTLED = replace(BUSY, what="slow down", throttled=True)
DENIED = Failure(FailureKind.PERMANENT, "denied", "allow it", request_id="request-9")
NEW_CODE = ZipContent(b"new")

READ, MODE, LIST = "GetFunction", f"GetRuntimeManagementConfig {LATEST}", "ListVersionsByFunction"
UPDATE = "UpdateFunctionCode x86_64 if revision-1"
PUT = f"PutRuntimeManagementConfig {LATEST}"


async def _content() -> CodeContent:
    return NEW_CODE


async def _native() -> NativeCode:
    return NativeCode()


PACKAGE = Package(NEW, "new.zip", _content, _native)


class Artifacts:
    """Nothing lies in S3 or ECR."""

    async def resolve(self, source: CodeSource, region: str) -> Package:
        """Find nothing."""
        raise AssertionError(f"nobody asks for {source} in {region}")

    def forget(self, source: CodeSource, region: str) -> None:
        """Have nothing to forget."""
        raise AssertionError(f"nobody forgets {source} in {region}")


@dataclass
class Scene:
    """One function, what is wanted of it, and what was said meanwhile."""

    functions: Functions
    spec: FunctionSpec = field(default_factory=spec)
    package: Package | None = PACKAGE
    settings: WaitSettings = field(default_factory=WaitSettings)
    halts: Halts = field(default_factory=Halts)
    said: list[str] = field(default_factory=list)
    account: str = ACCOUNT
    seconds: float = 0.0

    def apply(self) -> FunctionResult:
        """Run to the end."""
        return self._run(lambda loop, _: loop.apply())

    def show(self, *, server_side: bool = False) -> FunctionResult:
        """Only plan."""
        return self._run(lambda loop, _: loop.show(server_side=server_side))

    def stopped_at(self, said: str) -> FunctionResult:
        """Run, with the signal to stop as soon as that is said."""

        def work(loop: Reconciliation, stop: asyncio.Event) -> Awaitable[FunctionResult]:
            self.said = _Acting(said, stop.set)
            loop._tell = loop._read._tell = loop._observer._tell = self.said.append  # noqa: SLF001 - said late
            loop._writer._tell = loop._observer._read._tell = self.said.append  # noqa: SLF001 - the same
            return loop.apply()

        return self._run(work)

    def _run(
        self, work: Callable[[Reconciliation, asyncio.Event], Awaitable[FunctionResult]]
    ) -> FunctionResult:
        async def whole() -> FunctionResult:
            stop = asyncio.Event()
            shared = Shared(Artifacts(), self._account, self.halts)
            patience = Patience(self.settings, stop)
            task = Task(self.spec, "eu-west-1", self.package)
            loop = Reconciliation(task, self.functions, patience, shared, self.said.append)
            try:
                return await work(loop, stop)
            finally:
                self.seconds = elapsed()

        return run(whole())

    async def _account(self, region: str) -> str:
        assert region == "eu-west-1"
        return self.account


class _Acting(list[str]):
    """What was said, and something to do when a certain line comes."""

    def __init__(self, at: str, act: Callable[[], None]) -> None:
        super().__init__()
        self._at = at
        self._act = act

    def append(self, line: str) -> None:
        """Remember a line, and act on it."""
        super().append(line)
        if line.startswith(self._at):
            self._act()


def wants(*, suspend: bool = False, account: str | None = None, **fields: object) -> FunctionSpec:
    """Declare these fields of the function."""
    made = spec(suspend=suspend, account=account)
    return replace(made, **fields)  # type: ignore[arg-type]  # any field


def ends(result: FunctionResult) -> list[tuple[type, StepStatus, str | None]]:
    """Give what became of each write."""
    return [(type(record.step), record.status, record.result) for record in result.steps]


DONE = StepStatus.SUCCEEDED


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
        *(READ, MODE, LIST),
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
    assert [READ, LIST] == scene.functions.calls
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
        assert words.other_account("111111111111", ACCOUNT) == result.failure
        assert [] == scene.functions.calls
        assert "111111111111" == result.account


def test_credentials_of_the_named_account_are_used() -> None:
    """And where none is named nobody asks."""
    scene = Scene(Functions(live(code=NEW)), wants(account=ACCOUNT))
    assert Status.IN_SYNC is scene.apply().status


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
    assert [READ, LIST, UPDATE] == scene.functions.calls


def test_after_a_conflict_everything_is_read_again() -> None:
    """Somebody was there: versions and modes may have changed too."""
    scene = Scene(Functions(live()), wants(publish=Publish(), runtime_management=declared(AUTO)))
    scene.functions.fails["UpdateFunctionCode"] = [BUSY]
    assert Status.UPDATED is scene.apply().status
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


def test_a_bug_of_ours_stops_this_function_alone() -> None:
    """It is told as what it is, and nothing is raised."""

    async def bug() -> CodeContent:
        raise ZeroDivisionError

    result = Scene(Functions(live()), package=replace(PACKAGE, content=bug)).apply()
    assert Status.FAILED is result.status
    assert result.failure is not None
    assert result.failure.what.startswith("unexpected ZeroDivisionError at ")


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


# Stopping.


def test_a_stop_before_the_first_write_leaves_all_as_it_was() -> None:
    """Nothing was attempted, and nothing failed."""
    functions = Functions(live(state=State.PENDING))
    result = Scene(functions).stopped_at("waiting for $LATEST")
    assert (Status.NOT_ATTEMPTED, None, ()) == (result.status, result.failure, result.steps)
    assert [READ] == functions.calls


def test_a_stop_during_a_wait_looks_once_more_and_says_how_it_stands() -> None:
    """The write that was accepted goes on without us; the rest was not begun."""
    scene = Scene(Functions(live()), wants(publish=Publish()))
    scene.functions.polls = 9
    result = scene.stopped_at("waiting for $LATEST")
    assert [READ, LIST, UPDATE, READ, READ] == scene.functions.calls
    assert Status.INTERRUPTED is result.status
    assert words.interrupted(UpdateFunctionCode(NEW, X86)) == result.failure
    assert [
        (
            UpdateFunctionCode,
            StepStatus.IN_FLIGHT,
            "accepted, not settled: LastUpdateStatus is InProgress",
        ),
        (PublishVersion, StepStatus.NOT_ATTEMPTED, None),
    ] == ends(result)


def test_a_stop_finds_a_write_that_has_just_settled() -> None:
    """The last look sees it done, and so it is reported."""
    scene = Scene(Functions(live()), wants(publish=Publish()))
    scene.functions.polls = 1
    result = scene.stopped_at("waiting for $LATEST")
    assert [
        (UpdateFunctionCode, DONE, "Successful"),
        (PublishVersion, StepStatus.NOT_ATTEMPTED, None),
    ] == ends(result)
    assert words.interrupted(None) == result.failure


def test_a_stop_while_a_version_settles_looks_at_the_version() -> None:
    """One reading of the version itself tells."""
    scene = Scene(Functions(live()), wants(publish=Publish()))
    scene.functions.version_polls = 9
    result = scene.stopped_at("waiting for version 1")
    assert [READ, f"{READ} 1", f"{READ} 1"] == scene.functions.calls[-3:]
    assert [
        (UpdateFunctionCode, DONE, "Successful"),
        (PublishVersion, StepStatus.IN_FLIGHT, "accepted, not settled: State is Pending"),
    ] == ends(result)
    assert words.interrupted(PublishVersion(NEW)) == result.failure


def test_a_stop_whose_last_look_fails_says_what_is_known() -> None:
    """Nothing is tried again: the time is up."""
    scene = Scene(Functions(live()))
    scene.functions.polls = 9
    scene.functions.fails[READ] = [None, None, BUSY]
    result = scene.stopped_at("waiting for $LATEST")
    assert [(UpdateFunctionCode, StepStatus.IN_FLIGHT, "accepted, not settled")] == ends(result)
    assert 3 == scene.functions.calls.count(READ)


def test_a_stop_after_a_lost_answer_does_not_look() -> None:
    """Without an answer nothing says what to look for."""
    scene = Scene(Functions(live()))
    scene.functions.lost = {"UpdateFunctionCode"}
    result = scene.stopped_at("trying again in ")
    assert [READ, UPDATE] == scene.functions.calls
    assert [(UpdateFunctionCode, StepStatus.IN_FLIGHT, "sent, no answer came")] == ends(result)
    assert Status.INTERRUPTED is result.status


# Readings that lag behind.


def test_a_reading_from_before_our_update_is_not_believed() -> None:
    """The RevisionId is still the one that the update replaced."""
    functions = Functions(live())
    scene = Scene(functions)
    stale, left = functions.latest, [2]
    read = functions.get_function

    async def lagging(name: str) -> object:
        found = await read(name)
        if len(functions.sent) and left[0]:
            left[0] -= 1
            return stale
        return found

    functions.get_function = lagging  # type: ignore[method-assign,assignment]  # AWS's lag
    result = scene.apply()
    assert [READ, UPDATE, READ, READ, READ] == functions.calls
    shown = "waiting for $LATEST: the accepted update does not show yet"
    assert ["UpdateFunctionCode (x86_64)", shown, shown] == scene.said
    assert (Status.UPDATED, ()) == (result.status, result.foreign_changes)


def test_a_mode_from_before_our_write_is_doubted_three_times() -> None:
    """Longer than that it is no lag: somebody put it back."""
    functions = Functions(live())
    scene = Scene(functions, wants(runtime_management=declared(FUNCTION_UPDATE)), None)
    functions.effects = lambda _: functions.modes.update({LATEST: AUTO})
    scene.apply()
    shown = f"waiting for {LATEST}: the accepted mode does not show yet"
    assert 3 == scene.said[: scene.said.index(shown) + 4].count(shown)


def test_a_version_that_aws_does_not_show_yet_is_waited_for() -> None:
    """It was made a moment ago: not found means not yet."""
    scene = Scene(Functions(live(code=NEW)), wants(publish=Publish()))
    scene.functions.version_polls = 1
    missing = Failure(FailureKind.PERMANENT, "no", "", code="ResourceNotFoundException")
    scene.functions.fails[READ] = [None, None, missing]
    result = scene.apply()
    assert Status.UPDATED is result.status
    assert any("version 1 cannot be read: no" in line for line in scene.said)


def test_a_version_that_may_not_be_read_is_a_failure() -> None:
    """Only what is not found is waited for."""
    scene = Scene(Functions(live(code=NEW)), wants(publish=Publish()))
    scene.functions.version_polls = 1
    scene.functions.fails[READ] = [None, None, DENIED]
    assert DENIED == scene.apply().failure


def test_after_a_version_was_waited_for_latest_is_read_again() -> None:
    """Some minutes may have passed: what is planned must be what is live."""
    scene = Scene(Functions(live(code=NEW)), wants(publish=Publish()))
    scene.functions.version_polls = 2
    scene.apply()
    assert [
        *(READ, LIST, "PublishVersion None if revision-1"),
        *(READ, f"{READ} 1", f"{READ} 1", f"{READ} 1", READ),
    ] == scene.functions.calls


def test_a_version_has_its_own_time() -> None:
    """SnapStart takes minutes, and the function's five would not do."""
    scene = Scene(
        Functions(live(code=NEW)),
        wants(publish=Publish()),
        settings=WaitSettings(function_timeout=5, version_timeout=60),
    )
    scene.functions.version_polls = 1000
    result = scene.apply()
    assert (
        words.unsettled("version 1", "State is Pending", words.Limit(60, "--version-timeout"))
        == result.failure
    )
    assert 60 == scene.seconds


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
