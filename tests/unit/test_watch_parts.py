"""The parts of a watch, each alone: the sweep, pauses, what a list may cost, what is said."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import fleet
from reconciler.cli.watching import summary
from reconciler.fleet.watch.memory import Pauses, Wanted
from reconciler.fleet.watch.survey import PAGE, Survey
from reconciler.fleet.watch.sweep import Sweep, full_interval
from reconciler.model import (
    Image,
    LastUpdateStatus,
    Publish,
    RuntimeManagementSpec,
    State,
    Status,
    UpdateRuntimeOn,
)
from reconciler.reconcile import InterruptedRunError, WaitSettings
from tests.unit.builders import live, location, result, run
from tests.unit.virtual_time import run as run_virtually
from tests.unit.watch_world import Region, task

if TYPE_CHECKING:
    from reconciler.model import RunResult

NAMES = st.sets(st.text(min_size=1, max_size=8), min_size=1, max_size=40)
SHARES = st.lists(st.floats(0.001, 0.3), min_size=1, max_size=30)


@given(ids=NAMES, shares=SHARES)
def test_the_sweep_is_even(ids: set[str], shares: list[float]) -> None:
    """At any time each function was looked at as often as any other, or once more."""
    sweep = Sweep()
    looks = Counter(dict.fromkeys(ids, 0))
    for share in shares:
        looks.update(sweep.due(ids, share))
        assert max(looks.values()) - min(looks.values()) <= 1
    assert abs(looks.total() - sum(shares) * len(ids)) < 1.001


@given(ids=NAMES, others=NAMES)
def test_functions_that_come_do_not_disturb_the_sweep(ids: set[str], others: set[str]) -> None:
    """In one more turn each of the old ones has its look all the same."""
    sweep = Sweep()
    sweep.due(ids, 0.4)
    assert ids <= sweep.due(ids | others, 1.0)


def test_a_sweep_over_nothing_is_empty() -> None:
    """Before the first manifest of a shard, for one."""
    assert frozenset() == Sweep().due([], 0.5)


MODE = RuntimeManagementSpec(UpdateRuntimeOn.AUTO)
DAY = 86_400


@pytest.mark.parametrize(
    ("functions", "members", "expected"),
    [
        pytest.param(1000, {}, DAY, id="code"),
        pytest.param(1000, {"runtime_management": MODE}, 120_000, id="modes"),
        pytest.param(1000, {"publish": Publish()}, 180_000, id="versions"),
        pytest.param(
            1000, {"publish": Publish(), "runtime_management": MODE}, 300_000, id="all of it"
        ),
        pytest.param(3, {"publish": Publish(), "runtime_management": MODE}, DAY, id="few"),
    ],
)
def test_full_looks_add_a_quarter_to_the_calls_at_most(
    functions: int, members: dict[str, object], expected: float
) -> None:
    """A day is enough where that costs less."""
    tasks = [task(f"app-{number}", "eu-west-1", **members) for number in range(functions)]
    assert expected == full_interval(fleet.Pace(), tasks)
    assert 60 == full_interval(fleet.Pace(full_interval=60), tasks)


@given(failures=st.integers(1, 10_000), seed=st.integers())
def test_pauses_grow_to_their_bound(failures: int, seed: int) -> None:
    """However often something fails."""
    pause = Pauses(10.0, 900.0, Random(seed)).after(failures)  # noqa: S311 - no secret
    grown = min(10 * 2 ** (min(failures, 20) - 1), 900)
    assert 0.9 * grown <= pause <= 1.1 * grown


@settings(deadline=None, max_examples=60)
@given(ours=st.integers(1, 150), before=st.integers(0, 400), behind=st.integers(0, 400))
def test_a_survey_costs_no_more_than_twice_the_cheaper_way(
    ours: int, before: int, behind: int
) -> None:
    """A page counts for as many readings as its quota is smaller; and the second costs no more."""
    names = {f"m-{number}": f"m-{number}" for number in range(ours)}
    others = [*(f"a-{number}" for number in range(before)), *(f"z-{n}" for n in range(behind))]
    region = Region(dict.fromkeys([*names, *others], live()))
    pages_to_the_last = -(-(before + ours) // 50)

    async def look() -> tuple[float, float]:
        survey = Survey(WaitSettings(), fleet.Stop(), lambda _: None)
        costs = []
        for _ in range(2):
            region.calls.clear()
            found = await survey.look(
                (None, "eu-west-1"), lambda check: region.functions("eu-west-1", check, bool), names
            )
            assert found is not None
            assert names.keys() <= found.keys()
            costs.append(region.calls["ListFunctions"] * PAGE + region.calls["GetFunction"])
        return costs[0], costs[1]

    first, second = run_virtually(look())
    cheapest = min(pages_to_the_last * PAGE, ours)
    assert first <= 2 * cheapest + PAGE
    assert second <= max(first, cheapest)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({}, True),
        ({"state": State.INACTIVE}, True),
        ({"last_update_status": None}, True),
        ({"state": State.FAILED}, False),
        ({"state": State.PENDING}, False),
        ({"last_update_status": LastUpdateStatus.FAILED}, False),
        ({"last_update_status": LastUpdateStatus.IN_PROGRESS}, False),
    ],
    ids=str,
)
def test_what_is_read_one_by_one_is_seen_to_be_healthy(
    members: dict[str, object], *, expected: bool
) -> None:
    """GetFunction says more than the list."""
    region = Region({"app": live(**members)})  # type: ignore[arg-type]  # any member

    async def look() -> bool:
        survey = Survey(WaitSettings(), fleet.Stop(), lambda _: None)
        found = await survey.look(
            (None, "eu-west-1"),
            lambda check: region.functions("eu-west-1", check, bool),
            {"app": "app"},
        )
        assert found is not None
        return found["app"].settled

    assert expected is run_virtually(look())


def test_no_request_of_a_survey_is_sent_after_the_signal() -> None:
    """One that waits for its turn must not go out when it comes."""
    names = {f"app-{number}": f"app-{number}" for number in range(9)}
    region = Region(dict.fromkeys(names, live()))

    async def look() -> None:
        stop = fleet.Stop()
        stop.request(15)
        survey = Survey(WaitSettings(), stop, lambda _: None)
        await survey.look(
            (None, "eu-west-1"), lambda check: region.functions("eu-west-1", check, bool), names
        )

    with pytest.raises(InterruptedRunError):
        run_virtually(look())
    assert region.calls.total() == 0


def test_only_what_is_declared_is_compared() -> None:
    """Not the place in a file, nor labels: they choose functions, and change none."""
    first = task("app", code=Image("uri:a", location("a.yaml", 1, 1)))
    moved = task(
        "app", code=Image("uri:a", location("b.yaml", 9, 9)), location=location("b.yaml", 8, 1)
    )
    other = task("app", code=Image("uri:b", location("a.yaml", 1, 1)))
    assert Wanted.of(first) == Wanted.of(moved)
    assert Wanted.of(first) == Wanted.of(task("app", code=first.spec.code, labels={"a": "b"}))
    assert Wanted.of(first) != Wanted.of(other)


def ended(
    number: int | None,
    done: RunResult,
    functions: int = 9,
    **members: Any,  # noqa: ANN401 - any of a round
) -> fleet.Round:
    told = {"seconds": 0.1, "complete": True} | members
    return fleet.Round(number, done, functions, 0, news=True, **told)


UPDATED, FAILED = result(Status.UPDATED, "a"), result(Status.FAILED, "b")


@pytest.mark.parametrize(
    ("finished", "expected"),
    [
        (
            ended(7, run(UPDATED, FAILED, calls={"A": 20, "B": 2}), seconds=1.94),
            "round 7: 1 updated, 1 failed, 7 unchanged; 22 calls in 1.9 s",
        ),
        (
            ended(8, run(calls={"ListFunctions": 1})),
            "round 8: 9 unchanged; 1 call in 0.1 s",
        ),
        (
            ended(9, run(calls={}), complete=False),
            "round 9: 9 not looked at; 0 calls in 0.1 s",
        ),
        (
            ended(10, run(calls={}), waiting=4),
            "round 10: 5 unchanged, 4 waiting to be tried again; 0 calls in 0.1 s",
        ),
        (
            ended(1, run(calls={"GetCallerIdentity": 1}), 0),
            "round 1: no functions; 1 call in 0.1 s",
        ),
        (
            ended(None, run(FAILED, calls={"A": 1})),
            "tried again: 1 failed; 1 call in 0.1 s",
        ),
    ],
    ids=["changes", "quiet", "incomplete", "failing", "none", "again"],
)
def test_a_round_is_said_in_a_line(finished: fleet.Round, expected: str) -> None:
    """What became of its functions, and what it cost."""
    assert expected == summary(finished)
