"""A watch while something fails: a function, a list, a manifest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.fleet import MaxChanges
from reconciler.model import Status
from reconciler.sandbox import Fault
from tests.effects.test_watch import NAMES, a_fleet
from tests.effects.watching import OFTEN
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.watching import Watching
    from tests.effects.world import World

MANY = 1_000_000
DENIED = {
    "status": 403,
    "code": "AccessDeniedException",
    "message": "User: u is not authorized to perform: lambda:ListFunctions on resource: *",
}
LOOKS = sorted(f"GetFunction {name}" for name in NAMES)


def test_without_the_list_each_function_is_looked_at(world: World) -> None:
    """It needs Resource "*", which not everybody allows; that is said once."""
    watching = a_fleet(world)
    world.sandbox.inject(Fault("ListFunctions", times=MANY, **DENIED))  # type: ignore[arg-type]  # of many types
    watching.run(4)
    for calls in watching.calls[1:]:
        assert ["ListFunctions", *LOOKS] == [calls[0], *sorted(calls[1:])]
    (said,) = watching.troubles
    assert "ListFunctions" in said
    assert "every function is looked at in each round" in said
    assert all(done.complete for done in watching.rounds)


def test_a_list_that_cannot_be_had_for_a_while_is_waited_for(world: World) -> None:
    """What has not changed is left alone, and nobody takes the round for a whole one."""
    watching = a_fleet(world)
    world.wait = replace(world.wait, attempts=2)
    watching.pace = replace(OFTEN, first_retry=0.001, longest_retry=0.001)
    world.sandbox.inject(Fault("ListFunctions", times=4, status=500))
    watching.run(4)
    assert [["ListFunctions"] * 2, ["ListFunctions"] * 2, ["ListFunctions"]] == watching.calls[1:]
    assert [True, False, False, True] == [done.complete for done in watching.rounds]
    assert 1 == len(watching.troubles)


def test_a_page_that_is_throttled_is_asked_for_again(world: World) -> None:
    """And no other page."""
    watching = a_fleet(world, names=[f"app-{number:02}" for number in range(60)])
    world.sandbox.inject(
        Fault("ListFunctions", skip=1, status=429, code="TooManyRequestsException")
    )
    watching.run(2)
    assert ["ListFunctions"] * 3 == watching.calls[1]
    assert [] == watching.troubles


def failing(world: World) -> Watching:
    """Let one function of all be unreadable."""
    watching = a_fleet(world)
    world.sandbox.inject(Fault("GetFunction", function="app-3", times=MANY, **DENIED))  # type: ignore[arg-type]  # of many types
    return watching


def test_with_a_limit_of_changes_failing_functions_wait_for_a_round(world: World) -> None:
    """Else each try would have a limit of its own."""
    watching = failing(world)
    watching.max_changes = MaxChanges(9)
    watching.pace = replace(OFTEN, first_retry=1e-9, longest_retry=1e-9)
    watching.run(3)
    assert {"app-3": Status.FAILED} == watching.statuses()[2]
    assert [] == watching.tries


def test_a_refusal_is_told_when_it_appears_or_changes(world: World) -> None:
    """And not in each round that goes on with it."""
    watching = a_fleet(world)
    watching.max_changes = MaxChanges(1)

    def drift(*names: str) -> None:
        for name in names:
            world.plane.update_function_code(name, region=REGION, ZipFile=zip_of("rogue"))

    watching.after = {
        1: lambda: drift("app-1", "app-2"),
        3: lambda: drift("app-3"),
    }
    watching.run(5)
    assert [
        f"refused: {number} functions would change,"
        " and --max-changes 1 allows 1: nothing is written"
        for number in (2, 3)
    ] == watching.troubles


def test_a_changed_manifest_ends_the_pause(world: World) -> None:
    """Somebody may have found out what was wrong."""
    watching = failing(world)
    watching.changed = True
    watching.after[2] = lambda: world.declare(**{"app-3": "code: {zipFile: app.zip}\npublish: {}"})
    watching.run(3)
    assert [{}, {"app-3": Status.FAILED}] == watching.statuses()[1:]


def test_a_function_that_is_created_at_last_is_found_at_once(world: World) -> None:
    """The list shows it, however long the pause."""
    watching = a_fleet(world)
    world.declare(late="code: {zipFile: app.zip}")
    watching.after[2] = lambda: world.create("late", "old")
    watching.run(4)
    assert Status.FAILED == watching.statuses()[0]["late"]
    assert [{}, {"late": Status.UPDATED}, {}] == watching.statuses()[1:]


def test_a_function_whose_write_is_refused_is_not_written_in_each_round(world: World) -> None:
    """Only as often as its pauses allow."""
    watching = a_fleet(world)
    world.package("app", "new")
    world.sandbox.inject(Fault("UpdateFunctionCode", function="app-3", times=MANY, **DENIED))  # type: ignore[arg-type]  # of many types
    watching.run(3)
    assert Status.FAILED == watching.statuses()[0]["app-3"]
    assert [{}, {}] == watching.statuses()[1:]


def test_the_signal_between_rounds_leaves_nothing_half_way(world: World) -> None:
    """That is how a controller ends."""
    watching = a_fleet(world)
    assert watching.run(1)


def test_the_signal_while_an_update_settles_leaves_it_half_way(world: World) -> None:
    """The last report says how far it came."""
    watching = a_fleet(world)
    world.package("app", "new")
    world.plane.settle = 1e9
    world.grace = 1.0

    def stop(said: str) -> None:
        if said.startswith("waiting"):
            watching.stop.request(15)

    world.recorder.act = stop
    assert not watching.run(99)
    (only,) = watching.rounds
    assert only.news
    assert Status.INTERRUPTED in {each.status for each in only.result.functions}
    assert 15 == only.result.interrupted_by
