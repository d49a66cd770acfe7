"""Fleets on a virtual clock, where one machine's CPU would be the limit and not the quota."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.aws import NEW, Simulated
from bench.figures import Figure
from bench.processes import measured
from reconciler import fleet
from reconciler.artifacts import Package
from reconciler.model import (
    FunctionReference,
    FunctionSpec,
    Location,
    NativeCode,
    S3Location,
    Status,
    Target,
    ZipFile,
)
from reconciler.reconcile import Task, WaitSettings
from tests.unit.virtual_time import VirtualTimeLoop, elapsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.processes import Cost
    from reconciler.model import CodeContent, RunResult

_HERE = Location("simulated.yaml", 1, 1)
_SOURCE = ZipFile(Path("new.zip"), _HERE)
_REGIONS = 10
_SETTLE = 2.0


async def _content() -> CodeContent:
    return S3Location("bucket", "new.zip")


async def _native_code() -> NativeCode:
    return NativeCode()


_PACKAGE = Package(NEW, "new.zip", _content, _native_code)


def _tasks(places: int, each: int) -> list[Task]:
    """Make so many functions in each of so many accounts and regions."""
    tasks = []
    for place in range(places):
        region = f"eu-west-{place % _REGIONS}"
        account = f"{place // _REGIONS:012}"
        target = Target(f"{account}-{region}", account, region, _HERE)
        tasks += [_task(f"f{number}", target) for number in range(each)]
    return tasks


def _task(name: str, target: Target) -> Task:
    spec = FunctionSpec(
        name=name,
        labels={},
        function=FunctionReference(name, name, target.account, target.region),
        code=_SOURCE,
        architecture=None,
        runtime_management=None,
        publish=None,
        suspend=False,
        location=_HERE,
        target=target,
    )
    return Task(spec, target.region, _PACKAGE)


def _run(tasks: Sequence[Task], aws: Simulated) -> float:
    """Apply, and give the virtual seconds that it took."""

    async def work() -> tuple[RunResult, float]:
        patient = WaitSettings(function_timeout=86_400)
        settings = fleet.RunSettings("bench", quota_share=1.0, wait=patient)
        result = await fleet.run(tasks, aws, settings, fleet.Stop(), aws)
        return result, elapsed()

    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        result, seconds = runner.run(work())
    good = {Status.IN_SYNC, Status.UPDATED}
    bad = [each for each in result.functions if each.status not in good]
    if bad:
        raise RuntimeError(f"{bad[0].status}: {bad[0].failure}")
    return seconds


def _targets() -> dict[str, float]:
    """150 functions with new code, in one target and in each of 20."""

    def seconds(targets: int) -> float:
        return _run(_tasks(targets, 150), Simulated(_SETTLE, lambda _: False))

    return {"one": seconds(1), "twenty": seconds(20)}


def _memory() -> dict[str, float]:
    """10,000 functions in one account and region, a tenth of them with new code."""
    aws = Simulated(_SETTLE, lambda name: not name.endswith("7"))
    return {"seconds": _run(_tasks(1, 10_000), aws), "bound": aws.bound}


def _fleet() -> dict[str, float]:
    """100,000 functions in 200 accounts and regions, a twentieth with new code, by 16 shards."""
    begun, tasks = time.process_time(), _tasks(200, 500)
    seconds, bounds, sizes = [], [], []
    for number in range(1, 17):
        shard = fleet.Shard(number, 16)
        ours = [task for task in tasks if shard.has(_account(task), task.region)]
        if ours:
            aws = Simulated(_SETTLE, lambda name: not name.endswith(("05", "25", "45", "65", "85")))
            seconds.append(_run(ours, aws))
            bounds.append(aws.bound)
            sizes.append(len(ours))
    return {
        "seconds": max(seconds),
        "bound": max(bounds) + _SETTLE,  # the last update settles, whatever one does
        "largest": max(sizes),
        "cpu": time.process_time() - begun,
        "functions": sum(sizes),
    }


def _account(task: Task) -> str:
    if task.spec.target is None:
        raise AssertionError("all of them have a target")
    return task.spec.target.account


_WORK: dict[str, Callable[[], dict[str, float]]] = {
    "targets": _targets,
    "memory": _memory,
    "fleet": _fleet,
}


def _apart(name: str) -> tuple[dict[str, float], Cost]:
    """Do it in a process of its own, so that its memory is its own."""
    cost = measured(["-m", "bench.simulated", name])
    return json.loads(cost.output), cost


def targets() -> Iterator[Figure]:
    """20 targets side by side, beside one."""
    found, _ = _apart("targets")
    note = "simulated: the quota is the limit, not this machine's CPU"
    yield Figure("20 targets: wall over that of one", found["twenty"], found["one"], 1.3, note=note)


def memory() -> Iterator[Figure]:
    """Peak memory at 10,000 functions."""
    found, cost = _apart("memory")
    note = f"simulated; {cost.peak * 1024 / 10_000:.1f} KiB for each, {cost.cpu:.0f} s of CPU"
    yield Figure("10,000 functions: peak memory", cost.peak, unit="MiB", note=note)
    yield Figure("10,000 functions: time over the bound", found["seconds"], found["bound"], 1.1)


def fleet_of_shards() -> Iterator[Figure]:
    """100,000 functions over 16 shards."""
    found, cost = _apart("fleet")
    note = (
        f"simulated; {found['functions']:,.0f} functions, {found['largest']:,.0f} in the largest"
        f" shard, {cost.cpu:.0f} s of CPU for all shards, {cost.peak:.0f} MiB"
    )
    yield Figure(
        "100,000 functions, 16 shards: time over bound and settle",
        found["seconds"],
        found["bound"],
        1.1,
        note=note,
    )


if __name__ == "__main__":
    json.dump(_WORK[sys.argv[1]](), sys.stdout)
