"""Readings that take longer than a function may: they are given up, and it is said."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Failure, FailureKind, ReconcileError
from reconciler.reconcile import Patience, WaitSettings
from reconciler.reconcile.patience import Reader, StoppedError
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SETTINGS = WaitSettings(function_timeout=30, version_timeout=600)
BUSY = Failure(FailureKind.TEMPORARY, "busy", "run again")


class Dripping:
    """A reading that gets a piece each second, and ends after ``pieces`` of them."""

    def __init__(self, pieces: int) -> None:
        self._pieces = pieces
        self.given_up = False

    async def read(self) -> str:
        """Read piece by piece, each in good time."""
        try:
            for _ in range(self._pieces):
                await asyncio.sleep(1)
        except asyncio.CancelledError:
            self.given_up = True
            raise
        return "whole"


def stopped(work: Callable[[Patience], Awaitable[object]]) -> tuple[float, Failure]:
    """Expect the end of the function, and give when and why."""

    async def whole() -> tuple[float, Failure]:
        patience = Patience(SETTINGS, asyncio.Event())
        with pytest.raises(StoppedError) as raised:
            await work(patience)
        return elapsed(), raised.value.failure

    return run(whole())


def silent(_: str) -> None:
    """Say nothing."""


def test_a_reading_that_drips_ends_with_the_functions_time() -> None:
    """Each piece comes in time, and the whole does not: it is given up at the deadline."""
    dripping = Dripping(1000)

    end, failure = stopped(lambda patience: Reader(patience, silent)(dripping.read))

    assert 30 == end
    assert dripping.given_up
    assert (FailureKind.TEMPORARY, "30 s were not enough") == (failure.kind, failure.what)
    assert "--function-timeout" in failure.remedy


def test_a_reading_that_drips_is_not_begun_again() -> None:
    """The time is up for all tries together."""
    begun = []

    async def read() -> str:
        begun.append(elapsed())
        return await Dripping(1000).read()

    stopped(lambda patience: Reader(patience, silent)(read))

    assert [0.0] == begun


def test_tries_share_the_functions_time() -> None:
    """What failed before leaves less for the reading that drips."""
    tries = 0

    async def read() -> str:
        nonlocal tries
        tries += 1
        await asyncio.sleep(10)
        if tries == 1:
            raise ReconcileError(BUSY)
        return await Dripping(1000).read()

    end, failure = stopped(lambda patience: Reader(patience, silent)(read))

    assert (30, 2, "30 s were not enough: busy") == (end, tries, failure.what)


def test_a_reading_for_a_version_has_the_versions_time() -> None:
    """And the flag that is named is that of versions."""

    async def work(patience: Patience) -> None:
        with patience.for_version():
            await Reader(patience, silent)(Dripping(10_000).read)

    end, failure = stopped(work)

    assert (600, "600 s were not enough") == (end, failure.what)
    assert "--version-timeout" in failure.remedy


def test_a_reading_that_ends_in_time_gives_what_was_read() -> None:
    """A second before the deadline is in time."""

    async def work() -> tuple[str, float]:
        patience = Patience(SETTINGS, asyncio.Event())
        return await Reader(patience, silent)(Dripping(29).read), elapsed()

    assert ("whole", 29) == run(work())


def test_a_reading_after_the_deadline_is_given_up_at_once() -> None:
    """There is no time left for even one piece."""

    async def work(patience: Patience) -> None:
        await patience.pause(30)
        await patience.in_time(Dripping(1).read())

    end, failure = stopped(work)

    assert (30, "30 s were not enough") == (end, failure.what)


def test_a_failure_that_is_no_timeout_comes_through() -> None:
    """What the reading itself raises is told as it is."""

    async def broken() -> str:
        raise ReconcileError(BUSY)

    async def work() -> None:
        await Patience(SETTINGS, asyncio.Event()).in_time(broken())

    with pytest.raises(ReconcileError) as raised:
        run(work())

    assert BUSY == raised.value.failure


def test_all_versions_share_one_time() -> None:
    """Whoever goes on publishing snapshots cannot keep a function waiting for ever."""

    async def wait() -> None:
        settings = WaitSettings(function_timeout=300, version_timeout=1800)
        patience = Patience(settings, asyncio.Event())
        for _ in range(3):
            with patience.for_version():
                await patience.pause(800)
        with patience.for_version():
            assert patience.spent
        assert 1800 == elapsed()
        patience.check()

    run(wait())
