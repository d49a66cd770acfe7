"""Waiting that the signal to stop ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from reconciler.reconcile import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    Result = TypeVar("Result")


async def wait(seconds: float | None, *events: asyncio.Event) -> None:
    """Wait for the time to pass, or for any of the events."""
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in waiting:
            each.cancel()


async def until(stop: asyncio.Event, reading: Coroutine[object, object, Result]) -> Result | None:
    """Give what was read, or None as soon as the event is set: it is given up then."""
    working = asyncio.ensure_future(reading)
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    except InterruptedRunError:
        return None
    finally:
        working.cancel()
        stopped.cancel()
