"""One seed, from its first function to its verdict."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest import mock

import tenacity.wait

from reconciler import fleet
from reconciler.fleet import all_versions
from reconciler.model import FailureKind, Status
from reconciler.reconcile import WaitSettings
from reconciler.sandbox import state
from tests.simulation import clock
from tests.simulation.aws import Aws
from tests.simulation.invariants import Invariant, Judge
from tests.simulation.population import Population
from tests.simulation.process import PHASES, Doom, Process, track_owners
from tests.simulation.rivals import Rival
from tests.simulation.trace import Trace
from tests.simulation.weather import CALM, Weather
from tests.simulation.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model import FunctionResult, RunResult
    from reconciler.reconcile import Task
    from tests.simulation.clock import SimulatedLoop

_MOST_FUNCTIONS = 8
_LEAST_SWEPT = 3  # so that these few are swept too
_TAKEN = (0.0, 0.0, 0.0, 0.5, 0.9)
"""Of the quotas, by somebody else, in the storm and in the calm."""
_LATEST_EFFECT = 600.0
"""Seconds after which nothing of the storm is under way any more."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a seed came to."""

    seed: int
    functions: int
    events: int
    calls: int
    seconds: float
    digest: str
    counts: Counter[str] = field(default_factory=Counter)


def simulate(seed: int, functions: int | None = None) -> Outcome:
    """Live through a seed. Raises BrokenInvariantError."""
    with _no_chance_but(seed):
        return clock.run(lambda loop: _Simulation(loop, seed, functions).run())


@contextlib.contextmanager
def _no_chance_but(seed: int) -> Iterator[None]:
    """Take from the seed what the product and the sandbox take from chance and the clock."""
    ids = _random(f"{seed} ids")
    revision_ids = SimpleNamespace(uuid4=lambda: uuid.UUID(int=ids.getrandbits(128), version=4))
    with (
        mock.patch.object(state, "uuid", revision_ids),
        mock.patch.object(state, "_now", return_value="2026-01-01T00:00:00.000+0000"),
        mock.patch.object(tenacity.wait, "random", _random(f"{seed} jitter")),
        mock.patch.object(all_versions, "LEAST", _LEAST_SWEPT),
    ):
        yield


def _random(seed: str) -> random.Random:
    return random.Random(seed)  # noqa: S311 - chance that can be repeated is what is wanted


