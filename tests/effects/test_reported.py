"""The report tells the truth about writes: what was sent, what came of it, and what is unknown."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, LastUpdateStatus, State, Status
from reconciler.report.counts import count
from reconciler.sandbox import Fault, Sandbox
from tests.effects.world import FUNCTION_UPDATE, REGION, World, zip_of

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.model import FunctionResult

CODE = "code: {zipFile: app.zip}"
PUBLISHED = f"{CODE}\npublish: true"


@pytest.fixture
def changed(world: World) -> World:
    """Set up a function whose code differs from the manifest's package."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=CODE)
    return world


def told(result: FunctionResult) -> list[tuple[str, bool, str | None]]:
    """Give operation, success and result of each record."""
    return [
        (type(record.step).__name__, record.succeeded, record.result) for record in result.steps
    ]


def test_a_lost_answer_is_told_after_an_earlier_refusal(changed: World) -> None:
    """Refused, sent again, lost, and then unreadable: what may have landed is not left out."""
    changed.sandbox.inject(Fault("UpdateFunctionCode", status=429, code="ThrottlingException"))
    changed.sandbox.inject(Fault("UpdateFunctionCode", lose_answer=True))
    changed.sandbox.inject(Fault("GetFunction", skip=2, status=503, times=1000))

    result = changed.one()

    assert Status.FAILED == result.status
    assert ["UpdateFunctionCode -> 429", "UpdateFunctionCode -> None"] == changed.writes
    assert ("UpdateFunctionCode", False, "sent, no answer came") in told(result)
    assert zip_of("new") == changed.live("app").package.content


def test_an_answered_write_whose_end_was_not_seen_is_not_a_success(changed: World) -> None:
    """Accepted, and then the readings fail: it is told as accepted and no more."""
    changed.sandbox.inject(Fault("GetFunction", skip=1, status=503, times=1000))

    result = changed.one()

    assert [("UpdateFunctionCode", False, "accepted, not settled")] == told(result)
    assert result.steps[0].request_id is not None


def test_a_write_that_never_arrived_at_a_broken_function_is_no_success(changed: World) -> None:
    """The connection broke before the effect, and then the function failed by itself."""
    changed.sandbox.inject(Fault("UpdateFunctionCode", close_before=True))
    changed.sandbox.inject(
        Fault(
            "GetFunction",
            skip=1,
            run=lambda: changed.plane.set_status(
                "app", region=REGION, state=State.FAILED, state_reason="broken elsewhere"
            ),
        )
    )

    result = changed.one()

    assert Status.FAILED == result.status
    assert [("UpdateFunctionCode", False, "sent, no answer came")] == told(result)
    assert ["UpdateFunctionCode -> None"] == changed.writes
    assert zip_of("old") == changed.live("app").package.content


def test_a_put_whose_guard_could_not_be_read_was_never_sent(world: World) -> None:
    """The reading before the Put fails for good: no record, and nothing on the wire."""
    world.create("app", "same")
    world.declare(app="runtimeManagement: {updateRuntimeOn: FunctionUpdate}")
    world.sandbox.inject(Fault("GetRuntimeManagementConfig", skip=1, status=503, times=1000))

    result = world.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY == result.failure.kind
    assert ((), []) == (result.steps, world.writes)


def test_a_lost_update_that_failed_stops_with_the_reason_of_aws(changed: World) -> None:
    """It landed and could not be rolled out; sending it once more would not help."""
    changed.sandbox.inject(Fault("UpdateFunctionCode", lose_answer=True))
    changed.sandbox.inject(
        Fault(
            "GetFunction",
            skip=1,
            run=lambda: changed.plane.set_status(
                "app",
                region=REGION,
                last_update_status=LastUpdateStatus.FAILED,
                last_update_status_reason_code="EniLimitExceeded",
                last_update_status_reason="no more interfaces",
            ),
        )
    )

    result = changed.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.PERMANENT == result.failure.kind
    assert "EniLimitExceeded: no more interfaces" in result.failure.what
    assert ["UpdateFunctionCode -> None"] == changed.writes
    assert [False] == [record.succeeded for record in result.steps]


