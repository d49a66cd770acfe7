"""Lost answers, refusals, rivals and failing updates: converge, or stop in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, LastUpdateStatus, State, Status
from reconciler.sandbox import Fault
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION, zip_of

if TYPE_CHECKING:
    from reconciler.model import Failure, FunctionResult
    from tests.effects.world import World

CODE = "code: {zipFile: app.zip}"
PUBLISHED = f"{CODE}\npublish: true"


@pytest.fixture
def changed(world: World) -> World:
    """Set up a function whose code differs from the manifest's package."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=PUBLISHED)
    return world


def failure(result: FunctionResult) -> Failure:
    """Expect a failed function, and give its failure."""
    assert Status.FAILED == result.status
    assert result.failure is not None
    return result.failure


@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "PublishVersion"])
def test_a_write_whose_answer_was_lost_is_found_done(changed: World, operation: str) -> None:
    """The effect is there when read again: nothing is sent twice, no version is burnt."""
    changed.sandbox.inject(Fault(operation=operation, lose_answer=True))

    result = changed.one()

    assert Status.UPDATED == result.status
    assert 1 == sum(call.startswith(operation) for call in changed.calls)
    assert ["1"] == changed.versions("app")
    assert ["found done: its answer was lost"] == [
        step.result for step in result.steps if type(step.step).__name__ == operation
    ]


def test_a_mode_whose_answer_was_lost_is_found_done(world: World) -> None:
    """PutRuntimeManagementConfig has no guard; it is read again instead of sent again."""
    world.create("app", "same")
    world.declare(app="runtimeManagement: {updateRuntimeOn: FunctionUpdate}")
    world.sandbox.inject(Fault(operation="PutRuntimeManagementConfig", lose_answer=True))

    assert Status.UPDATED == world.one().status
    assert ["PutRuntimeManagementConfig -> None"] == world.writes


@pytest.mark.parametrize("operation", ["UpdateFunctionCode", "PublishVersion"])
def test_a_write_that_never_arrived_is_sent_again(changed: World, operation: str) -> None:
    """The connection broke before any effect: read again, still wanted, sent again."""
    changed.sandbox.inject(Fault(operation=operation, close_before=True))

    assert Status.UPDATED == changed.one().status
    assert 2 == sum(call.startswith(operation) for call in changed.calls)
    assert ["1"] == changed.versions("app")


TEMPORARY_ANSWERS = {
    "429": (429, "TooManyRequestsException"),
    "429 in its other spelling": (400, "ThrottlingException"),
    "500": (500, "ServiceException"),
    "502": (502, "BadGateway"),
    "503": (503, "ServiceUnavailableException"),
    "504": (504, "GatewayTimeout"),
}


@pytest.mark.parametrize("answer", TEMPORARY_ANSWERS.values(), ids=TEMPORARY_ANSWERS)
@pytest.mark.parametrize("operation", ["GetFunction", "UpdateFunctionCode", "PublishVersion"])
def test_a_temporary_answer_is_survived_on_every_call(
    changed: World, operation: str, answer: tuple[int, str]
) -> None:
    """Throttling and server errors cost a pause and a new reading, and no extra version."""
    status, code = answer
    changed.sandbox.inject(Fault(operation=operation, status=status, code=code))

    assert Status.UPDATED == changed.one().status
    assert ["1"] == changed.versions("app")
    assert zip_of("new") == changed.live("app").package.content


def test_a_lasting_temporary_error_ends_in_a_temporary_failure(changed: World) -> None:
    """After several tries in a row the function is given up for this run."""
    changed.sandbox.inject(Fault(operation="GetFunction", status=503, times=1000))

    failed = failure(changed.one())

    assert FailureKind.TEMPORARY == failed.kind
    assert changed.wait.attempts == len(changed.calls)


def test_retry_after_is_honoured(changed: World) -> None:
    """AWS's own pause is longer than the function's patience: it is given up, not hammered."""
    changed.sandbox.inject(
        Fault(
            operation="GetFunction",
            status=429,
            code="TooManyRequestsException",
            headers={"Retry-After": "3600"},
            times=1000,
        )
    )

    assert FailureKind.TEMPORARY == failure(changed.one()).kind
    assert 1 == len(changed.calls)


def test_a_refusal_stops_one_function_and_not_the_others(world: World) -> None:
    """403 is permanent, is not tried again, and says the request's id."""
    for name in ("denied", "fine"):
        world.create(name, "old")
        world.package(name, "new")
        world.declare(**{name: f"code: {{zipFile: {name}.zip}}"})
    world.sandbox.inject(
        Fault(
            operation="UpdateFunctionCode",
            function="denied",
            status=403,
            code="AccessDeniedException",
            message="not authorized",
            times=9,
        )
    )

    denied, fine = world.run().functions

    failed = failure(denied)
    assert (FailureKind.PERMANENT, "AccessDeniedException") == (failed.kind, failed.code)
    assert failed.request_id
    assert [False] == [step.succeeded for step in denied.steps]
    assert Status.UPDATED == fine.status
    assert 2 == len(world.writes)


