"""Places: how many functions are worked on at once, and who is next."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.fleet.places import Place, Places
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Sequence


class Workers:
    """Functions that work, wait and work again; ``most`` of them worked at the same time."""

    def __init__(self, number: int, rate: float = 80) -> None:
        self.places = Places(number, lambda: rate)
        self.working = self.most = 0
        self.told: list[str] = []

    async def work(self, name: str, *turns: tuple[float, float]) -> None:
        """Work and wait for these seconds, in turns."""
        async with self.places.taken() as place:
            for busy, away in turns:
                self._begin(name)
                await asyncio.sleep(busy)
                self.working -= 1
                await place.away(asyncio.sleep(away))
            self._begin(name)
            self.working -= 1

    def _begin(self, name: str) -> None:
        self.working += 1
        self.most = max(self.most, self.working)
        self.told.append(f"{name} at {elapsed():g}")


@given(
    st.integers(1, 4),
    st.lists(
        st.lists(st.tuples(st.sampled_from([0.0, 1, 3]), st.sampled_from([0.0, 2, 5])), max_size=3),
        max_size=8,
    ),
)
def test_no_more_work_at_once_than_there_are_places(
    number: int, functions: Sequence[Sequence[tuple[float, float]]]
) -> None:
    """However they work and wait; all come to an end, and all places are free again."""

    async def whole() -> Workers:
        workers = Workers(number)
        await asyncio.gather(*(workers.work(str(i), *f) for i, f in enumerate(functions)))
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(number):
                await asyncio.wait_for(stack.enter_async_context(workers.places.taken()), 1)
        return workers

    workers = run(whole())
    assert workers.most <= number
    assert sum(len(each) + 1 for each in functions) == len(workers.told)


def test_who_waits_lets_another_begin() -> None:
    """Waiting is free."""

    async def whole() -> list[str]:
        workers = Workers(1)
        await asyncio.gather(workers.work("a", (1, 10)), workers.work("b", (1, 10)))
        return workers.told

    assert ["a at 0", "b at 1", "a at 11", "b at 12"] == run(whole())


def test_who_comes_back_is_served_before_who_begins() -> None:
    """What was begun is ended first."""

    async def whole() -> list[str]:
        workers = Workers(1)
        names = "abcd"
        await asyncio.gather(*(workers.work(name, (2, 1)) for name in names))
        return workers.told

    told = run(whole())
    assert ["a at 0", "b at 2", "a at 4", "c at 4"] == told[:4]


def test_nobody_is_overtaken_by_one_of_his_kind() -> None:
    """Those who begin do so in the order of coming, and so do those who come back."""

    async def whole() -> list[str]:
        workers = Workers(1)
        await asyncio.gather(*(workers.work(name, (1, 2)) for name in "abcd"))
        return [told[0] for told in workers.told]

    told = run(whole())
    assert ["a", "b", "c", "d"] == list(dict.fromkeys(told))
    assert ["a", "b", "c", "d"] == list(dict.fromkeys(reversed(told)))[::-1]


@pytest.mark.parametrize("away", [0, 1, 80, 2000])
def test_the_more_wait_the_less_often_each_looks(away: int) -> None:
    """All of them together keep to the looks of a second."""

    async def whole() -> float:
        places = Places(2000, lambda: 80)
        waiting = asyncio.Event()

        async def work() -> None:
            async with places.taken() as place:
                await place.away(waiting.wait())

        tasks = [asyncio.ensure_future(work()) for _ in range(away)]
        await asyncio.sleep(1)
        async with places.taken() as place:
            seconds = place.between_polls
        waiting.set()
        await asyncio.gather(*tasks)
        return seconds

    assert pytest.approx(away / 40) == run(whole())


class GoneError(Exception):
    """The wait ends badly."""


@pytest.mark.parametrize("ends", ["raises", "cancelled"])
def test_a_wait_that_ends_badly_needs_no_place(ends: str) -> None:
    """Its function is over, and must not wait for those that work."""

    async def gone() -> None:
        await asyncio.sleep(1)
        raise GoneError

    async def first(places: Places) -> None:
        async with places.taken() as place:
            await place.away(gone() if ends == "raises" else asyncio.sleep(99))

    async def second(places: Places) -> None:
        async with places.taken():
            await asyncio.sleep(1000)

    async def whole() -> tuple[float, float]:
        places = Places(1, lambda: 80)
        one, two = asyncio.ensure_future(first(places)), asyncio.ensure_future(second(places))
        await asyncio.sleep(2)
        if ends == "cancelled":
            one.cancel()
        await asyncio.wait({one})
        ended = elapsed()
        await two
        async with places.taken() as place:
            assert place.held
            with pytest.raises(TimeoutError):  # there is one place as before, and no more
                await asyncio.wait_for(second(places), 1)
            return ended, place.between_polls

    assert (2.0, 0.0) == run(whole())


def test_a_place_that_is_given_to_who_has_just_gone_goes_on() -> None:
    """To the next in line."""

    async def whole() -> list[str]:
        places, got = Places(1, lambda: 80), []

        async def take(name: str) -> None:
            async with places.taken():
                got.append(name)

        async with places.taken():
            gone, there = (asyncio.ensure_future(take(name)) for name in ("gone", "there"))
            await asyncio.sleep(1)
        gone.cancel()  # the place is his since a moment ago, and he does not know yet
        await asyncio.wait({gone, there}, timeout=1)
        return got

    assert ["there"] == run(whole())


@pytest.mark.parametrize("before", [True, False])
def test_who_does_not_wait_any_more_leaves_no_place_behind(*, before: bool) -> None:
    """Cancelled while he waits in line, or just when the place was given to him."""

    async def take(places: Places, seconds: float) -> None:
        async with places.taken():
            await asyncio.sleep(seconds)

    async def whole() -> float:
        places = Places(1, lambda: 80)
        holder = asyncio.ensure_future(take(places, 5))
        await asyncio.sleep(1)
        waiter = asyncio.ensure_future(take(places, 99))
        await asyncio.sleep(1)
        if before:
            waiter.cancel()
        await holder
        waiter.cancel()
        await asyncio.wait({waiter})
        await asyncio.wait_for(take(places, 0), 1)
        return elapsed()

    assert 5 == run(whole())


def test_a_place_that_was_given_back_is_not_given_back_twice() -> None:
    """Else more would work at once than may."""

    async def whole() -> int:
        places = Places(1, lambda: 80)

        async def first() -> None:
            async with places.taken() as place:
                await place.away(asyncio.sleep(1))
                assert place.held
                raise GoneError

        await asyncio.gather(first(), return_exceptions=True)
        held: list[Place] = []

        async def hold() -> None:
            async with places.taken() as place:
                held.append(place)
                await asyncio.sleep(10)

        tasks = [asyncio.ensure_future(hold()) for _ in range(3)]
        await asyncio.sleep(5)
        number = len(held)
        await asyncio.gather(*tasks)
        return number

    assert 1 == run(whole())