def test_a_repair_that_never_arrived_is_not_found_done(changed: World) -> None:
    """The hash was right before, behind a failed update: only a new revision tells of ours."""
    changed.sandbox.inject(Fault("UpdateFunctionCode", fail_update=("InternalError", "x")))
    changed.one()
    changed.sandbox.inject(Fault("UpdateFunctionCode", close_before=True))

    result = changed.one()

    assert Status.UPDATED == result.status
    assert ["UpdateFunctionCode -> None", "UpdateFunctionCode"] == changed.writes
    assert [("UpdateFunctionCode", True, "Successful")] == told(result)


def test_an_update_that_failed_is_no_success(changed: World) -> None:
    """AWS took it and could not roll it out: the record says Failed."""
    changed.sandbox.inject(Fault("UpdateFunctionCode", fail_update=("InternalError", "x")))

    run = changed.run()

    assert [("UpdateFunctionCode", False, "Failed")] == told(run.functions[0])
    assert 0 == count(run).update


def test_a_version_that_ends_failed_is_no_success(changed: World) -> None:
    """The update before it took effect, the version did not."""
    changed.plane.update_function_configuration(
        "app", region=REGION, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    changed.declare(app=PUBLISHED)
    reason = ("FunctionError.InitTimeout", "too slow")
    changed.sandbox.inject(Fault("PublishVersion", fail_update=reason))

    run = changed.run()

    assert [
        ("UpdateFunctionCode", True, "Successful"),
        ("PublishVersion", False, "version 1 is Failed"),
    ] == told(run.functions[0])
    assert 0 == count(run).publish


def test_the_request_ids_are_those_of_the_answers(tmp_path: Path) -> None:
    """Each step can be looked up with AWS: update, mode and version alike."""
    folder, log = tmp_path / "manifests", tmp_path / "requests.jsonl"
    folder.mkdir()
    with Sandbox(settle=0, log=log) as sandbox, World(sandbox, folder) as world:
        world.create("app", "old")
        world.package("app", "new")
        world.declare(app=f"{PUBLISHED}\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}")
        result = world.one()

    answers = [json.loads(line) for line in log.read_text().splitlines()]
    sent = [
        (answer["operation"], answer["request_id"])
        for answer in answers
        if not answer["operation"].startswith(("Get", "List"))
    ]
    assert 4 == len(result.steps)
    assert sent == [(type(record.step).__name__, record.request_id) for record in result.steps]
    assert all(record.succeeded and record.changed for record in result.steps)


def test_a_refusal_is_told_with_its_request_id(tmp_path: Path) -> None:
    """What AWS refused can be looked up too."""
    folder, log = tmp_path / "manifests", tmp_path / "requests.jsonl"
    folder.mkdir()
    with Sandbox(settle=0, log=log) as sandbox, World(sandbox, folder) as world:
        world.create("app", "old")
        world.package("app", "new")
        world.declare(app=CODE)
        sandbox.inject(Fault("UpdateFunctionCode", status=403, code="AccessDeniedException"))
        result = world.one()

    *_, last = [json.loads(line) for line in log.read_text().splitlines()]
    assert "UpdateFunctionCode" == last["operation"]
    assert [last["request_id"]] == [record.request_id for record in result.steps]
    assert [("UpdateFunctionCode", False, None)] == told(result)


def test_the_account_is_that_of_the_live_function(changed: World) -> None:
    """The manifest names none; what was read does."""
    result = changed.one()

    assert result.spec.function.account is None
    assert ("123456789012", REGION) == (result.account, result.region)


def test_a_function_repaired_by_somebody_else_is_in_sync(changed: World) -> None:
    """A rival deployed the very code before us: nothing of ours is told or counted."""
    changed.sandbox.inject(
        Fault(
            "UpdateFunctionCode",
            run=lambda: changed.plane.update_function_code(
                "app", region=REGION, ZipFile=zip_of("new")
            ),
        )
    )

    run = changed.run()

    (result,) = run.functions
    assert (Status.IN_SYNC, ()) == (result.status, result.steps)
    assert 1 == len(changed.writes)
    assert changed.writes[0] in ("UpdateFunctionCode -> 412", "UpdateFunctionCode -> 409")
    assert 0 == count(run).update


def test_a_mode_put_is_told_by_mode_and_place(world: World) -> None:
    """$LATEST and the version have modes of their own, and each has a record of its own."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.package("app", "same")
    world.declare(app=f"{PUBLISHED}\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}")

    result = world.one()

    assert [
        ("PutRuntimeManagementConfig", True, "FunctionUpdate on $LATEST"),
        ("PutRuntimeManagementConfig", True, "FunctionUpdate on version 1"),
    ] == told(result)
    assert FUNCTION_UPDATE == world.mode("app", "1")


class Forgetful:
    """The real calls, but for a list of versions that shows nothing."""

    def __init__(self, functions: BotoLambdaFunctions) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def newest_version(self, _: str) -> None:
        """See no version."""


def test_a_publish_that_found_nothing_to_publish_is_not_counted(world: World) -> None:
    """The version was there already: told, successful, and no change."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.package("app", "same")
    world.declare(app=PUBLISHED)
    world.wrap = Forgetful

    run = world.run()

    (result,) = run.functions
    assert [(True, False)] == [(record.succeeded, record.changed) for record in result.steps]
    assert Status.IN_SYNC == result.status
    assert (0, 0) == (count(run).update, count(run).publish)
    assert ["PublishVersion"] == world.writes


def test_a_plan_counts_what_would_be_done(changed: World) -> None:
    """Nothing was done, so that there is no record; the plan's steps count."""
    changed.declare(app=PUBLISHED)

    run = changed.run(plan_only=True)

    assert () == run.functions[0].steps
    assert (1, 1) == (count(run).update, count(run).publish)
    assert [] == changed.writes


def test_a_lost_publish_that_failed_is_not_reported_as_a_success(changed: World) -> None:
    """The version is there, and it is Failed: what the plan says, the record says too."""
    changed.plane.update_function_configuration(
        "app", region=REGION, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    changed.plane.settle_now("app", region=REGION)
    changed.declare(app="code: {zipFile: app.zip}\npublish: true")
    changed.sandbox.inject(
        Fault(
            operation="PublishVersion",
            lose_answer=True,
            fail_update=("FunctionError.InitTimeout", "slow"),
        )
    )

    result = changed.one()

    assert [("PublishVersion", False)] == [
        (type(step.step).__name__, step.succeeded)
        for step in result.steps
        if type(step.step).__name__ == "PublishVersion"
    ]


def test_one_effect_of_two_sends_is_one_success(changed: World) -> None:
    """A send that never arrived and its repetition whose answer was lost are one update."""
    changed.sandbox.inject(Fault(operation="UpdateFunctionCode", close_before=True))
    changed.sandbox.inject(Fault(operation="UpdateFunctionCode", lose_answer=True))

    result = changed.one()

    updates = [step for step in result.steps if type(step.step).__name__ == "UpdateFunctionCode"]
    assert [True] == [step.succeeded for step in updates]


def test_a_stop_during_the_guard_read_keeps_the_write_back(world: World) -> None:
    """The signal came after the step was chosen and before it was sent: it is not sent."""
    world.create("app", "same")
    world.declare(app="runtimeManagement: {updateRuntimeOn: FunctionUpdate}")
    world.sandbox.inject(
        Fault(operation="GetRuntimeManagementConfig", skip=1, run=lambda: world.stop.request(15))
    )

    result = world.one()

    assert [] == world.writes
    assert (Status.NOT_ATTEMPTED, ()) == (result.status, result.steps)


def test_throttling_does_not_use_up_the_tries_of_other_failures(changed: World) -> None:
    """Many refused for the quota, then one conflict: there is patience left for that."""
    changed.sandbox.inject(
        Fault(operation="UpdateFunctionCode", status=429, code="ThrottlingException", times=7)
    )
    changed.sandbox.inject(
        Fault(operation="UpdateFunctionCode", status=409, code="ResourceConflictException")
    )

    assert Status.UPDATED == changed.one().status
