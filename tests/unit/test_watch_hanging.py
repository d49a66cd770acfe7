"""A watch of which one region gives no answer, on the virtual clock."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from reconciler import fleet
from reconciler.model import Failure, FailureKind, Scope
from tests.unit.watch_world import DENIED, Region, Scene, task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import FunctionResult

MINUTE = 60.0
HERE = [f"here-{number}" for number in range(5)]
THERE = [f"there-{number:02}" for number in range(40)]
FAR = ("us-east-1", "us-east-2", "us-west-1", "us-west-2")


def two_regions(far: Sequence[str] = FAR[:1], interval: float = 60) -> Scene:
    """Declare functions here and, far away, as many in each of the regions."""
    scene = Scene.of(
        *HERE,
        *(f"{name}-{region}" for region in far for name in THERE),
        pace=fleet.Pace(interval=interval),
    )
    scene.tasks = [
        *(task(name) for name in HERE),
        *(task(f"{name}-{region}", region) for region in far for name in THERE),
    ]
    return scene


def test_a_change_here_is_found_while_another_region_hangs() -> None:
    """In the round after it, and in no more than half a minute beside the interval."""
    scene = two_regions(FAR)
    scene.at = {
        5 * MINUTE: lambda: scene.region.hangs.update(FAR),
        10 * MINUTE: lambda: scene.region.change("here-3"),
    }
    scene.watch(15 * MINUTE)
    (found,) = [at for at in scene.region.asked("GetFunction here-3") if at > 10 * MINUTE][:1]
    looks = scene.region.asked("GetFunction here-3")
    assert found - 10 * MINUTE <= 60 * 1.1 + 30
    assert len(looks) >= 2
    assert [f"{region}: no answer within 30 s" for region in FAR] == sorted(
        each.rpartition(": what")[0] for each in scene.troubles
    )
    assert not scene.rounds[-1][1].complete


def test_a_first_round_does_not_wait_for_a_region_that_hangs() -> None:
    """The others have their next ones, and nobody works on a function twice at once."""
    scene = two_regions()
    scene.region.hangs = set(FAR)
    scene.watch(6 * MINUTE)
    begun = [at for at, done in scene.rounds if done.number != 1]
    assert begun[0] <= 60 * 1.1 + 30
    assert all(later - earlier <= 60 * 1.1 for earlier, later in pairwise(begun))


def test_a_region_that_hangs_holds_one_request_of_the_survey() -> None:
    """However long it hangs, and however many functions are there: each takes a thread."""
    scene = two_regions()
    scene.at = {5 * MINUTE: lambda: scene.region.hangs.update(FAR)}
    scene.watch(6 * MINUTE + 50)
    times = Counter(
        int(at // MINUTE)
        for at, what in scene.region.log
        if at > 5 * MINUTE and ("there" in what or what == "ListFunctions")
    )
    assert 3 >= times.total()


def test_a_region_that_answers_again_is_looked_at_again() -> None:
    """Its changes are found as before."""
    scene = two_regions()
    changed = f"there-07-{FAR[0]}"
    scene.at = {
        5 * MINUTE: lambda: scene.region.hangs.update(FAR),
        10 * MINUTE: scene.region.hangs.clear,
        11 * MINUTE: lambda: scene.region.change(changed),
    }
    scene.watch(14 * MINUTE)
    assert [at for at in scene.region.asked(f"GetFunction {changed}") if at > 11 * MINUTE]
    assert scene.rounds[-1][1].complete


def test_manifests_are_read_again_while_a_region_hangs() -> None:
    """What is new in them is looked at."""
    scene = two_regions()
    scene.at = {
        5 * MINUTE: lambda: scene.region.hangs.update(FAR),
        7 * MINUTE: lambda: scene.manifests.append([*scene.tasks, task("new")]),
    }
    scene.watch(10 * MINUTE)
    (first, *_) = scene.region.asked("GetFunction new")
    assert first <= 7 * MINUTE + 60 * 1.1 + 30


def test_the_regions_are_one_after_the_other_for_nobody() -> None:
    """A slow list of one does not add to that of another."""
    scene = two_regions(FAR)
    region: Region = scene.region
    slow = {f"{name}-{each}": 10.0 for name in THERE for each in FAR} | {"here-0": 10.0}
    scene.in_round = lambda _: region.seconds.update(slow)
    scene.watch(3 * MINUTE)
    assert all(done.seconds <= 45 for _, done in scene.rounds[1:])


def test_a_watch_that_never_reached_aws_is_not_ready() -> None:
    """Neither while its first round is under way beside others, nor when it has failed."""
    scene = two_regions()
    scene.region.hangs = {*FAR, "eu-west-1"}
    ready, unknown = set(), set()
    later = range(10, 15 * int(MINUTE), 10)
    scene.at = {at: lambda: ready.add(scene.made.health.not_ready is None) for at in later}
    scene.in_round = lambda done: unknown.add((done.number == 1, scene.made.health.unknown > 0))
    scene.watch(15 * MINUTE)
    assert {False} == ready
    assert {(False, True), (True, False), (False, False)} == unknown


def test_a_watch_is_ready_when_aws_answers_at_last() -> None:
    """The tries beside the rounds show it: nobody waits for the next round."""
    scene = two_regions(interval=3600)
    scene.region.hangs = {*FAR, "eu-west-1"}
    scene.at = {7 * MINUTE: scene.region.hangs.clear}
    scene.watch(20 * MINUTE)
    assert scene.made.health.not_ready is None


EXPIRED = Failure(
    FailureKind.PERMANENT,
    "GetFunction: the token has expired",
    "get new credentials",
    code="ExpiredTokenException",
    request_id="1",
    scope=Scope.RUN,
)


def test_pauses_end_when_credentials_are_valid_again() -> None:
    """The first function that gets through shows it for all, however long each was to wait."""
    scene = Scene.of(*HERE, pace=fleet.Pace(interval=7200))
    fails = scene.region.fails
    fails.update(dict.fromkeys(HERE, EXPIRED))
    fails["here-0"] = DENIED
    scene.at = {2 * 3600 - 1: fails.clear}
    scene.watch(4 * 3600)
    tried = [scene.region.asked(f"GetFunction {name}") for name in HERE[1:]]
    again = [next(at for at in times if at > 2 * 3600 - 1) for times in tried]
    assert max(again) - min(again) <= 15


def test_pauses_of_functions_that_fail_by_themselves_go_on() -> None:
    """That another is well says nothing of them."""
    scene = Scene.of(*HERE, pace=fleet.Pace(interval=30))
    scene.region.fails["here-0"] = DENIED
    scene.at = {at: lambda: scene.region.change("here-1") for at in range(0, 3600, 20)}
    scene.watch(3600)
    assert 100 <= len(scene.region.asked("GetFunction here-1"))
    assert 10 >= len(scene.region.asked("GetFunction here-0"))


def test_what_keeps_all_functions_from_aws_is_told_once() -> None:
    """With their number, and not once for each."""
    scene = Scene.of(*HERE)
    scene.region.fails.update(dict.fromkeys(HERE, EXPIRED))
    told: list[FunctionResult] = []
    scene.finished = told.append  # type: ignore[method-assign, assignment]  # to hear it
    scene.watch(5)
    assert ["5 functions failed: GetFunction: the token has expired; get new credentials"] == (
        scene.troubles
    )
    assert [] == told
