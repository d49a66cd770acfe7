"""The loop of one function that is stopped, or that reads what is not true any more."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.model import (
    LATEST,
    LATEST_PUBLISHED,
    Failure,
    FailureKind,
    LastUpdateStatus,
    Publish,
    PublishVersion,
    ReconcileError,
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
    version,
)
from tests.unit.functions import NOT_FOUND, Functions
from tests.unit.scene import (
    BUSY,
    DENIED,
    DONE,
    GUESS,
    LIST,
    READ,
    UPDATE,
    Scene,
    ends,
    wants,
)

if TYPE_CHECKING:
    from reconciler.model import LiveFunction, PublishedVersion


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
    assert [READ, GUESS, UPDATE, READ, READ] == scene.functions.calls
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


@pytest.mark.parametrize(
    ("state", "record"),
    [
        (State.ACTIVE, (PublishVersion, DONE, "version 1")),
        (State.FAILED, (PublishVersion, StepStatus.FAILED, "version 1 is Failed")),
    ],
)
def test_a_stop_after_a_version_was_made_takes_the_answer_for_it(
    state: State, record: tuple[type, StepStatus, str]
) -> None:
    """AWS's answer had its state, so that nothing needs to be read."""
    functions = Functions(live(code=NEW))
    functions.makes = state
    before, read = functions.latest, functions.get_function

    async def lagging(name: str) -> LiveFunction:
        await read(name)
        return before

    functions.get_function = lagging  # type: ignore[method-assign,assignment]  # AWS's lag
    result = Scene(functions, wants(publish=Publish())).stopped_at("waiting for $LATEST: the acc")
    assert [READ, LIST, "PublishVersion None if revision-1", READ] == functions.calls
    assert [record] == ends(result)
    assert Status.INTERRUPTED is result.status


def test_a_stop_whose_last_look_fails_says_what_is_known(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nothing is tried again: the time is up; why it failed is for the log."""
    caplog.set_level("DEBUG", "reconciler")
    scene = Scene(Functions(live()))
    scene.functions.polls = 9
    scene.functions.fails[READ] = [None, None, BUSY]
    result = scene.stopped_at("waiting for $LATEST")
    assert [(UpdateFunctionCode, StepStatus.IN_FLIGHT, "accepted, not settled")] == ends(result)
    assert 3 == scene.functions.calls.count(READ)
    (record,) = [each for each in caplog.records if each.name.startswith("reconciler")]
    assert "no last look" == record.message
    assert record.exc_info is not None
    assert ReconcileError is record.exc_info[0]


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
    put = "PutRuntimeManagementConfig (FunctionUpdate on $LATEST)"
    shown = f"waiting for {LATEST}: the accepted mode does not show yet"
    assert [put, shown, shown, shown, put] == scene.said[:5]


def test_the_mode_of_a_version_that_does_not_show_yet_is_waited_for() -> None:
    """The version is known to be there; $LATEST that is not found is no function of ours."""
    wanted = wants(publish=Publish(), runtime_management=declared(AUTO))
    scene = Scene(Functions(live(code=NEW)), wanted)
    scene.functions.fails["mode 1"] = [None]
    assert Status.UPDATED is scene.apply().status
    assert any("version 1 cannot be read: not found" in line for line in scene.said)

    scene = Scene(Functions(live(code=NEW)), wanted)
    scene.functions.fails[f"mode {LATEST}"] = [None]
    assert NOT_FOUND == scene.apply().failure


def _publishes_in_place(*versions: PublishedVersion) -> Scene:
    functions = Functions(live(code=NEW, managed_instances=True), versions=versions)
    return Scene(functions, wants(publish=Publish(to_latest_published=True)))


def test_a_version_in_place_is_read_by_its_name_and_need_not_be_there() -> None:
    """A function that was never published has none: that is a difference, and no failure."""
    scene = _publishes_in_place(version(LATEST_PUBLISHED, code=NEW))
    assert Status.IN_SYNC is scene.apply().status
    assert [READ, f"{READ} {LATEST_PUBLISHED}"] == scene.functions.calls

    scene = _publishes_in_place()
    assert Status.PLANNED is scene.show().status
    assert [READ, f"{READ} {LATEST_PUBLISHED}"] == scene.functions.calls


def test_a_version_in_place_is_waited_for_by_its_last_update() -> None:
    """It stays Active while AWS puts other code into it."""
    busy = replace(
        version(LATEST_PUBLISHED, code=NEW), last_update_status=LastUpdateStatus.IN_PROGRESS
    )
    scene = _publishes_in_place(busy)
    scene.settings = WaitSettings(version_timeout=2)
    waits = f"waiting for version {LATEST_PUBLISHED}: LastUpdateStatus is InProgress"
    assert Status.FAILED is scene.apply().status
    assert {waits} == set(scene.said)


def test_a_version_in_place_that_may_not_be_read_is_a_failure() -> None:
    """Whether it is there is not known then."""
    scene = _publishes_in_place()
    scene.functions.fails[READ] = [None, DENIED]
    assert DENIED == scene.show().failure


def test_without_revision_ids_nothing_is_doubted() -> None:
    """An API without them, as some emulators have it: the first reading counts."""
    scene = Scene(Functions(live(revision_id=None)), wants(publish=Publish()))
    assert Status.UPDATED is scene.apply().status
    assert ["UpdateFunctionCode (x86_64)", "PublishVersion"] == scene.said


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


# Readings that fail or take too long.


@pytest.mark.parametrize(
    ("polls", "what"),
    [
        (0, "30 s were not enough"),
        (1, "$LATEST has not settled within 30 s: LastUpdateStatus is InProgress"),
    ],
    ids=["at-once", "while-it-settles"],
)
def test_a_reading_that_never_comes_ends_with_the_functions_time(polls: int, what: str) -> None:
    """Said with how the function stood, as far as that is known."""
    functions = Functions(live())
    functions.polls = polls
    read, scene = (
        functions.get_function,
        Scene(functions, settings=WaitSettings(function_timeout=30)),
    )

    async def slow(name: str) -> LiveFunction:
        if len(functions.sent) == polls and len(scene.said) == 2 * polls:
            await asyncio.sleep(1000)
        return await read(name)

    functions.get_function = slow  # type: ignore[method-assign,assignment]  # AWS, which drips
    result = scene.apply()
    assert result.failure is not None
    assert (what, 30) == (result.failure.what, scene.seconds)


def test_a_reading_that_is_refused_ends_the_wait() -> None:
    """What AWS says counts, and not that a wait was going on."""
    scene = Scene(Functions(live()))
    scene.functions.polls = 9
    scene.functions.fails[READ] = [None, None, DENIED]
    result = scene.apply()
    assert DENIED == result.failure
    assert [(UpdateFunctionCode, StepStatus.IN_FLIGHT, "accepted, not settled")] == ends(result)


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
