"""Several reconcilers at once: they agree on the end, burn no version, and never fight on."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Sandbox
from tests.crash.kinds import KINDS, Source
from tests.crash.stage import Stage
from tests.effects.world import World

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from reconciler.model import RunResult

FUNCTIONS = 50
LIMIT = 60
"""Seconds after which a reconciler whose turn does not come fails its test."""
PUBLISHED = [
    kind
    for kind in KINDS
    if kind.source is Source.ZIP and kind.publishes and not kind.cell.forbidden
]
"""Code and a version, with every change of mode and architecture."""
WRITES = ("update_function_code", "publish_version", "put_runtime_management_config")


@pytest.fixture(autouse=True)
def _without_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    for rate in ("_GET_FUNCTION", "_EVERYTHING_ELSE"):
        monkeypatch.setattr(f"reconciler.aws.budget.{rate}", 1e6)


@pytest.mark.parametrize("rivals", [2, 3])
def test_reconcilers_with_the_same_manifests_agree(tmp_path: Path, rivals: int) -> None:
    """All end in sync, with one new version of each function, whoever made which call."""
    kinds = [PUBLISHED[number % len(PUBLISHED)] for number in range(FUNCTIONS)]
    with Stage(tmp_path) as stage, contextlib.ExitStack() as stack:
        alone = stage.create_all(kinds)
        stage.world.run()
        whole, calls = [stage.final(name) for name in alone], len(stage.calls())
        names = stage.create_all(kinds)
        folder = stage.world.folder
        worlds = [stack.enter_context(World(stage.sandbox, folder)) for _ in range(rivals)]

        runs = _at_once(worlds)

        assert len(stage.calls()) <= 2 * rivals * calls
        assert whole == [stage.final(name) for name in names]
        assert {2} == {final.versions for final in whole}
        assert FUNCTIONS == stage.writes.count("UpdateFunctionCode")
        ends = {result.status for run in runs for result in run.functions}
        assert {Status.UPDATED, Status.IN_SYNC} >= ends
        done = list(stage.writes)
        assert {Status.IN_SYNC} == {each.status for each in stage.world.run().functions}
        assert done == stage.writes


def _at_once(worlds: list[World]) -> list[RunResult]:
    """Let all run at the same time, each in a thread and an event loop of its own."""
    start = threading.Barrier(len(worlds), timeout=LIMIT)

    def run(world: World) -> RunResult:
        start.wait()
        return world.run(parallelism=16)

    with ThreadPoolExecutor(len(worlds)) as threads:
        return list(threads.map(run, worlds))


class Turns:
    """Two take turns: one acts until a write of it was accepted, and then the other."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._turn = 0
        self._left: set[int] = set()

    def take(self, number: int) -> None:
        """Wait until it is this one's turn; a rival that has left is not waited for."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: self._turn == number or 1 - number in self._left, LIMIT
            )
            assert came

    def pass_on(self, number: int) -> None:
        """Let the other one act."""
        with self._changed:
            self._turn = 1 - number
            self._changed.notify_all()

    def leave(self, number: int) -> None:
        """Take part no more."""
        with self._changed:
            self._left.add(number)
            self._changed.notify_all()


class InTurn:
    """The calls of one of two, each in its turn."""

    def __init__(self, turns: Turns, number: int, functions: Any) -> None:  # noqa: ANN401 - any
        self._functions = functions
        self._turns = turns
        self._number = number

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        """Wrap a call."""

        async def call(*given: Any, **named: Any) -> Any:  # noqa: ANN401 - as what it wraps
            self._turns.take(self._number)
            answer = await getattr(self._functions, name)(*given, **named)
            if name in WRITES:
                self._turns.pass_on(self._number)
            return answer

        return call


@pytest.fixture
def opponents(tmp_path: Path) -> Iterator[tuple[World, World]]:
    """Give two reconcilers of one function, which begins as neither wants it."""
    with Sandbox(settle=0) as sandbox, contextlib.ExitStack() as stack:
        worlds = []
        for text in ("first", "second"):
            folder = tmp_path / text
            folder.mkdir()
            world = stack.enter_context(World(sandbox, folder))
            world.package("app", text)
            worlds.append(world)
        first, second = worlds
        first.create("app", "neither's")
        yield first, second


CODE = "code: {zipFile: app.zip}"
CONTRADICTIONS = {
    "code": ((CODE, CODE), "UpdateFunctionCode", "code"),
    "published code": ((f"{CODE}\npublish: true",) * 2, "UpdateFunctionCode", "code"),
    "architecture": (
        (f"{CODE}\narchitecture: arm64", f"{CODE}\narchitecture: x86_64"),
        "UpdateFunctionCode",
        "architecture",
    ),
    "runtime update mode": (
        (
            "runtimeManagement: {updateRuntimeOn: FunctionUpdate}",
            "runtimeManagement: {updateRuntimeOn: Auto}",
        ),
        "PutRuntimeManagementConfig",
        "runtimeManagement",
    ),
}


@pytest.mark.parametrize(
    ("declared", "operation", "field"), CONTRADICTIONS.values(), ids=CONTRADICTIONS
)
def test_reconcilers_that_contradict_each_other_stop(
    opponents: tuple[World, World], declared: tuple[str, str], operation: str, field: str
) -> None:
    """Each undoes what the other did, twice; then one gives up, and names what was changed."""
    turns = Turns()
    for number, (world, spec) in enumerate(zip(opponents, declared, strict=True)):
        world.declare(app=spec)
        world.wrap = partial(InTurn, turns, number)

    def run(number: int) -> RunResult:
        try:
            return opponents[number].run()
        finally:
            turns.leave(number)

    with ThreadPoolExecutor(2) as threads:
        (loser,), (winner,) = (run.functions for run in threads.map(run, (0, 1)))

    assert loser.failure is not None
    assert FailureKind.TEMPORARY is loser.failure.kind
    assert "was done 2 times and is wanted again" in loser.failure.what
    assert field in {change.field for change in loser.foreign_changes}
    assert Status.UPDATED == winner.status
    requests = [record.operation for record in opponents[0].sandbox.requests]
    assert 4 == requests.count(operation)
    assert len(requests) <= 60
    assert Status.IN_SYNC == opponents[1].one().status


def test_reconcilers_that_contradict_each_other_come_to_an_end(
    opponents: tuple[World, World],
) -> None:
    """However their calls meet: each writes once what it wants, or twice, and says why not."""
    names = [f"app-{number}" for number in range(10)]
    for world, machine in zip(opponents, ("arm64", "x86_64"), strict=True):
        spec = f"{CODE}\narchitecture: {machine}\npublish: true"
        world.declare(**dict.fromkeys(names, spec))
    for name in names:
        opponents[0].create(name)

    runs = _at_once(list(opponents))

    for result in (result for run in runs for result in run.functions):
        if result.failure is None:
            assert Status.UPDATED == result.status
        else:
            assert FailureKind.TEMPORARY is result.failure.kind
            assert result.foreign_changes
    done = [record for record in opponents[0].sandbox.requests if record.status in (200, 201)]
    for name in names:
        writes = [each.operation for each in done if each.function == name]
        assert writes.count("UpdateFunctionCode") <= 4
        assert writes.count("PublishVersion") <= 4
        assert len(writes) <= 80