def test_a_function_that_does_not_exist_is_a_permanent_failure(world: World) -> None:
    """The reconciler never creates; it says who does."""
    world.declare(missing="architecture: arm64")

    failed = failure(world.one())

    assert (FailureKind.PERMANENT, "ResourceNotFoundException") == (failed.kind, failed.code)
    assert "Terraform" in failed.remedy


def test_a_failed_update_stops_at_once_with_reason_and_remedy(changed: World) -> None:
    """AWS accepted the code and could not roll it out: nothing is published, nothing repeated."""
    reason = ("EniLimitExceeded", "no more interfaces")
    changed.sandbox.inject(Fault(operation="UpdateFunctionCode", fail_update=reason))

    failed = failure(changed.one())

    assert FailureKind.PERMANENT == failed.kind
    assert "EniLimitExceeded: no more interfaces" in failed.what
    assert "quota" in failed.remedy
    assert ["UpdateFunctionCode"] == changed.writes
    assert [] == changed.versions("app")


def test_an_older_failed_update_is_healed(changed: World) -> None:
    """The hash is right and the update behind it failed: the code is sent once more."""
    changed.sandbox.inject(
        Fault(operation="UpdateFunctionCode", fail_update=("InternalError", "x"))
    )
    changed.one()
    assert LastUpdateStatus.FAILED == changed.live("app").last_update_status

    result = changed.one()

    assert Status.UPDATED == result.status
    assert ["UpdateFunctionCode", "PublishVersion"] == changed.writes
    assert LastUpdateStatus.SUCCESSFUL == changed.live("app").last_update_status


def test_a_hash_is_not_trusted_while_an_update_is_in_progress(changed: World) -> None:
    """A rival's update shows the wanted hash and then fails: it is waited for, then repaired."""
    changed.plane.update_function_code(
        "app", region=REGION, ZipFile=zip_of("new"), fail_with=("InternalError", "theirs")
    )

    result = changed.one()

    assert Status.UPDATED == result.status
    assert ["UpdateFunctionCode", "PublishVersion"] == changed.writes
    assert LastUpdateStatus.SUCCESSFUL == changed.live("app").last_update_status


def test_an_idle_function_is_in_sync(world: World) -> None:
    """Inactive because idle is a healthy resting state."""
    world.create("app", "same")
    world.package("app", "same")
    world.declare(app=CODE)
    world.plane.set_status("app", region=REGION, state=State.INACTIVE, state_reason_code="Idle")

    assert Status.IN_SYNC == world.one().status


def test_a_rival_between_reading_and_writing_is_met_by_the_guard(changed: World) -> None:
    """The write is refused, all is read again, and the rival's change is kept."""
    changed.sandbox.inject(
        Fault(
            operation="UpdateFunctionCode",
            run=lambda: changed.plane.update_function_configuration(
                "app", region=REGION, Description="by a rival"
            ),
        )
    )

    result = changed.one()

    assert Status.UPDATED == result.status
    assert "by a rival" == changed.live("app").description
    refused, *rest = changed.writes
    assert refused in ("UpdateFunctionCode -> 412", "UpdateFunctionCode -> 409")
    assert ["UpdateFunctionCode", "PublishVersion"] == rest


def test_a_rival_that_publishes_first_saves_us_the_version(changed: World) -> None:
    """Somebody published our code between our reading and our PublishVersion: one version only."""
    changed.sandbox.inject(
        Fault(
            operation="PublishVersion",
            run=lambda: changed.plane.publish_version("app", region=REGION),
        )
    )

    result = changed.one()

    assert Status.UPDATED == result.status
    assert ["UpdateFunctionCode", "PublishVersion -> 412"] == changed.writes
    assert ["1"] == changed.versions("app")


def test_a_mode_that_changed_since_it_was_read_is_not_overwritten_blindly(world: World) -> None:
    """The unguarded Put is preceded by a second reading; a surprise means reading all again."""
    world.create("app", "same")
    world.declare(app="runtimeManagement: {updateRuntimeOn: FunctionUpdate}")
    world.sandbox.inject(
        Fault(
            operation="GetRuntimeManagementConfig",
            skip=1,
            run=lambda: world.put_mode("app", FUNCTION_UPDATE),
        )
    )

    assert Status.IN_SYNC == world.one().status
    assert [] == world.writes


