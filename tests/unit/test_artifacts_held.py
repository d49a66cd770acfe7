"""The bytes of one package that many functions send."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts.held import Held
from reconciler.artifacts.package import changed
from reconciler.model import ReconcileError, ZipContent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class File:
    """Says how often it was read; a read waits for its gate."""

    def __init__(self) -> None:
        self.reads = 0
        self.gate = threading.Event()
        self.gate.set()
        self.error: ReconcileError | None = None

    def read(self) -> bytes:
        """Give the bytes of this reading."""
        self.reads += 1
        assert self.gate.wait(5)
        if self.error is not None:
            raise self.error
        return f"reading {self.reads}".encode()


def test_all_who_hold_it_at_once_have_the_same_bytes() -> None:
    """Whether they ask together or one after the other."""
    file = File()

    async def work() -> list[ZipContent]:
        held = Held(file.read)
        together = await asyncio.gather(*(held.get() for _ in range(5)))
        return [*together, await held.get()]

    found = asyncio.run(work())
    assert [ZipContent(b"reading 1")] * 6 == found
    assert 1 == len({id(content) for content in found})
    assert 1 == file.reads


def test_nobody_holds_it_when_nobody_needs_it() -> None:
    """A hundred packages of 45 MiB would not fit; who comes later has it read again."""
    file = File()

    async def work() -> ZipContent:
        held = Held(file.read)
        had = [weakref.ref(each) for each in await asyncio.gather(held.get(), held.get())]
        await asyncio.sleep(0)  # the loop itself holds what it has just handed over
        assert [None, None] == [each() for each in had]
        return await held.get()

    assert ZipContent(b"reading 2") == asyncio.run(work())


def test_what_nobody_waits_for_any_more_is_not_kept() -> None:
    """All who wanted it ran out of time while it was read."""
    file = File()
    file.gate.clear()

    async def work() -> int:
        held = Held(file.read)
        asking = asyncio.create_task(held.get())
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.wait([asking])
        others = asyncio.all_tasks() - {asyncio.current_task()}
        file.gate.set()
        await asyncio.wait(others)
        del asking, others
        gc.collect()
        await held.get()
        return file.reads

    assert 2 == asyncio.run(work())


def test_a_failure_is_told_to_all_who_ask_at_once(tmp_path: Path) -> None:
    """A build may write to it just now."""
    file = File()
    file.error = changed(str(tmp_path / "a.zip"))

    async def work() -> Sequence[ZipContent | BaseException]:
        held = Held(file.read)
        return await asyncio.gather(held.get(), held.get(), return_exceptions=True)

    first, second = asyncio.run(work())
    assert file.error is first is second
    assert 1 == file.reads


def test_after_a_failure_it_can_be_had_again() -> None:
    """A permanent one is kept for nobody."""
    file = File()

    async def work() -> ZipContent:
        held = Held(file.read)
        file.error = ReconcileError(changed("a.zip").failure)
        with pytest.raises(ReconcileError):
            await held.get()
        file.error = None
        await asyncio.sleep(0.5)
        return await held.get()

    assert ZipContent(b"reading 2") == asyncio.run(work())
