"""A signal in the middle of a run: what is done, what is in flight, and what is left."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from reconciler import fleet
from reconciler.model import Status, StepStatus
from reconciler.sandbox import Fault
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION

if TYPE_CHECKING:
    from reconciler.model import FunctionResult
    from tests.effects.world import World

EVERYTHING = """
code: {zipFile: app.zip}
runtimeManagement: {updateRuntimeOn: FunctionUpdate}
publish: true
"""


@pytest.fixture
def drifted(world: World) -> World:
    """Set up a function that needs its mode put, its code updated and a version published."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=EVERYTHING)
    return world


def told(result: FunctionResult) -> list[tuple[str, StepStatus, str | None]]:
    """Give operation, status and result of each step."""
    return [(type(each.step).__name__, each.status, each.result) for each in result.steps]


PUT = ("PutRuntimeManagementConfig", StepStatus.SUCCEEDED, "FunctionUpdate on $LATEST")
PUBLISH_LEFT = ("PublishVersion", StepStatus.NOT_ATTEMPTED, None)
DONE = ("UpdateFunctionCode", StepStatus.SUCCEEDED, "Successful")


def stop_when(world: World, words: str) -> None:
    """Stop the run when it says this."""

    def act(message: str) -> None:
        if words in message:
            world.stop.request(15)

    world.recorder.act = act


def test_an_update_in_progress_is_in_flight_and_says_where_it_stands(drifted: World) -> None:
    """One last reading tells; what comes after it is named as not attempted."""
    drifted.plane.settle = 1e9
    stop_when(drifted, "waiting for $LATEST: LastUpdateStatus is InProgress")

    result = drifted.one()

    assert Status.INTERRUPTED == result.status
    in_flight = "accepted, not settled: LastUpdateStatus is InProgress"
    assert [PUT, ("UpdateFunctionCode", StepStatus.IN_FLIGHT, in_flight), PUBLISH_LEFT] == told(
        result
    )
    assert result.failure is not None
    assert "interrupted while waiting for UpdateFunctionCode (x86_64)" == result.failure.what


def test_an_update_that_has_ended_meanwhile_is_done(drifted: World) -> None:
    """The last reading finds it Successful, and nothing more is begun."""
    drifted.plane.settle = 1e9
    stop_when(drifted, "waiting for $LATEST: LastUpdateStatus is InProgress")
    drifted.sandbox.inject(
        Fault("GetFunction", skip=4, run=lambda: drifted.plane.settle_now("app", region=REGION))
    )

    result = drifted.one()

    assert [PUT, DONE, PUBLISH_LEFT] == told(result)
    assert ["PutRuntimeManagementConfig", "UpdateFunctionCode"] == drifted.writes


def test_a_version_that_is_pending_is_in_flight(drifted: World) -> None:
    """Its own State is read once more, by its number."""
    drifted.sandbox.inject(Fault("PublishVersion", settle=1e9))
    stop_when(drifted, "waiting for version 1")

    result = drifted.one()

    in_flight = "accepted, not settled: State is Pending"
    assert [PUT, DONE, ("PublishVersion", StepStatus.IN_FLIGHT, in_flight)] == told(result)


def test_a_mode_is_put_when_aws_says_so(drifted: World) -> None:
    """There is nothing to wait for, and nothing is read for it."""
    drifted.sandbox.inject(
        Fault("PutRuntimeManagementConfig", run=lambda: drifted.stop.request(15))
    )

    result = drifted.one()

    assert [
        PUT,
        ("UpdateFunctionCode", StepStatus.NOT_ATTEMPTED, None),
        PUBLISH_LEFT,
    ] == told(result)
    assert FUNCTION_UPDATE == drifted.mode("app")


def test_a_write_without_an_answer_is_in_flight(drifted: World) -> None:
    """Nobody knows yet; the next run will find out."""
    drifted.sandbox.inject(
        Fault("UpdateFunctionCode", run=lambda: drifted.stop.request(15), lose_answer=True)
    )

    result = drifted.one()

    lost = ("UpdateFunctionCode", StepStatus.IN_FLIGHT, "sent, no answer came")
    assert [PUT, lost, PUBLISH_LEFT] == told(result)


def test_a_last_reading_that_fails_changes_nothing(drifted: World) -> None:
    """It is tried once; then the report says what is known."""
    drifted.plane.settle = 1e9
    stop_when(drifted, "waiting for $LATEST: LastUpdateStatus is InProgress")
    drifted.sandbox.inject(Fault("GetFunction", skip=4, times=99, status=500))

    result = drifted.one()

    assert ("UpdateFunctionCode", StepStatus.IN_FLIGHT, "accepted, not settled") in told(result)
    assert 4 == drifted.calls.count("GetFunction -> 500") + drifted.calls.count("GetFunction")


def test_a_call_that_hangs_is_not_waited_for_beyond_the_grace(drifted: World) -> None:
    """The report is written without its answer, and the others' results are in it."""
    answered = threading.Event()
    drifted.grace = 0.2

    def hang() -> None:
        drifted.signal(15)
        answered.wait(30)

    drifted.sandbox.inject(Fault("UpdateFunctionCode", run=hang))
    drifted.create("other", "same")
    drifted.declare(other="architecture: x86_64")
    try:
        run = drifted.run()
    finally:
        answered.set()

    by_name = {each.spec.name: each for each in run.functions}
    assert Status.INTERRUPTED == by_name["app"].status
    lost = ("UpdateFunctionCode", StepStatus.IN_FLIGHT, "sent, no answer came")
    assert [PUT, lost, PUBLISH_LEFT] == told(by_name["app"])
    assert Status.IN_SYNC == by_name["other"].status
    assert 15 == run.interrupted_by


def test_the_next_run_goes_on_from_there(drifted: World) -> None:
    """Nothing is done twice, and nothing is left out."""
    drifted.plane.settle = 1e9
    stop_when(drifted, "waiting for $LATEST")
    drifted.one()
    drifted.recorder.act = None
    drifted.stop = fleet.Stop()
    drifted.plane.settle = 0
    drifted.plane.settle_now("app", region=REGION)

    result = drifted.one()

    assert Status.UPDATED == result.status
    assert ["PublishVersion", "PutRuntimeManagementConfig 1"] == drifted.writes
    assert ["1"] == drifted.versions("app")
    assert AUTO != drifted.mode("app")


def test_a_bug_in_the_last_reading_loses_no_report(drifted: World) -> None:
    """Whatever is raised there, what is known is said, of this function and of the others."""
    drifted.plane.settle = 1e9
    stop_when(drifted, "waiting for $LATEST: LastUpdateStatus is InProgress")

    class Broken:
        def __init__(self, functions: object) -> None:
            self._functions = functions

        def __getattr__(self, name: str) -> object:
            if name == "get_function" and drifted.stop.event.is_set():
                raise TypeError("a bug")
            return getattr(self._functions, name)

    drifted.wrap = Broken

    result = drifted.one()

    assert ("UpdateFunctionCode", StepStatus.IN_FLIGHT, "accepted, not settled") in told(result)
