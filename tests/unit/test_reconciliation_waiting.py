"""The loop of one function that is stopped, or that reads what is not true any more."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    Failure,
    FailureKind,
    Publish,
    PublishVersion,
    State,
    Status,
    StepStatus,
    UpdateFunctionCode,
)
from reconciler.reconcile import WaitSettings, words
from tests.unit.builders import (
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    X86,
    declared,
    live,
)
from tests.unit.functions import Functions
from tests.unit.scene import (
    BUSY,
    DENIED,
    DONE,
    LIST,
    READ,
    UPDATE,
    Scene,
    ends,
    wants,
)

if TYPE_CHECKING:
    from reconciler.model import LiveFunction


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


def test_a_stop_finds_a_version_that_has_just_settled() -> None:
    """It was made by this run, although the last look does not read $LATEST's RevisionId anew."""
    scene = Scene(Functions(live(code=NEW)), wants(publish=Publish()))
    scene.functions.version_polls = 1
    result = scene.stopped_at("waiting for version 1")
    assert [(PublishVersion, DONE, "version 1")] == ends(result)
    assert [True] == [record.changed for record in result.steps]


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


# How long, when nothing else is said.


def test_a_function_has_five_minutes() -> None:
    """As the command's help says; a zip update settles in seconds."""
    functions = Functions(live())
    functions.polls = 10_000
    scene = Scene(functions)
    result = scene.apply()
    assert 300 == scene.seconds
    limit = words.Limit(300, "--function-timeout")
    said = words.unsettled(LATEST, "LastUpdateStatus is InProgress", limit)
    assert said == result.failure


def test_a_version_has_half_an_hour_of_its_own() -> None:
    """AWS's own waiter allows 26 minutes for a snapshot; what the function had left stays."""
    functions = Functions(live(code=NEW))
    functions.version_polls = 10_000
    scene = Scene(functions, wants(publish=Publish()))
    result = scene.apply()
    assert 1800 == scene.seconds
    limit = words.Limit(1800, "--version-timeout")
    assert words.unsettled("version 1", "State is Pending", limit) == result.failure


def test_the_last_look_takes_five_seconds_at_most() -> None:
    """Whoever stops a run waits for it."""
    functions = Functions(live())
    functions.polls = 9
    read, scene = functions.get_function, Scene(functions)

    async def slow(name: str) -> LiveFunction:
        found = await read(name)
        if scene.said[-1:] == ["waiting for $LATEST: LastUpdateStatus is InProgress"]:
            await asyncio.sleep(1000)
        return found

    functions.get_function = slow  # type: ignore[method-assign,assignment]  # AWS, which drips
    result = scene.stopped_at("waiting for $LATEST")
    assert 5 == scene.seconds
    assert Status.INTERRUPTED is result.status
