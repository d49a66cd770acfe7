"""Work that many ask for and that is done once."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts.once import TOLD_FOR, Once
from reconciler.model import ReconcileError
from reconciler.reconcile.patience import WaitSettings
from tests.unit.stores import BUSY, DENIED
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import Failure


class Work:
    """Takes a second, and says how often it began; ``outcomes`` may be exceptions."""

    def __init__(self, *outcomes: str | Exception) -> None:
        self.outcomes = list(outcomes)
        self.begun = 0

    async def do(self) -> str:
        """Give the next outcome."""
        outcome = self.outcomes[self.begun]
        self.begun += 1
        await asyncio.sleep(1)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def test_all_who_ask_at_once_share_the_work() -> None:
    """Hundreds of functions may have one package."""
    work = Work("done")

    async def ask() -> list[str]:
        once: Once[str, str] = Once()
        return await asyncio.gather(*(once.get("key", work.do) for _ in range(5)))

    assert ["done"] * 5 == run(ask())
    assert 1 == work.begun


def test_who_asks_later_gets_what_was_found() -> None:
    """Functions of one run take turns."""
    work = Work("done")

    async def ask() -> tuple[str, str]:
        once: Once[str, str] = Once()
        return await once.get("key", work.do), await once.get("key", work.do)

    assert ("done", "done") == run(ask())
    assert 1 == work.begun


def test_each_key_has_its_own_work() -> None:
    """What one source is says nothing of another."""
    work = Work("first", "second")

    async def ask() -> list[str]:
        once: Once[int, str] = Once()
        return await asyncio.gather(*(once.get(key, work.do) for key in (1, 2, 1)))

    assert ["first", "second", "first"] == run(ask())


def test_a_failure_is_told_to_all_who_wait_and_not_kept() -> None:
    """Throttling of one moment must not be the answer for the rest of the run."""
    work = Work(ValueError("busy"), "done")

    async def ask() -> list[str | BaseException]:
        once: Once[str, str] = Once()
        waiting = (once.get("key", work.do) for _ in range(3))
        failed = await asyncio.gather(*waiting, return_exceptions=True)
        return [*failed, await once.get("key", work.do)]

    *failed, done = run(ask())
    assert ["busy"] * 3 == [str(failure) for failure in failed]
    assert "done" == done
    assert 2 == work.begun


@pytest.mark.parametrize("cancelled", [0, 1])
def test_who_stops_waiting_stops_nobody_else(cancelled: int) -> None:
    """Neither the first asker, who began the work, nor a later one takes it along."""
    work = Work("done")

    async def ask() -> list[str | BaseException]:
        once: Once[str, str] = Once()
        tasks = [asyncio.create_task(once.get("key", work.do)) for _ in range(3)]
        await asyncio.sleep(0.5)
        tasks[cancelled].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = run(ask())
    assert isinstance(found.pop(cancelled), asyncio.CancelledError)
    assert ["done", "done"] == found
    assert 1 == work.begun


def _after(loses_interest: bool) -> Callable[[], list[str]]:  # noqa: FBT001 - says what is tested
    async def ask() -> list[str]:
        logged: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: logged.append(str(context["message"])))
        once: Once[str, str] = Once()
        asker = asyncio.create_task(once.get("key", Work(ValueError("busy")).do))
        await asyncio.sleep(0.5)
        if loses_interest:
            asker.cancel()
        await asyncio.gather(asker, return_exceptions=True)
        await asyncio.sleep(1)
        del asker, once
        gc.collect()
        return logged

    return lambda: run(ask())


@pytest.mark.parametrize("loses_interest", [True, False])
def test_a_failure_that_nobody_waits_for_is_not_logged(loses_interest: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Asyncio complains of exceptions that nobody has seen; these are nobody's any more."""
    assert [] == _after(loses_interest)()


def test_what_is_forgotten_is_worked_out_again() -> None:
    """Also while it is under way: who waits already gets the old, who comes then the new."""
    work = Work("old", "new")

    async def ask() -> tuple[str, str, str]:
        once: Once[str, str] = Once()
        once.forget("key")
        early = asyncio.create_task(once.get("key", work.do))
        await asyncio.sleep(0.5)
        once.forget("key")
        late = asyncio.create_task(once.get("key", work.do))
        return await early, await late, await once.get("key", work.do)

    assert ("old", "new", "new") == run(ask())
    assert 2 == work.begun


def test_a_failure_of_forgotten_work_does_not_lose_the_new() -> None:
    """The old work ends after the new one has begun, and must not throw it away."""
    work = Work(ValueError("busy"), "new")

    async def ask() -> tuple[str, str]:
        once: Once[str, str] = Once()
        early = asyncio.create_task(once.get("key", work.do))
        await asyncio.sleep(0.5)
        once.forget("key")
        late = asyncio.create_task(once.get("key", work.do))
        await asyncio.gather(early, return_exceptions=True)
        return await once.get("key", work.do), await late

    assert ("new", "new") == run(ask())
    assert 2 == work.begun


@pytest.mark.parametrize(
    ("failure", "pause", "begun"),
    [
        pytest.param(BUSY, TOLD_FOR * 0.9, 1, id="together"),
        pytest.param(BUSY, TOLD_FOR, 2, id="later"),
        pytest.param(DENIED, 0, 2, id="permanent"),
    ],
)
def test_who_tries_again_soon_after_somebody_else_is_told_the_same(
    failure: Failure, pause: float, begun: int
) -> None:
    """Each function pauses by itself, and a busy server is not asked by each."""
    work = Work(ReconcileError(failure), "done")

    async def ask() -> None:
        once: Once[str, str] = Once()
        with pytest.raises(ReconcileError):
            await once.get("key", work.do)
        await asyncio.sleep(pause)
        with suppress(ReconcileError):
            await once.get("key", work.do)

    run(ask())
    assert begun == work.begun


def test_what_is_forgotten_begins_again_at_once() -> None:
    """Also a failure that would still be told; and the new result is then kept."""
    work = Work(ReconcileError(BUSY), "done")

    async def ask() -> list[str]:
        once: Once[str, str] = Once()
        with pytest.raises(ReconcileError):
            await once.get("key", work.do)
        once.forget("key")
        first = await once.get("key", work.do)
        await asyncio.sleep(TOLD_FOR)
        return [first, await once.get("key", work.do)]

    assert ["done", "done"] == run(ask())
    assert 2 == work.begun


def test_the_first_pause_is_longer_than_a_failure_is_told() -> None:
    """Else a function alone would meet its own failure again."""
    assert WaitSettings().first_retry > TOLD_FOR
