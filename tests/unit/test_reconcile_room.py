"""Functions that send packages side by side, with room for few of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest.mock import Mock

from reconciler.artifacts import Package, Room
from reconciler.model import NativeCode, Status, ZipContent
from reconciler.reconcile import Patience, Reconciliation, Shared, Task, WaitSettings
from tests.unit.builders import ARM, NEW, live, spec
from tests.unit.functions import Functions
from tests.unit.scene import DENIED, Artifacts
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from reconciler.aws.protocol import Receipt
    from reconciler.model import FunctionResult

SIZE = 10


class Held:
    """A package of a size; says when it was read, and for how long it was held."""

    def __init__(self, size: int) -> None:
        self.package: Package | None = Package(
            NEW, "new.zip", self._content, self._native_code, size=size
        )
        self.read_at: list[float] = []

    async def _content(self) -> ZipContent:
        self.read_at.append(elapsed())
        return ZipContent(b"new")

    async def _native_code(self) -> NativeCode:
        self.read_at.append(elapsed())
        await asyncio.sleep(1)
        return NativeCode()


class Slow(Functions):
    """An upload takes ten seconds."""

    answered_at = 0.0

    async def update_function_code(self, *given: object, **more: object) -> Receipt:
        """Take what is sent when the time is over."""
        await asyncio.sleep(10)
        self.answered_at = elapsed()
        return await super().update_function_code(*given, **more)  # type: ignore[arg-type]  # as given


class Scene:
    """Functions with such packages, begun at once."""

    def __init__(self, *sizes: int) -> None:
        self.packages = [Held(size) for size in sizes]
        self.functions = [Slow(live()) for _ in sizes]

    def apply(self, *, stop_at: float | None = None, timeout: float = 300) -> list[FunctionResult]:
        """Run all of them to the end."""

        async def whole() -> list[FunctionResult]:
            shared, stop = Shared(Artifacts(), Mock(), room=Room(SIZE)), asyncio.Event()
            if stop_at is not None:
                asyncio.get_running_loop().call_later(stop_at, stop.set)
            settings = WaitSettings(function_timeout=timeout)
            return await asyncio.gather(
                *(
                    Reconciliation(
                        Task(self.declared, "eu-west-1", held.package),
                        functions,
                        Patience(settings, stop),
                        shared,
                        Mock(),
                    ).apply()
                    for held, functions in zip(self.packages, self.functions, strict=True)
                )
            )

        return run(whole())

    declared = spec()

    @property
    def read_at(self) -> list[list[float]]:
        """When each package was read."""
        return [held.read_at for held in self.packages]


def test_a_package_is_read_when_there_is_room_to_send_it() -> None:
    """Two at once, the third when the first of them was answered."""
    scene = Scene(5, 5, 5)
    assert {Status.UPDATED} == {result.status for result in scene.apply()}
    assert [[0], [0], [10]] == scene.read_at


def test_what_holds_nothing_here_waits_for_nobody() -> None:
    """AWS fetches it from S3."""
    scene = Scene(10, 0)
    assert {Status.UPDATED} == {result.status for result in scene.apply()}
    assert [[0], [0]] == scene.read_at


def test_a_package_that_was_refused_makes_room() -> None:
    """Whatever became of the call."""
    scene = Scene(10, 10)
    refused = replace(DENIED, what="no")
    scene.functions[0].fails["UpdateFunctionCode"].append(refused)
    assert [Status.FAILED, Status.UPDATED] == [result.status for result in scene.apply()]
    assert [[0], [10]] == scene.read_at


def test_who_waits_for_room_waits_no_longer_than_its_time() -> None:
    """And says that it was not sent."""
    scene = Scene(10, 10)
    first, second = scene.apply(timeout=7)
    assert [Status.FAILED, "--function-timeout" in str(second.failure)] == [second.status, True]
    assert [[0], []] == scene.read_at
    assert [] == scene.functions[1].sent
    assert first.steps


def test_what_has_to_stop_reads_nothing_more() -> None:
    """The room comes too late."""
    scene = Scene(10, 10)
    _, second = scene.apply(stop_at=5)
    assert Status.UPDATED is not second.status
    assert [[0], []] == scene.read_at


def test_who_looks_into_a_package_needs_room_too() -> None:
    """For another architecture all of it is read, before it is read again to be sent."""
    scene = Scene(10, 10)
    scene.declared = replace(spec(), architecture=ARM)
    assert {Status.UPDATED} == {result.status for result in scene.apply()}
    assert [[0, 2], [1, 12]] == scene.read_at


def test_a_live_package_that_goes_out_again_needs_room_too() -> None:
    """Its size is not known before it is there, so that it is reckoned to be large."""
    scene = Scene(10, 10)
    scene.declared = replace(spec(), architecture=ARM, native_check=False)
    for held in scene.packages:
        held.package = None
    assert {Status.UPDATED} == {result.status for result in scene.apply()}
    assert [10, 20] == [functions.answered_at for functions in scene.functions]
