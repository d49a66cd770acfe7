"""Rounds, pauses and the sweep of a watch, on the virtual clock."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from itertools import pairwise

import pytest

from reconciler import fleet
from reconciler.model import Failure, FailureKind, Status
from tests.unit.watch_world import DENIED, Scene, task

MINUTE, HOUR = 60.0, 3600.0
MANY = [f"app-{number:04}" for number in range(1000)]
SOME = MANY[:10]
BUSY = Failure(FailureKind.TEMPORARY, "ListFunctions: busy", "run again")


def calls_per_round(scene: Scene) -> list[int]:
    return [sum(done.result.calls.values()) for _, done in scene.rounds]


def test_a_round_over_a_thousand_functions_costs_25_calls_at_most() -> None:
    """20 lists, and what the sweep has to look at; the first round reads all."""
    scene = Scene.of(*MANY)
    scene.watch(10 * HOUR)
    first, *others = calls_per_round(scene)
    assert 1000 == first
    assert 20 <= min(others)
    assert 25 >= max(others)


def test_the_sweep_goes_round_in_its_time() -> None:
    """Each function has had two full looks beside the first, and none was passed over."""
    scene = Scene.of(*MANY[:100], pace=fleet.Pace(full_interval=2 * HOUR))
    scene.watch(4 * HOUR + 6 * MINUTE)
    looks = Counter(what for _, what in scene.region.log if what.startswith("GetFunction"))
    assert 100 == len(looks)
    assert {3} >= set(looks.values()) - {4}


def test_the_pace_of_the_sweep_is_even() -> None:
    """No round looks at more than its share, rounded up, and what the jitter of pauses adds."""
    scene = Scene.of(*MANY[:120], pace=fleet.Pace(full_interval=HOUR))
    scene.watch(5 * HOUR)
    assert {9, 10, 11, 12} >= {len(done.result.functions) for _, done in scene.rounds[1:]}


def test_rounds_are_an_interval_apart_and_jittered() -> None:
    """By a tenth at most, and never the same for two watches."""
    scene = Scene.of(*SOME)
    scene.watch(10 * HOUR)
    pauses = [later - earlier for (earlier, _), (later, _) in pairwise(scene.rounds)]
    assert len(set(pauses)) == len(pauses) > 100
    assert 270 <= min(pauses) < 280
    assert 320 < max(pauses) <= 330


def test_a_round_that_takes_longer_than_the_interval_is_followed_at_once() -> None:
    """And never two run at once."""
    scene = Scene.of(*MANY[:320], pace=fleet.Pace(interval=60, full_interval=1))
    scene.region.seconds = dict.fromkeys(MANY[:320], 10.0)  # and 32 are worked on at once
    scene.watch(20 * MINUTE)
    begun = scene.region.asked("GetFunction app-0003")
    assert [100.0] * (len(begun) - 1) == [later - earlier for earlier, later in pairwise(begun)]
    assert len(begun) == 12


def test_the_pauses_of_a_failing_function_grow() -> None:
    """Twofold from 10 s to a quarter of an hour, a tenth more or less."""
    scene = Scene.of(*SOME)
    scene.region.fails["app-0003"] = DENIED
    scene.watch(2 * HOUR)
    tried = scene.region.asked("GetFunction app-0003")
    pauses = [later - earlier for earlier, later in pairwise(tried)]
    expected = [10, 20, 40, 80, 160, 320, 640, 900, 900, 900, 900]
    assert [pytest.approx(each, rel=0.12) for each in expected] == pauses[: len(expected)]


def test_the_sweep_leaves_failing_functions_alone() -> None:
    """However often it comes round: they have pauses of their own."""
    scene = Scene.of(*SOME, pace=fleet.Pace(interval=30, full_interval=30))
    scene.region.fails["app-0003"] = DENIED
    scene.watch(HOUR)
    assert 10 >= len(scene.region.asked("GetFunction app-0003"))
    assert 100 <= len(scene.region.asked("GetFunction app-0004"))


def test_functions_that_wait_for_another_try_are_counted() -> None:
    """They are not the ones that have not changed."""
    scene = Scene.of(*SOME)
    scene.region.fails.update(dict.fromkeys(SOME[:4], DENIED))
    scene.watch(HOUR)
    assert {0, 4} == {done.waiting for _, done in scene.rounds}


def test_the_others_go_on_while_one_fails_slowly() -> None:
    """A function whose every try takes minutes ends beside the rounds."""
    scene = Scene.of(*SOME, pace=fleet.Pace(interval=60))
    scene.region.fails["app-0003"] = DENIED
    scene.region.seconds["app-0003"] = 250.0
    scene.watch(HOUR)
    assert [250] == [at for at, done in scene.rounds if done.number == 1]
    ended = [at for at, done in scene.rounds if done.number != 1]
    assert all(later - earlier <= 67 for earlier, later in pairwise(ended))
    assert {("app-0003",)} == {
        tuple(each.spec.name for each in done.result.functions) for _, done in scene.tries
    }


def test_the_others_go_on_while_one_waits() -> None:
    """What is tried again and again in a round ends beside the next ones."""
    scene = Scene.of(*SOME, pace=fleet.Pace(interval=60))
    scene.region.fails["app-0003"] = Failure(
        FailureKind.TEMPORARY, "GetFunction: slow down", "run again", throttled=True
    )
    scene.at = {130: lambda: scene.region.change("app-0004")}
    scene.watch(290)
    ended = [at for at, _ in scene.rounds[:4]]
    assert [2, 3, 4, 5] == [done.number for _, done in scene.rounds[:4]]
    assert all(later - earlier <= 67 for earlier, later in pairwise(ended))
    looks = [each.spec.name for _, done in scene.rounds[:4] for each in done.result.functions]
    assert ["app-0004"] == looks
    assert {1} == {done.elsewhere for _, done in scene.rounds[:4]}
    last = scene.rounds[-1][1]
    assert (1, 10) == (last.number, len(last.result.functions))


def test_a_function_is_never_worked_on_twice_at_once() -> None:
    """Neither by a round nor by a try beside it, whatever changes meanwhile."""
    scene = Scene.of(*SOME, pace=fleet.Pace(interval=30, full_interval=31))
    scene.region.fails["app-0003"] = DENIED
    scene.region.seconds["app-0003"] = 45.0
    scene.watch(2 * HOUR)
    asked = scene.region.asked("GetFunction app-0003")
    assert all(later - earlier >= 45 for earlier, later in pairwise(asked))


def test_a_function_that_recovers_costs_nothing_of_its_own_any_more() -> None:
    """Its pauses begin anew when it fails another time."""
    scene = Scene.of(*SOME)
    fails = scene.region.fails
    fails["app-0003"] = DENIED

    def fail_again() -> None:
        fails["app-0003"] = DENIED
        scene.region.change("app-0003")

    scene.at = {
        HOUR: lambda: fails.pop("app-0003"),
        2 * HOUR: fail_again,
    }
    scene.watch(2 * HOUR + 10 * MINUTE)
    tried = scene.region.asked("GetFunction app-0003")
    assert not [at for at in tried if HOUR + 15 * MINUTE * 1.1 < at < 2 * HOUR]
    first, second = [at for at in tried if at > 2 * HOUR][:2]
    assert 9 <= second - first <= 12
    assert Status.FAILED in scene.made.health.statuses


def test_many_that_fail_together_are_tried_together() -> None:
    """In a few runs, not in one for each."""
    scene = Scene.of(*MANY[:200])
    scene.region.fails.update(dict.fromkeys(MANY[:200], DENIED))
    scene.watch(15)
    assert 200 == sum(len(done.result.functions) for _, done in scene.tries)
    assert len(scene.tries) <= 5


def test_a_round_without_the_list_is_followed_soon() -> None:
    """In growing pauses, at most the interval."""
    scene = Scene.of(*SOME, pace=fleet.Pace(interval=300, first_retry=10))
    scene.region.fails["*"] = BUSY
    scene.at = {20 * MINUTE: lambda: scene.region.fails.pop("*")}
    scene.watch(30 * MINUTE)
    assert not all(done.complete for _, done in scene.rounds[1:-2])
    assert scene.rounds[-1][1].complete
    assert Status.IN_SYNC in scene.made.health.statuses
    assert 1 == len(scene.troubles)


def test_manifests_are_taken_over_as_they_change() -> None:
    """New functions are looked at, old ones are let go, broken manifests change nothing."""
    scene = Scene.of(*SOME, pace=fleet.Pace(interval=60))
    scene.manifests = [
        None,
        fleet.BrokenManifestsError(["a.yaml:1:1: broken"]),
        fleet.BrokenManifestsError(["a.yaml:1:1: broken"]),
        [task("app-0001"), task("new")],
        [task("app-0001"), task("new")],
    ]
    ready = []
    scene.in_round = lambda _: ready.append(scene.made.health.not_ready)
    scene.watch(5 * MINUTE)
    assert [10, 10, 10, 2] == [done.functions for _, done in scene.rounds[:4]]
    assert [None, "a.yaml:1:1: broken", "a.yaml:1:1: broken", None] == [
        each and each.rpartition("force: ")[2] for each in ready[:4]
    ]
    assert ["a.yaml:1:1: broken"] == [each for each in scene.troubles if "a.yaml" in each]
    assert [
        "the manifests are in order again: 2 functions",
        "manifests changed: 2 functions (+1 -9)",
    ] == scene.notes
    assert {Status.IN_SYNC: 1, Status.FAILED: 1} == scene.made.health.statuses


def test_the_watch_is_ready_after_its_first_round() -> None:
    """Not before."""
    scene = Scene.of(*SOME)
    scene.region.seconds["app-0003"] = 100.0
    said = []
    scene.at = {50: lambda: said.append(scene.made.health.not_ready)}
    scene.watch(200)
    assert ["the first round has not ended"] == said
    assert scene.made.health.not_ready is None


def test_the_heart_beats_whatever_a_round_waits_for() -> None:
    """It says that the loop is alive, and nothing else."""
    scene = Scene.of(*SOME)
    scene.region.seconds["app-0003"] = 200.0
    ages = []
    scene.at = {
        at: lambda: ages.append(asyncio.get_running_loop().time() - scene.made.health.heartbeat)
        for at in range(10, 190, 7)
    }
    scene.watch(300)
    assert max(ages) <= 5


def test_the_signal_ends_a_survey_at_once() -> None:
    """Nobody waits for the answers of readings."""
    scene = Scene.of(*SOME[:3], pace=fleet.Pace(interval=60))
    scene.in_round = lambda _: scene.region.seconds.update(dict.fromkeys(SOME, 1000.0))
    assert scene.watch(75)
    assert 1 == len(scene.rounds)


def test_nothing_grows_with_the_rounds() -> None:
    """Neither tasks nor objects, over 200 rounds with failures and changes."""
    scene = Scene.of(*MANY[:60], pace=fleet.Pace(interval=60, full_interval=HOUR))
    scene.region.fails["app-0003"] = DENIED
    counts: list[tuple[int, int]] = []

    def count(done: fleet.Round) -> None:
        scene.region.change("app-0005")
        scene.rounds.clear()
        scene.tries.clear()
        scene.region.log.clear()
        if done.number in (20, 200):
            gc.collect()
            counts.append((len(asyncio.all_tasks()), len(gc.get_objects())))

    scene.in_round = count
    scene.watch(220 * MINUTE)
    (tasks, objects), (tasks_later, objects_later) = counts
    assert tasks_later <= tasks
    assert objects_later < objects + 200
