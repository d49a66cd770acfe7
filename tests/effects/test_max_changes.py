"""--max-changes: all functions are planned before the first is changed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from reconciler.fleet import MaxChanges
from reconciler.model import Status, TooManyChanges
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

CODE = "code: {zipFile: new.zip}"
DENIED = "AccessDeniedException"


@pytest.fixture
def five(world: World) -> World:
    """Set up two functions that drifted, one that did not, one suspended, and one absent."""
    world.package("new", "new")
    for name, text in {"a": "old", "b": "old", "c": "new", "d": "old"}.items():
        world.create(name, text)
        world.declare(**{name: CODE})
    world.declare(d=f"{CODE}\nsuspend: true", e=CODE)
    return world


def statuses(world: World) -> list[str]:
    """Run, and give how each function ended."""
    return [str(each.status) for each in world.run().functions]


def test_a_plan_that_changes_too_much_writes_nothing(five: World) -> None:
    """The result is that of a plan, and says how many it would be."""
    five.max_changes = MaxChanges(1)

    run = five.run()

    assert TooManyChanges(planned=2, allowed=1, limit="1") == run.too_many
    assert run.plan_only
    assert ["Planned", "Planned", "InSync", "Suspended", "Failed"] == [
        str(each.status) for each in run.functions
    ]
    assert [] == five.writes
    assert Counter({"GetFunction": 5}) == five.sent


def test_a_plan_within_the_limit_is_applied(five: World) -> None:
    """What is in sync, suspended or unreadable is not read again."""
    five.max_changes = MaxChanges(2)

    assert ["Updated", "Updated", "InSync", "Suspended", "Failed"] == statuses(five)
    assert ["UpdateFunctionCode"] * 2 == five.writes
    assert 5 + 2 * 2 == five.calls.count("GetFunction") + five.calls.count("GetFunction -> 404")
    ends = [line for line in five.recorder.said if line.split(": ")[1] in set(Status)]
    assert ["a", "b", "c", "d", "e"] == sorted(line.split(":")[0] for line in ends)


@pytest.mark.parametrize(
    ("limit", "writes"), [("0", 0), ("0%", 0), ("39%", 0), ("40%", 2), ("100%", 2)]
)
def test_a_share_is_of_all_functions_of_the_run_rounded_down(
    five: World, limit: str, writes: int
) -> None:
    """40 % of five are two."""
    five.max_changes = MaxChanges.parse(limit)
    five.run()
    assert ["UpdateFunctionCode"] * writes == five.writes


def test_a_function_that_could_not_be_planned_is_left_alone(five: World) -> None:
    """Nobody knows what it would have been; the next run will see."""
    five.max_changes = MaxChanges(2)
    five.sandbox.inject(Fault("GetFunction", function="a", times=7, status=500))

    assert ["Failed", "Updated", "InSync", "Suspended", "Failed"] == statuses(five)
    assert ["UpdateFunctionCode"] == five.writes


def test_a_function_that_drifts_after_the_plans_is_left_alone(five: World) -> None:
    """No more functions are changed than were shown to be, whatever happens meanwhile."""
    five.max_changes = MaxChanges(2)
    five.sandbox.inject(
        Fault("UpdateFunctionCode", run=lambda: five.plane.delete_function("c", region="eu-west-1"))
    )

    assert ["Updated", "Updated", "InSync", "Suspended", "Failed"] == statuses(five)


def test_what_others_change_after_the_plan_is_named(five: World) -> None:
    """The plan that was counted was made from something else."""
    five.max_changes = MaxChanges(2)

    def rival() -> None:
        five.plane.update_function_code("a", region=REGION, ZipFile=zip_of("theirs"))
        five.plane.settle_now("a", region=REGION)

    five.sandbox.inject(Fault("GetFunction", function="a", skip=1, run=rival))

    result = five.run().functions[0]

    assert (Status.UPDATED, ["code"]) == (
        result.status,
        [change.field for change in result.foreign_changes],
    )


def test_a_plan_says_that_apply_would_refuse(five: World) -> None:
    """So that the pull request shows it."""
    five.max_changes = MaxChanges(1)
    assert five.run(plan_only=True).too_many is not None
    five.max_changes = MaxChanges(2)
    assert five.run(plan_only=True).too_many is None


def test_a_signal_while_planning_attempts_nothing(five: World) -> None:
    """Functions that were planned are not begun."""
    five.max_changes = MaxChanges(2)
    five.sandbox.inject(Fault("GetFunction", skip=4, run=lambda: five.stop.request(15)))

    assert {"NotAttempted", "InSync", "Suspended"} >= set(statuses(five)) - {"Failed"}
    assert [] == five.writes


def test_what_is_safe_beside_a_refusal_is_a_change_too(world: World) -> None:
    """The newest version is Failed, which nobody can mend here; the mode of $LATEST can be put."""
    world.create("app", "same")
    world.package("same", "same")
    world.sandbox.inject(Fault("PublishVersion", fail_update=("FunctionError", "of the test")))
    world.declare(app="code: {zipFile: same.zip}\npublish: true")
    world.one()
    world.declare(
        app="code: {zipFile: same.zip}\npublish: true\n"
        "runtimeManagement: {updateRuntimeOn: FunctionUpdate}"
    )
    world.max_changes = MaxChanges(0)
    assert world.run().too_many is not None
    world.max_changes = MaxChanges(1)

    assert Status.FAILED == world.one().status
    assert ["PutRuntimeManagementConfig"] == world.writes


def test_a_plan_that_was_not_begun_is_shown(five: World) -> None:
    """After a signal the report still says what the plans had found."""
    five.max_changes = MaxChanges(2)
    five.sandbox.inject(Fault("UpdateFunctionCode", run=lambda: five.stop.request(15)))

    results = five.run(parallelism=1).functions

    assert ["Interrupted", "NotAttempted"] == [str(each.status) for each in results[:2]]
    assert results[1].plan is not None
    assert ["code"] == [change.field for change in results[1].plan.changes]


def test_an_end_is_told_once_and_when_it_has_come(five: World) -> None:
    """A plan is no end: what is applied after it ends with its last write, as it then stands."""
    five.max_changes = MaxChanges(2)

    five.run()

    said = five.recorder.said
    ends = [line for line in said if line.split(": ")[1] in set(Status)]
    assert ["a: Updated", "b: Updated", "c: InSync", "d: Suspended", "e: Failed"] == sorted(ends)
    for name in ("a", "b"):
        assert said.index(f"{name}: UpdateFunctionCode (x86_64)") < said.index(f"{name}: Updated")


def test_a_failure_is_told_when_it_happens(five: World) -> None:
    """Not with the end of the run: others may be at work for a long time."""
    five.max_changes = MaxChanges(2)
    five.sandbox.inject(Fault("UpdateFunctionCode", function="a", status=403, code=DENIED))

    five.run(parallelism=1)

    said = five.recorder.said
    assert 1 == said.count("a: Failed")
    assert said.index("a: Failed") < said.index("b: UpdateFunctionCode (x86_64)")


def test_a_refused_plan_is_the_end_of_each_function(five: World) -> None:
    """Told once as well, when it is known that nothing follows."""
    five.max_changes = MaxChanges(1)

    five.run()

    assert ["a: Planned", "b: Planned", "c: InSync", "d: Suspended", "e: Failed"] == sorted(
        five.recorder.said
    )
