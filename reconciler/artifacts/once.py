"""Work that many ask for and that is done once."""

from __future__ import annotations

import asyncio
from math import inf
from typing import TYPE_CHECKING, Generic, TypeVar

from reconciler.model import FailureKind, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

TOLD_FOR = 0.4
"""Seconds; less than the first pause before another try, which would meet the same again."""

Key = TypeVar("Key")
Result = TypeVar("Result")


class Once(Generic[Key, Result]):
    """
    Results by their key, each worked out once, however many ask for it and when.

    A failure is told to all who wait for it, and is not kept: the next asker begins
    again. Only a temporary one is kept for TOLD_FOR seconds, so that many who try again
    by themselves do so together. Whoever stops waiting stops nobody else's work. All
    askers share an event loop.
    """

    def __init__(self) -> None:
        self._tasks: dict[Key, asyncio.Task[Result]] = {}
        self._over_at: dict[Key, float] = {}

    async def get(self, key: Key, work: Callable[[], Coroutine[object, object, Result]]) -> Result:
        """Give the result of ``work``; raises what it raises."""
        if self._over_at.get(key, inf) <= asyncio.get_running_loop().time():
            self.forget(key)
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = begin(work())
            task.add_done_callback(lambda done: self._drop_failed(key, done))
        return await asyncio.shield(task)

    def forget(self, key: Key) -> None:
        """Let the next asker begin again; those who wait already get what they wait for."""
        self._tasks.pop(key, None)
        self._over_at.pop(key, None)

    def _drop_failed(self, key: Key, done: asyncio.Task[Result]) -> None:
        if not failed(done) or self._tasks.get(key) is not done:
            return
        if _passes(done):
            self._over_at[key] = done.get_loop().time() + TOLD_FOR
        else:
            self.forget(key)


def begin(work: Coroutine[object, object, Result]) -> asyncio.Task[Result]:
    """Start work that goes on when its askers are gone; its failure is then nobody's."""
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(failed)
    return task


def failed(done: asyncio.Task[Result]) -> bool:
    """Whether there is no result; to look is what keeps asyncio from logging the exception."""
    return done.cancelled() or done.exception() is not None


def _passes(done: asyncio.Task[Result]) -> bool:
    """Whether a failed task may do better by itself."""
    error = None if done.cancelled() else done.exception()
    return isinstance(error, ReconcileError) and error.failure.kind is FailureKind.TEMPORARY