def test_a_rival_that_undoes_every_update_ends_in_words(world: World) -> None:
    """No endless fight: a step that took effect twice is not performed a third time."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=CODE)

    def revert() -> None:
        if world.live("app").package.content == zip_of("new"):
            world.plane.update_function_code("app", region=REGION, ZipFile=zip_of("old"))

    world.sandbox.inject(Fault(operation="GetFunction", times=1000, run=revert))

    failed = failure(world.one())

    assert FailureKind.TEMPORARY == failed.kind
    assert "was done 2 times and is wanted again" in failed.what
    assert ["UpdateFunctionCode"] * 2 == world.writes


def test_an_update_that_never_settles_ends_with_the_time_out(changed: World) -> None:
    """The wait ends at --function-timeout, and says what is still going on."""
    changed.plane.settle = 1e9
    changed.patience(function_timeout=2)

    failed = failure(changed.one())

    assert FailureKind.TEMPORARY == failed.kind
    assert "$LATEST has not settled within 2 s: LastUpdateStatus is InProgress" == failed.what
    assert ["UpdateFunctionCode"] == changed.writes


def test_a_run_killed_after_the_update_is_finished_by_the_next(changed: World) -> None:
    """Stopped between update and publish: the next run publishes, and updates nothing."""
    changed.recorder.act = lambda message: (
        changed.stop.request(15) if message == "PublishVersion" else None
    )
    interrupted = changed.one()
    assert Status.INTERRUPTED == interrupted.status
    assert ["UpdateFunctionCode"] == changed.writes
    changed.recorder.act = None
    changed.stop = type(changed.stop)()

    result = changed.one()

    assert Status.UPDATED == result.status
    assert ["PublishVersion"] == changed.writes
    assert ["1"] == changed.versions("app")


def test_a_stop_before_the_first_read_attempts_nothing(changed: World) -> None:
    """A function whose turn had not come is reported as not attempted."""
    changed.stop.request(2)

    run = changed.run()

    assert [Status.NOT_ATTEMPTED] == [each.status for each in run.functions]
    assert (2, []) == (run.interrupted_by, changed.calls)


def test_a_stop_begins_no_new_step(changed: World) -> None:
    """The update that was sent is waited for no longer, and no version is published."""
    changed.sandbox.inject(
        Fault(operation="UpdateFunctionCode", run=lambda: changed.stop.request(2))
    )

    result = changed.one()

    assert Status.INTERRUPTED == result.status
    assert ["UpdateFunctionCode"] == changed.writes


def test_a_package_that_changes_after_it_was_planned_is_not_sent(changed: World) -> None:
    """What is sent must be what the plan said."""
    changed.sandbox.inject(
        Fault(operation="GetFunction", run=lambda: changed.package("app", "newer"))
    )

    failed = failure(changed.one())

    assert "changed while it was being deployed" in failed.what
    assert [] == changed.writes


def test_a_bug_in_one_function_does_not_stop_the_others(world: World) -> None:
    """An unexpected exception is that function's failure, and nobody else's."""
    for name in ("broken", "fine"):
        world.create(name, "same")
        world.declare(**{name: "architecture: x86_64"})

    def fail(message: str) -> None:
        raise ZeroDivisionError(message)

    world.recorder.act = fail
    world.declare(broken="architecture: x86_64\npublish: true")

    broken, fine = world.run().functions

    assert "unexpected ZeroDivisionError" in failure(broken).what
    assert Status.IN_SYNC == fine.status


def test_a_failed_version_is_never_in_sync(world: World) -> None:
    """A version that carries the code and is Failed is reported, on this run and on the next."""
    world.create("app", "old")
    world.plane.update_function_configuration(
        "app", region=REGION, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    world.package("app", "new")
    world.declare(app=PUBLISHED)
    reason = ("FunctionError.InitTimeout", "too slow")
    world.sandbox.inject(Fault(operation="PublishVersion", fail_update=reason))

    first, second = failure(world.one()), failure(world.one())

    assert first.what == second.what
    assert "version 1 carries the declared code and is Failed" in first.what
    assert (FailureKind.PERMANENT, []) == (second.kind, world.writes)


def test_the_calls_of_a_run_are_counted_as_the_server_saw_them(changed: World) -> None:
    """The report's calls and the wire agree, reads and refused calls included."""
    changed.sandbox.inject(
        Fault(operation="PublishVersion", status=429, code="ThrottlingException")
    )

    run = changed.run()

    seen = [call.split()[0] for call in changed.calls]
    assert {name: seen.count(name) for name in seen} == dict(run.calls)


def test_modes_read_in_one_run_are_not_those_of_another(world: World) -> None:
    """Nothing is remembered between runs."""
    world.create("app", "same")
    world.declare(app="runtimeManagement: {updateRuntimeOn: FunctionUpdate}")
    world.one()
    world.put_mode("app", AUTO)

    assert Status.UPDATED == world.one().status
    assert FUNCTION_UPDATE == world.mode("app")


def test_patience_is_per_function(world: World) -> None:
    """One function that never settles costs the others nothing."""
    world.create("slow", "old")
    world.create("fine", "same")
    world.package("slow", "new")
    world.declare(slow="code: {zipFile: slow.zip}", fine="architecture: x86_64")
    world.plane.settle = 1e9
    world.patience(function_timeout=2)

    fine, slow = world.run().functions

    assert (Status.IN_SYNC, Status.FAILED) == (fine.status, slow.status)
