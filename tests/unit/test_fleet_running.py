"""Functions side by side, in memory: what is begun after a signal, and what is left over."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from reconciler import fleet
from reconciler.model import Status
from reconciler.reconcile import Task
from tests.unit import stores
from tests.unit.builders import live, spec
from tests.unit.functions import Functions
from tests.unit.scene import ACCOUNT, PACKAGE
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.model import (
        CodeSource,
        Failure,
        FunctionResult,
        FunctionSpec,
        ImageManifest,
        LiveFunction,
        ObjectHead,
        Repository,
        RunResult,
        S3Location,
        Target,
    )

REGION = stores.REGION


class Hanging(Functions):
    """Never answers."""

    async def get_function(self, function_name: str) -> LiveFunction:
        """Wait for ever."""
        self.calls.append(f"GetFunction {function_name}")
        await asyncio.Event().wait()
        raise AssertionError("nothing ends this wait")


class S3(stores.Objects):
    """Asks before it sends, as the real one does."""

    check: Callable[[], None]

    async def head_object(self, location: S3Location) -> ObjectHead:
        """Send, if it may."""
        self.check()
        return await super().head_object(location)


class ECR(stores.Images):
    """Asks before it sends, as the real one does."""

    check: Callable[[], None]

    async def batch_get_image(
        self, repository: Repository, image_ids: Sequence[str]
    ) -> Mapping[str, ImageManifest | Failure]:
        """Send, if it may."""
        self.check()
        return await super().batch_get_image(repository, image_ids)


@dataclass
class Memory:
    """A connection: ``functions_in_turn`` are given to the functions of the run as they begin."""

    functions_in_turn: list[Functions]
    at_begin: Callable[[], None] = lambda: None
    begun: int = 0
    accounts_asked: int = 0
    s3: S3 = field(default_factory=lambda: S3(content={"a.zip": b"new"}))
    ecr: ECR = field(default_factory=ECR)
    calls: dict[str, int] = field(default_factory=dict)

    def of(self, target: Target | None) -> Memory:
        """Give itself: there are no targets."""
        assert target is None
        return self

    def functions(
        self, _: str, check: Callable[[], None], in_flight: Callable[[], bool]
    ) -> Functions:
        """Begin the next function."""
        del check, in_flight  # what Lambda is asked is not the matter here
        self.begun += 1
        self.at_begin()
        return self.functions_in_turn[self.begun - 1]

    def objects(self, _: str, check: Callable[[], None]) -> S3:
        """Give S3."""
        self.s3.check = check
        return self.s3

    def images(self, _: str, check: Callable[[], None]) -> ECR:
        """Give ECR."""
        self.ecr.check = check
        return self.ecr

    def get_function_rate(self, region: str) -> float:
        """Give the pace of GetFunction."""
        del region
        return 80.0

    async def account(self, _: str, check: Callable[[], None]) -> str:
        """Ask STS, if it may."""
        check()
        self.accounts_asked += 1
        return ACCOUNT


class Nobody:
    """A listener that does not listen."""

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Do nothing."""

    def finished(self, result: FunctionResult) -> None:
        """Do nothing."""


def task(name: str, code: CodeSource | None = None, *, account: str | None = None) -> Task:
    """Declare code: the package at hand, or what lies in S3 or ECR."""
    made = spec(name, code=code)
    reference = replace(spec(account=account).function, region=REGION)
    package = PACKAGE if code is None else None
    return Task(replace(made, function=reference), REGION, package)


async def applied(
    memory: Memory, tasks: Sequence[Task], stop: fleet.Stop, parallelism: int = 16
) -> RunResult:
    """Run, and tell nobody."""
    settings = fleet.RunSettings("test", parallelism=parallelism)
    return await fleet.run(tasks, memory, settings, stop, Nobody())


async def left_over() -> set[asyncio.Task[object]]:
    """Give the tasks that have not ended when everything that can end has ended."""
    for _ in range(10):
        await asyncio.sleep(0)
    return asyncio.all_tasks() - {asyncio.current_task()}


# After the signal.


def test_what_waits_for_a_place_when_the_signal_comes_is_not_begun() -> None:
    """Nothing of it is read; the result says that nothing was attempted."""

    async def work() -> RunResult:
        stop = fleet.Stop()
        memory.at_begin = lambda: stop.request(15)
        return await applied(memory, [task("a"), task("b")], stop, parallelism=1)

    memory = Memory([Functions(live()), Functions(live())])

    _, second = run(work()).functions

    assert (Status.NOT_ATTEMPTED, None, None) == (second.status, second.plan, second.failure)
    assert 1 == memory.begun
    assert [] == memory.functions_in_turn[1].calls


@pytest.mark.parametrize(
    "begun",
    [
        pytest.param(task("a", stores.s3_object()), id="S3"),
        pytest.param(task("a", stores.image()), id="ECR"),
        pytest.param(task("a", account=ACCOUNT), id="STS"),
    ],
)
def test_what_all_functions_share_is_not_asked_for_after_the_signal(begun: Task) -> None:
    """The signal comes when the function has its place and nothing is sent yet."""

    async def work() -> RunResult:
        stop = fleet.Stop()
        memory.at_begin = lambda: stop.request(15)
        return await applied(memory, [begun], stop)

    memory = Memory([Functions(live())])

    (result,) = run(work()).functions

    assert (Status.NOT_ATTEMPTED, None) == (result.status, result.failure)
    assert ([], [], 0) == (memory.s3.heads, memory.ecr.calls, memory.accounts_asked)
    assert [] == memory.functions_in_turn[0].calls


# What is left over.


def test_a_run_that_ends_leaves_no_task() -> None:
    """Neither what watches the grace, nor what counts it down."""

    async def work() -> None:
        result = await applied(Memory([Functions(live())]), [task("a")], fleet.Stop())
        assert [Status.UPDATED] == [each.status for each in result.functions]
        assert set() == await left_over()

    run(work())


def test_a_run_whose_grace_is_over_leaves_no_task() -> None:
    """What is not waited for any more is given up, not left to go on."""
    memory = Memory([Hanging(live())])

    async def work() -> None:
        stop = fleet.Stop(grace=10)
        asyncio.get_running_loop().call_later(1, stop.request, 15)
        result = await applied(memory, [task("a")], stop)
        assert [Status.NOT_ATTEMPTED] == [each.status for each in result.functions]
        assert 1 == len(memory.functions_in_turn[0].calls)
        assert set() == await left_over()

    run(work())


def test_a_run_that_is_cancelled_leaves_no_task() -> None:
    """Whoever embeds it gets all of it back."""
    memory = Memory([Hanging(live()), Hanging(live())])

    async def work() -> None:
        running = asyncio.ensure_future(applied(memory, [task("a"), task("b")], fleet.Stop()))
        await asyncio.sleep(1)
        assert 2 == memory.begun
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        assert running.cancelled()
        assert set() == await left_over()

    run(work())
