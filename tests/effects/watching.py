"""A watch over the functions of a world, over HTTP, round by round."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from reconciler import fleet, manifest
from tests.effects.world import REGION, Alone, World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.model import Status
    from reconciler.reconcile import Task

OFTEN = fleet.Pace(
    interval=0.001, full_interval=1e9, first_retry=1e9, longest_retry=1e9, round_wait=1e9
)
"""Round after round, without full looks and without tries between them."""


@dataclass
class Watching:
    """
    ``calls`` has the requests of each round, ``between`` those of tries beside the rounds.

    ``after`` is what a test does when so many rounds have ended.
    """

    world: World
    pace: fleet.Pace = OFTEN
    plan_only: bool = False
    max_changes: fleet.MaxChanges | None = None
    after: dict[int, Callable[[], object]] = field(default_factory=dict)
    rounds: list[fleet.Round] = field(default_factory=list)
    tries: list[fleet.Round] = field(default_factory=list)
    calls: list[list[str]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changed: bool = False
    until: int = 0

    def run(self, rounds: int) -> bool:
        """Watch for so many rounds; whether nothing was left half-way."""
        self.until = rounds
        return asyncio.run(self._run())

    async def _run(self) -> bool:
        self._mark = len(self.world.sandbox.requests)
        self.stop = self.world.stop = fleet.Stop(self.world.grace)
        settings = fleet.RunSettings(
            "test",
            plan_only=self.plan_only,
            cache=self.world.cache,
            wait=self.world.wait,
            max_changes=self.max_changes,
        )
        watch = fleet.Watch(
            self.load(),
            self,
            Alone(self.world.connection),
            settings=settings,
            pace=self.pace,
            stop=self.stop,
            listener=self.world.recorder,
            observer=self,
            random=Random(1),  # noqa: S311 - no secret
        )
        self.health = watch.health
        async with asyncio.timeout(60):
            return await watch.run()

    def load(self) -> Sequence[Task]:
        """Read the world's folder. Raises BrokenManifestsError."""
        loaded = manifest.load(
            [str(self.world.folder)], environment={}, default_region=REGION, standard_input=None
        )
        if loaded.errors:
            raise fleet.BrokenManifestsError([str(error) for error in loaded.errors])
        preparation = fleet.prepare(loaded.specs)
        assert preparation.errors == ()
        return preparation.tasks

    async def reread(self) -> Sequence[Task] | None:
        """Read again where a test says so."""
        return self.load() if self.changed else None

    async def ended(self, finished: fleet.Round) -> None:
        """Note the round, do what the test wants, and stop after the last."""
        if finished.number is None:
            self.tries.append(finished)
            return
        self.rounds.append(finished)
        requests = self.world.sandbox.requests
        self.calls.append(
            [
                " ".join(filter(None, [each.operation, each.function, each.qualifier]))
                for each in requests[self._mark :]
            ]
        )
        self.after.get(finished.number, lambda: None)()
        self._mark = len(requests)
        if finished.number == self.until:
            self.stop.request(15)

    def note(self, message: str) -> None:
        """Note it."""
        self.notes.append(message)

    def trouble(self, message: str) -> None:
        """Note it."""
        self.troubles.append(message)

    def statuses(self) -> list[dict[str, Status]]:
        """Give how the functions ended that were looked at, by round."""
        return [
            {each.spec.name: each.status for each in done.result.functions} for done in self.rounds
        ]
