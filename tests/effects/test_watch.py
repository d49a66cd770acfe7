"""What a watch asks of AWS, round by round, and what it finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.fleet import MaxChanges
from reconciler.model import State, Status
from tests.effects.watching import OFTEN, Watching
from tests.effects.world import FUNCTION_UPDATE, REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

CODE = "code: {zipFile: app.zip}"
MODE = f"{CODE}\nruntimeManagement: {{updateRuntimeOn: Auto}}"
NAMES = [f"app-{number}" for number in range(9)]
"""More than a page of the list is worth, in readings of one function."""


def a_fleet(world: World, declared: str = CODE, names: list[str] = NAMES) -> Watching:
    """Set up functions in sync."""
    world.package("app", "same")
    for name in names:
        world.create(name, "same")
    world.declare(**dict.fromkeys(names, declared))
    return Watching(world)


def test_a_round_in_which_nothing_changed_is_one_list(world: World) -> None:
    """After the first, which reads everything, a page says all of up to 50 functions."""
    watching = a_fleet(world)
    assert watching.run(4)
    assert sorted(f"GetFunction {name}" for name in NAMES) == sorted(watching.calls[0])
    assert [["ListFunctions"]] * 3 == watching.calls[1:]
    assert [{"GetFunction": 9}, *[{"ListFunctions": 1}] * 3] == [
        done.result.calls for done in watching.rounds
    ]


def test_what_is_declared_beside_the_code_costs_nothing_more(world: World) -> None:
    """Modes are in no list; they are read when the sweep comes to them."""
    watching = a_fleet(world, MODE)
    watching.run(3)
    assert [["ListFunctions"]] * 2 == watching.calls[1:]


def test_few_functions_are_read_one_by_one(world: World) -> None:
    """A page costs the scarce quota as much as 6 readings cost theirs, and says less."""
    watching = a_fleet(world, MODE, NAMES[:6])
    watching.run(2)
    assert sorted(f"GetFunction {name}" for name in NAMES[:6]) == sorted(watching.calls[1])


def test_of_few_functions_the_next_round_sees_their_health(world: World) -> None:
    """AWS may put one to rest as Failed at the same RevisionId; no list would say so."""
    watching = a_fleet(world, names=NAMES[:2])
    watching.after[1] = lambda: world.plane.set_status(
        "app-1", region=REGION, state=State.FAILED, state_reason_code="InvalidRuntime"
    )
    watching.run(2)
    assert {"app-1": Status.FAILED} == watching.statuses()[1]


def test_few_among_many_are_read_one_by_one(world: World) -> None:
    """A list that has cost as much as they do is given up, and not begun again."""
    watching = a_fleet(world)
    for number in range(120):
        world.create(f"Other-{number}")  # AWS lists them first
    watching.run(3)
    readings = sorted(f"GetFunction {name}" for name in NAMES)
    assert ["ListFunctions", "ListFunctions", *readings] == [
        *watching.calls[1][:2],
        *sorted(watching.calls[1][2:]),
    ]
    assert readings == sorted(watching.calls[2])


def test_the_list_is_read_no_further_than_to_the_last_of_ours(world: World) -> None:
    """Others' functions behind it are nobody's business."""
    watching = a_fleet(world)
    for number in range(60):
        world.create(f"other-{number}")  # AWS lists them last
    watching.run(3)
    assert [["ListFunctions"]] * 2 == watching.calls[1:]


def test_the_drift_of_one_function_is_found_in_the_next_round(world: World) -> None:
    """A rival's code has another RevisionId: that function alone is read, and put right."""
    watching = a_fleet(world)
    watching.after[2] = lambda: world.plane.update_function_code(
        "app-3", region=REGION, ZipFile=zip_of("rogue")
    )
    watching.run(4)
    assert "ListFunctions" == watching.calls[2][0]
    assert {"ListFunctions", "GetFunction app-3", "UpdateFunctionCode app-3"} == set(
        watching.calls[2]
    )
    assert {"app-3": Status.UPDATED} == watching.statuses()[2]
    assert [True, False, True, False] == [done.news for done in watching.rounds]
    assert ["ListFunctions"] == watching.calls[3]


def test_a_mode_that_no_list_shows_is_found_by_the_sweep(world: World) -> None:
    """Each function has its full look in time."""
    watching = a_fleet(world, MODE)
    watching.pace = replace(OFTEN, full_interval=0.001)
    watching.after[1] = lambda: world.put_mode("app-3", FUNCTION_UPDATE)
    watching.run(2)
    assert "PutRuntimeManagementConfig app-3" in watching.calls[1]
    assert Status.UPDATED == watching.statuses()[1]["app-3"]
    assert Status.IN_SYNC == watching.statuses()[1]["app-4"]


