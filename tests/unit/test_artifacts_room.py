"""How many bytes of packages are held at once."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from reconciler.artifacts import Room
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZE = 10


async def _hold(room: Room, size: int, begun: list[tuple[int, float]]) -> None:
    """Hold it for a second, and note when that began."""
    async with room.taken(size):
        begun.append((size, elapsed()))
        await asyncio.sleep(1)


def _begun(*sizes: int) -> Sequence[tuple[int, float]]:
    async def work() -> Sequence[tuple[int, float]]:
        room, begun = Room(SIZE), list[tuple[int, float]]()
        await asyncio.gather(*(_hold(room, size, begun) for size in sizes))
        return begun

    return run(work())


def test_what_fits_is_held_at_once() -> None:
    """Up to the last byte."""
    assert [(6, 0), (4, 0)] == _begun(6, 4)


def test_what_does_not_fit_waits_for_the_first_that_ends() -> None:
    """And no longer."""
    assert [(6, 0), (5, 1)] == _begun(6, 5)


def test_nobody_overtakes() -> None:
    """A large package would never go when small ones came in between."""
    assert [(6, 0), (5, 1), (4, 1)] == _begun(6, 5, 4)


def test_what_is_larger_than_all_of_it_goes_alone() -> None:
    """Better late than never."""
    assert [(4, 0), (11, 1), (4, 2)] == _begun(4, 11, 4)


def test_who_stops_waiting_lets_the_next_in() -> None:
    """The deadline of a function may pass while it waits."""

    async def work() -> Sequence[tuple[int, float]]:
        room, begun = Room(SIZE), list[tuple[int, float]]()
        holds = [asyncio.create_task(_hold(room, size, begun)) for size in (6, 5, 4)]
        await asyncio.sleep(0.5)
        holds[1].cancel()
        await asyncio.wait(holds)
        return begun

    assert [(6, 0), (4, 0.5)] == run(work())


def test_who_is_cancelled_when_its_turn_has_come_gives_it_on() -> None:
    """Both may happen in one round of the loop."""

    async def work() -> Sequence[tuple[int, float]]:
        room, begun = Room(SIZE), list[tuple[int, float]]()
        second = asyncio.create_task(_hold(room, 10, begun))
        async with room.taken(10):
            await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait_for(_hold(room, 10, begun), 5)
        return begun

    assert [(10, 0)] == run(work())


@given(
    sizes=st.lists(st.integers(1, 15), max_size=12),
    cancelled=st.lists(st.tuples(st.integers(0, 11), st.floats(0, 6)), max_size=6),
)
def test_all_of_it_is_there_again_at_the_end(
    sizes: list[int], cancelled: list[tuple[int, float]]
) -> None:
    """Whoever was cancelled whenever, and never is more held than there is."""

    async def work() -> None:
        room, held = Room(SIZE), [0]

        async def hold(size: int) -> None:
            async with room.taken(size):
                held[0] += min(size, SIZE)
                assert held[0] <= SIZE
                try:
                    await asyncio.sleep(1)
                finally:
                    held[0] -= min(size, SIZE)

        holds = [asyncio.create_task(hold(size)) for size in sizes]
        loop = asyncio.get_running_loop()
        for number, at in cancelled:
            if number < len(holds):
                loop.call_later(at, holds[number].cancel)
        ends = await asyncio.gather(*holds, return_exceptions=True)
        assert all(isinstance(end, asyncio.CancelledError | None) for end in ends)
        await asyncio.wait_for(hold(SIZE), 2)

    run(work())
