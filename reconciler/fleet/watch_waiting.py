"""Waiting that the signal to stop ends."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from reconciler.reconcile import InterruptedRunError

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable

    from reconciler.model import FunctionResult, FunctionSpec, Listener

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


class Underway:
    """
    A listener that notes when every function of a run was begun, and tells another all of it.

    One that has said something is being changed, or waits, for AWS or to try again.
    """

    def __init__(self, listener: Listener, ids: Iterable[str]) -> None:
        self.begun = asyncio.Event()
        self._listener = listener
        self._silent = set(ids)
        self._heard(None)

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Note a function that has begun."""
        self._heard(spec.id)
        self._listener.progress(spec, message)

    def finished(self, result: FunctionResult) -> None:
        """Note a function that has ended."""
        self._heard(result.spec.id)
        self._listener.finished(result)

    def _heard(self, name: str | None) -> None:
        self._silent.discard(name or "")
        if not self._silent:
            self.begun.set()