class _Simulation:
    """The world of one seed."""

    def __init__(self, loop: SimulatedLoop, seed: int, functions: int | None) -> None:
        self._loop = loop
        self._chances = _random(f"{seed} processes")
        self._seed = seed
        self._functions = functions
        self._trace = Trace(lambda: loop.elapsed)
        self._judge = Judge(seed, functions, self._trace)
        self._processes = 0
        self._calls: Counter[str] = Counter()
        track_owners(loop)

    async def run(self) -> Outcome:
        """Storm, calm, and the verdict."""
        tasks = self._populate()
        weather = Weather.of(_random(f"{self._seed} weather"))
        await self._storm(weather, tasks)
        await self._calm(tasks)
        self._judge.close()
        return Outcome(
            self._seed,
            len(tasks),
            self._trace.events,
            self._calls.total(),
            self._loop.elapsed,
            self._trace.digest,
            self._trace.counts,
        )

    def _populate(self) -> tuple[Task, ...]:
        seed = self._seed
        self._aws = Aws(self._loop, _random(f"{seed} aws"), self._trace)
        self._aws.quotas.share = _random(f"{seed} neighbour").choice(_TAKEN)
        chances = _random(f"{seed} population")
        self._aws.plane.versions_inherit_runtime_management = chances.random() < 0.5
        self._aws.plane.runtime_management_changes_revision = chances.random() < 0.5
        count = self._functions or chances.randint(1, _MOST_FUNCTIONS)
        tasks = Population(self._aws, chances).settle(count)
        specs = {task.spec.name: task.spec for task in tasks}
        self._witness = Witness(self._aws, self._judge, specs)
        self._aws.watch = self._witness
        self._rival = Rival(self._aws, _random(f"{seed} rival"), specs)
        self._carried = {name: self._witness.truth.carried(spec) for name, spec in specs.items()}
        return tasks

    # The storm

    async def _storm(self, weather: Weather, tasks: Sequence[Task]) -> None:
        self._aws.weather = weather
        self._aws.beside = self._rival.beside
        roaming = asyncio.create_task(self._roam(weather, tasks))
        for _ in range(weather.storm_runs):
            runs = [self._process(weather, tasks)]
            if self._chances.random() < weather.second:
                self._trace.count("second reconciler")
                runs.append(self._process(weather, tasks))
            await asyncio.gather(*(self._live(each) for each in runs))
        roaming.cancel()
        self._aws.weather = CALM
        self._aws.beside = lambda _: None
        await asyncio.sleep(_LATEST_EFFECT)

    async def _roam(self, weather: Weather, tasks: Sequence[Task]) -> None:
        while weather.acts:
            await asyncio.sleep(self._chances.uniform(1, 60))
            self._rival.act(self._chances.choice(tasks).spec.name)

    async def _live(self, process: Process) -> RunResult | None:
        """Run a process, begun and perhaps stopped at any time."""
        await asyncio.sleep(self._chances.uniform(0, 2))
        stop = None
        if self._chances.random() < self._aws.weather.stop:
            self._trace.count("stop")
            stop = self._loop.call_later(self._chances.uniform(0, 30), process.stop.request, 15)
        result = await process.run()
        if stop is not None:
            stop.cancel()
        self._calls += process.calls
        return result

    def _process(self, weather: Weather, tasks: Sequence[Task]) -> Process:
        self._processes += 1
        doom = None
        if self._chances.random() < weather.crash:
            most = 12 * len(tasks)
            doom = Doom(self._chances.randint(1, most), self._chances.choice(PHASES))
        name = f"run {self._processes}"
        settings = self._settings(name, weather) if weather is not CALM else fleet.RunSettings(name)
        return Process(name, self._aws, self._witness, tasks, settings, doom)

    def _settings(self, name: str, weather: Weather) -> fleet.RunSettings:
        """Choose what a run is asked for: mostly the usual."""
        chances = self._chances
        plan_only = chances.random() < weather.plan_only
        patience = chances.choice((300.0, 300.0, 300.0, 20.0))
        return fleet.RunSettings(
            name,
            plan_only=plan_only,
            server_side=plan_only and chances.random() < 0.5,
            parallelism=chances.choice((1, 3, 16, 16)),
            wait=WaitSettings(function_timeout=patience),
        )

    # The calm

    async def _calm(self, tasks: Sequence[Task]) -> None:
        """Run twice: the first brings everything into order, the second finds it so."""
        first = await self._live(self._process(CALM, tasks))
        before = dict(self._witness.writes)
        second = await self._live(self._process(CALM, tasks))
        if first is None or second is None:
            raise AssertionError("nobody kills a process in the calm")
        for one, two in zip(first.functions, second.functions, strict=True):
            self._judge_end(one, two, before)

    def _judge_end(
        self, one: FunctionResult, two: FunctionResult, before: Mapping[str, int]
    ) -> None:
        truth, spec = self._witness.truth, one.spec
        name = spec.name
        breach = self._judge.breach
        if self._witness.writes[name] != before.get(name, 0):
            breach(Invariant.CONVERGES, name, "a second run in the calm still writes")
        lacking, obstacle = truth.lacks(spec), truth.obstacle(spec)
        if spec.suspend:
            if Status.SUSPENDED is not two.status:
                breach(Invariant.CONVERGES, name, f"it is suspended, and {two.status}")
            return
        if obstacle is None:
            good = (Status.IN_SYNC, Status.UPDATED)
            if lacking or two.status is not Status.IN_SYNC or one.status not in good:
                what = f"it lacks {lacking}, {one.status}, {two.status}: {two.failure}"
                breach(Invariant.CONVERGES, name, what)
        elif two.failure is None or two.failure != one.failure:
            what = f"{obstacle}: {one.failure} became {two.failure}"
            breach(Invariant.CONVERGES, name, what)
        elif two.failure.kind is not FailureKind.PERMANENT:
            breach(Invariant.CONVERGES, name, f"{obstacle}: {two.failure} is no permanent failure")
        self._judge_versions(name)

    def _judge_versions(self, name: str) -> None:
        """Compare how many versions were made where nobody else had a hand in it."""
        spec = self._witness.specs[name]
        changes, moves = self._aws.changes[name], self._aws.storage.moves.get(name, 1)
        if any(not each.who.startswith("run") for each in changes) or moves > 1:
            return
        made = self._witness.made[name]
        needed = int(not self._carried[name] and self._witness.truth.carried(spec))
        if spec.publish is not None and len(made) != needed:
            what = f"it made {made}, where {needed} was needed"
            self._judge.breach(Invariant.VERSIONS, name, what)
