"""What several want at the same time is asked for once."""

from __future__ import annotations

import asyncio

import pytest

from reconciler.aws.together import Together


def test_all_who_come_while_it_lasts_get_the_same_answer() -> None:
    """And who comes after, asks anew."""
    asked: list[int] = []

    async def ask() -> int:
        asked.append(len(asked))
        await asyncio.sleep(0)
        return asked[-1]

    async def run() -> list[int]:
        together = Together[int]()
        first = await asyncio.gather(*(together.ask(ask) for _ in range(5)))
        return [*first, await together.ask(ask)]

    assert [0, 0, 0, 0, 0, 1] == asyncio.run(run())


def test_a_failure_is_that_of_all() -> None:
    """And is not remembered."""
    asked: list[int] = []

    async def fail() -> None:
        asked.append(1)
        await asyncio.sleep(0)
        raise LookupError

    async def run() -> list[BaseException | None]:
        together = Together[None]()
        return await asyncio.gather(*(together.ask(fail) for _ in range(3)), return_exceptions=True)

    assert [LookupError] * 3 == [type(error) for error in asyncio.run(run())]
    assert [1] == asked


def test_who_stops_waiting_stops_nobody_else() -> None:
    """The asking goes on for the others."""

    async def run() -> str:
        together, go = Together[str](), asyncio.Event()

        async def ask() -> str:
            await go.wait()
            return "answer"

        impatient = asyncio.ensure_future(together.ask(ask))
        patient = asyncio.ensure_future(together.ask(ask))
        await asyncio.sleep(0)
        impatient.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await impatient
        return await patient

    assert "answer" == asyncio.run(run())
