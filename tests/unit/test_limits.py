"""What runs and targets share, and what one of them cannot use up for all."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler import fleet
from reconciler.fleet.group import Group
from reconciler.fleet.limits import Limits
from reconciler.model import (
    Failure,
    FailureKind,
    Location,
    Publish,
    ReconcileError,
    State,
    Status,
    Target,
)
from reconciler.reconcile import Newest, Patience, Reconciliation, Shared, Task, WaitSettings
from tests.unit.builders import NEW, live, spec, version
from tests.unit.functions import Functions
from tests.unit.scene import PACKAGE, Artifacts
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from reconciler.model import FunctionResult, FunctionSpec

ACCOUNT, REGION = "123456789012", "eu-west-1"
BROKEN = Failure(FailureKind.PERMANENT, "no such profile", "name another")
FAR = Target("far", "222222222222", REGION, Location("t.yaml", 1, 1))


def test_an_account_and_region_has_one_set_of_places() -> None:
    """Whichever credentials lead there: the quota is the account's."""
    limits = Limits(3)
    rates = iter([80.0, 10.0, 100.0])

    def rate() -> float:
        return next(rates)

    places = limits.places(ACCOUNT, REGION, rate)
    assert places is limits.places(ACCOUNT, REGION, lambda: 1.0)
    others = {
        id(limits.places(ACCOUNT, "us-east-1", rate)),
        id(limits.places(None, REGION, rate)),
        id(limits.places("222222222222", REGION, rate)),
    }
    assert 4 == len(others | {id(places)})


def test_those_that_wait_keep_to_half_of_the_pace_of_the_moment() -> None:
    """When others take the quota, they look less often."""
    rates = [80.0, 8.0]

    async def whole() -> list[float]:
        places = Limits(2).places(ACCOUNT, REGION, lambda: rates[0])
        over = asyncio.Event()

        async def wait() -> None:
            async with places.taken() as place:
                await place.away(over.wait())

        waiting = [asyncio.ensure_future(wait()) for _ in range(20)]
        await asyncio.sleep(1)
        pauses = [places.between_polls]
        rates.pop(0)
        pauses.append(places.between_polls)
        over.set()
        await asyncio.gather(*waiting)
        return pauses

    assert [0.5, 5.0] == run(whole())


def test_time_in_which_others_read_for_us_does_not_count() -> None:
    """A list of a whole region may take a minute, and is not this function's doing."""

    async def whole() -> tuple[bool, bool]:
        patience = Patience(WaitSettings(function_timeout=30), asyncio.Event())
        await asyncio.sleep(20)
        await patience.aside(asyncio.sleep(100))
        before = patience.spent
        await asyncio.sleep(10)
        return before, patience.spent

    assert (False, True) == run(whole())


class Endless:
    """A region whose list of all versions never ends, and comes slowly."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.pages = 0

    def functions(self, *_: object) -> Any:  # noqa: ANN401 - as much of it as is called
        """Give itself."""
        return self

    def list_functions(self, *, all_versions: bool) -> AsyncIterator[tuple[()]]:
        """Give page after page."""
        assert all_versions

        async def pages() -> AsyncIterator[tuple[()]]:
            while True:
                await asyncio.sleep(self._seconds)
                self.pages += 1
                yield ()

        return pages()


@pytest.mark.parametrize(
    ("functions", "seconds"), [(20, 10.0), (300, 20.0), (3000, 60.0), (100_000, 60.0)]
)
def test_a_list_that_is_slower_than_a_list_of_each_is_given_up(
    functions: int, seconds: float
) -> None:
    """Each function then asks by itself, and has lost no time of its own."""
    endless = Endless(0.9)
    publishing = replace(spec(), publish=Publish())
    task = Task(publishing, REGION, PACKAGE)
    tasks = [
        Task(replace(publishing, function=replace(publishing.function, name=f"f{n}")), REGION, None)
        for n in range(functions)
    ]

    async def whole() -> float:
        settings = fleet.RunSettings("test")
        group = Group(endless, tasks, settings, fleet.Stop(), Limits(1))  # type: ignore[arg-type]
        assert None is await group.newest(task, "revision-1")
        return elapsed()

    assert run(whole()) <= seconds
    assert endless.pages >= min(seconds / 0.9, functions / 2) - 2


class Halfway:
    """Connections of which one cannot be made."""

    calls: dict[str, int] = {}  # noqa: RUF012 - none is made

    def of(self, target: Target | None) -> Any:  # noqa: ANN401 - as above
        """Give what there is."""
        if target is FAR:
            raise ReconcileError(BROKEN)
        return self

    def functions(self, *_: object) -> Functions:
        """Give a function in sync."""
        return Functions(live(code=NEW))

    def get_function_rate(self, _: str) -> float:
        """Give the pace of GetFunction."""
        return 80.0


class Ends:
    """Listens for ends."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Do nothing."""

    def finished(self, result: FunctionResult) -> None:
        """Take note."""
        self.told.append(result.spec.id)


def test_a_connection_that_cannot_be_made_fails_its_functions_alone() -> None:
    """The others go on, and each is told once."""
    near = Task(spec(), REGION, PACKAGE)
    far = Task(replace(spec(), target=FAR), REGION, PACKAGE)
    ends = Ends()
    settings = fleet.RunSettings("test")
    result = run(fleet.run([far, near], Halfway(), settings, fleet.Stop(), ends))
    assert [(Status.FAILED, BROKEN), (Status.IN_SYNC, None)] == [
        (each.status, each.failure) for each in result.functions
    ]
    assert sorted([near.spec.id, far.spec.id]) == sorted(ends.told)


class Knows:
    """Knows the newest version of $LATEST as it was at one RevisionId."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    async def newest(self, task: Task, revision_id: str | None) -> Newest | None:
        """Tell it, and note who asks."""
        self.asked.append((task.spec.name, revision_id))
        return Newest(version("1", code=NEW, state=State.ACTIVE))


def test_a_function_asks_the_list_by_its_own_revision() -> None:
    """A list of another time tells nothing of it."""
    functions, knows = Functions(live(code=NEW), versions=(version("1", code=NEW),)), Knows()
    task = Task(replace(spec(), publish=Publish()), REGION, PACKAGE)

    async def whole() -> FunctionResult:
        patience = Patience(WaitSettings(), asyncio.Event())
        shared = Shared(Artifacts(), nobody, versions=knows)
        return await Reconciliation(task, functions, patience, shared, lambda _: None).apply()

    assert Status.IN_SYNC is run(whole()).status
    assert [(task.spec.name, functions.latest.revision_id)] == knows.asked


async def nobody(_: str) -> str:
    """Be asked by nobody."""
    raise AssertionError