def test_what_is_swept_is_not_listed(world: World) -> None:
    """A list would say nothing more of a function that is looked at anyway."""
    watching = a_fleet(world)
    watching.pace = replace(OFTEN, full_interval=0.001)
    watching.run(2)
    assert sorted(f"GetFunction {name}" for name in NAMES) == sorted(watching.calls[1])


def test_a_new_package_is_deployed_without_another_manifest(world: World) -> None:
    """Its hash is another, though AWS shows the same RevisionIds."""
    watching = a_fleet(world)
    world.package("other", "same")
    world.declare(**{"app-3": "code: {zipFile: other.zip}"})
    watching.changed = True
    watching.after[2] = lambda: world.package("other", "new")
    watching.run(4)
    assert [{}, {"app-3": Status.UPDATED}, {}] == watching.statuses()[1:]


def test_a_manifest_that_moves_in_its_file_changes_nothing(world: World) -> None:
    """Only what is declared counts, not where."""
    watching = a_fleet(world)
    watching.changed = True

    def move() -> None:
        path = world.folder / "app-3.yaml"
        path.write_text("# a line more\n" + path.read_text())

    watching.after[1] = move
    watching.run(2)
    assert ["ListFunctions"] == watching.calls[1]


def test_broken_manifests_leave_the_last_good_ones_in_force(world: World) -> None:
    """Nothing is forgotten; the error is told once, and the watch says that it is not ready."""
    watching = a_fleet(world)
    watching.changed = True
    path = world.folder / "app-3.yaml"
    good = path.read_text()
    ready: list[str | None] = []

    def mend() -> None:
        ready.append(watching.health.not_ready)
        path.write_text(good)

    watching.after = {
        1: lambda: path.write_text("kind: Nonsense\n"),
        2: lambda: world.plane.update_function_code(
            "app-3", region=REGION, ZipFile=zip_of("rogue")
        ),
        3: mend,
    }
    watching.run(4)
    assert {"app-3": Status.UPDATED} == watching.statuses()[2]
    assert 1 == sum("stay in force" in each for each in watching.troubles)
    assert ready[0] is not None
    assert "app-3.yaml" in ready[0]
    assert watching.health.not_ready is None


def test_a_function_that_leaves_the_manifests_is_let_go(world: World) -> None:
    """It is neither looked at nor counted any more."""
    watching = a_fleet(world)
    watching.changed = True
    watching.after[1] = (world.folder / "app-3.yaml").unlink
    watching.run(2)
    assert {Status.IN_SYNC: 8} == watching.health.statuses
    assert 8 == watching.rounds[1].functions


def test_a_plan_shows_drift_and_writes_nothing(world: World) -> None:
    """What has been shown is not shown again."""
    watching = a_fleet(world)
    watching.plan_only = True
    watching.after[1] = lambda: world.package("app", "new")
    watching.changed = True
    watching.run(4)
    assert [True, True, False, False] == [done.news for done in watching.rounds]
    assert {Status.PLANNED} == set(watching.statuses()[2].values())
    assert not [call for calls in watching.calls for call in calls if call.startswith("Update")]


def test_a_suspended_function_is_shown_once_and_never_written(world: World) -> None:
    """In the first round, and when what is declared changes."""
    watching = a_fleet(world, f"{CODE}\nsuspend: true")
    world.package("app", "new")
    watching.run(3)
    assert {Status.SUSPENDED} == set(watching.statuses()[0].values())
    assert [["ListFunctions"]] * 2 == watching.calls[1:]
    assert [True, False, False] == [done.news for done in watching.rounds]


@pytest.mark.parametrize("limit", ["2", "25%"])
def test_the_limit_of_changes_holds_for_a_round(world: World, limit: str) -> None:
    """A share is one of all functions, however few of them are looked at."""
    watching = a_fleet(world)
    watching.max_changes = MaxChanges.parse(limit)

    def spoil(*names: str) -> None:
        for name in names:
            world.plane.update_function_code(name, region=REGION, ZipFile=zip_of("rogue"))

    watching.after = {1: lambda: spoil("app-1", "app-2"), 2: lambda: spoil(*NAMES[3:6])}
    watching.run(4)
    assert [None, None] == [done.result.too_many for done in watching.rounds[:2]]
    assert {"app-1": Status.UPDATED, "app-2": Status.UPDATED} == watching.statuses()[1]
    too_many = watching.rounds[2].result.too_many
    assert too_many is not None
    assert (3, 2) == (too_many.planned, too_many.allowed)
    assert {Status.PLANNED} == set(watching.statuses()[2].values())
    assert [True, True, True, False] == [done.news for done in watching.rounds]
