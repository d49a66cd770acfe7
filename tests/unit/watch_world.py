"""Many functions of one region in memory, and a watch over them on the virtual clock."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

from reconciler import fleet
from reconciler.aws.protocol import ListedFunction
from reconciler.model import Failure, FailureKind, ReconcileError
from reconciler.reconcile import Task
from tests.unit.builders import live, spec
from tests.unit.scene import PACKAGE
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.model import FunctionResult, FunctionSpec, LiveFunction, Target

REGION = "eu-west-1"
NOT_FOUND = Failure(FailureKind.PERMANENT, "no such function", "", code="ResourceNotFoundException")
DENIED = Failure(FailureKind.PERMANENT, "GetFunction: denied", "allow it")
UNANSWERED = Failure(
    FailureKind.TEMPORARY,
    "GetFunction: no answer from AWS",
    "check the network",
    operation="GetFunction",
    code="ReadTimeoutError",
)
PAGE = 50


@dataclass
class Region:
    """
    A connection to the functions of one region; all that are declared are there, in sync.

    ``fails`` has what reading a function, or ``*`` to list, comes to. ``seconds`` is how long
    reading a function takes. ``hangs`` has the regions that never answer.
    """

    functions_by_name: dict[str, LiveFunction] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    log: list[tuple[float, str]] = field(default_factory=list)
    fails: dict[str, Failure] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    open: int = 0

    def of(self, target: Target | None) -> Any:  # noqa: ANN401 - a connection in memory
        """Give itself: there are no targets."""
        assert target is None
        return self

    def functions(self, region: str, check: Callable[[], None], _: Callable[[], bool]) -> Any:  # noqa: ANN401 - calls in memory
        """Give the calls of a region: all of them have the same functions."""
        return Calls(self, check, region)

    def objects(self, *_: object) -> None:
        """Have no S3."""
        raise AssertionError("nothing lies in S3")

    images = objects

    def get_function_rate(self, _: str) -> float:
        """Give the pace of GetFunction."""
        return 80.0

    async def account(self, *_: object) -> str:
        """Have an account."""
        return "123456789012"

    def change(self, name: str) -> None:
        """Let somebody change the function."""
        found = self.functions_by_name[name]
        self.functions_by_name[name] = replace(found, revision_id=f"{found.revision_id}+")

    def asked(self, what: str) -> list[float]:
        """Give the times at which it was asked."""
        return [at for at, asked in self.log if asked == what]


@dataclass
class Calls:
    """The calls of a function or of a survey."""

    region: Region
    check: Callable[[], None]
    name: str = REGION

    async def get_function(self, name: str) -> LiveFunction:
        """Read one."""
        self.note("GetFunction", name)
        await self.answered()
        await asyncio.sleep(self.region.seconds.get(name, 0))
        if name in self.region.fails:
            raise ReconcileError(self.region.fails[name])
        if name not in self.region.functions_by_name:
            raise ReconcileError(NOT_FOUND)
        return self.region.functions_by_name[name]

    async def get_runtime_management_config(self, name: str, _: str) -> Any:  # noqa: ANN401 - unused
        """Have no modes."""
        raise AssertionError(f"nobody asks for the mode of {name}")

    def list_functions(self, **_: bool) -> Pages:
        """List all, page by page."""
        return Pages(self)

    async def answered(self) -> None:
        """Wait for an answer, for a minute where there is none."""
        if self.name in self.region.hangs:
            await asyncio.sleep(60)
            raise ReconcileError(UNANSWERED)

    def note(self, operation: str, *more: str) -> None:
        """Count a call, if it may be sent."""
        self.check()
        self.region.calls[operation] += 1
        self.region.log.append((elapsed(), " ".join([operation, *more])))


@dataclass
class Pages:
    """The pages of the list; one that failed can be asked for again."""

    calls: Calls
    start: int = 0

    def __aiter__(self) -> Pages:
        """Go on from here."""
        return self

    async def __anext__(self) -> tuple[ListedFunction, ...]:
        region = self.calls.region
        found = sorted(region.functions_by_name.items())
        if self.start > 0 and self.start >= len(found):
            raise StopAsyncIteration
        self.calls.note("ListFunctions")
        await self.calls.answered()
        if "*" in region.fails:
            raise ReconcileError(region.fails["*"])
        start, self.start = self.start, self.start + PAGE
        return tuple(
            ListedFunction(name, "$LATEST", each.code, each.architecture, each.revision_id)
            for name, each in found[start : self.start]
        )


def task(name: str, region: str = REGION, **members: Any) -> Task:  # noqa: ANN401 - any of a spec
    """Declare a function by the package at hand."""
    made = replace(spec(name), **members)
    reference = replace(made.function, function_name=name, name=name, region=region)
    return Task(replace(made, function=reference), region, PACKAGE)


@dataclass
class Scene:
    """
    A watch, and what became of it.

    ``at`` is what happens at a virtual second. ``in_round`` is called when a round has ended.
    """

    region: Region
    tasks: Sequence[Task]
    pace: fleet.Pace = field(default_factory=fleet.Pace)
    at: dict[float, Callable[[], object]] = field(default_factory=dict)
    in_round: Callable[[fleet.Round], object] = lambda _: None
    rounds: list[tuple[float, fleet.Round]] = field(default_factory=list)
    tries: list[tuple[float, fleet.Round]] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    manifests: list[Sequence[Task] | Exception | None] = field(default_factory=list)
    seed: int = 1

    @classmethod
    def of(cls, *names: str, **members: Any) -> Scene:  # noqa: ANN401 - any of a scene
        """Make functions that are in sync with their manifests."""
        region = Region()
        for name in names:
            found = live(revision_id=f"{name}-1", code=PACKAGE.digest)
            region.functions_by_name[name] = found
        return cls(region, [task(name) for name in names], **members)

    def watch(self, seconds: float) -> bool:
        """Watch for so long; whether nothing was left half-way."""
        return run(self._watch(seconds))

    async def _watch(self, seconds: float) -> bool:
        loop, stop = asyncio.get_running_loop(), fleet.Stop()
        for at, act in self.at.items():
            loop.call_later(at, act)
        loop.call_later(seconds, stop.request, 15)
        self.made = fleet.Watch(
            self.tasks,
            self,
            self.region,
            settings=fleet.RunSettings("test"),
            pace=self.pace,
            stop=stop,
            listener=self,
            observer=self,
            random=Random(self.seed),  # noqa: S311 - no secret
        )
        return await self.made.run()

    async def reread(self) -> Sequence[Task] | None:
        """Give what a test has put there, once."""
        found = self.manifests.pop(0) if self.manifests else None
        if isinstance(found, Exception):
            raise found
        return found

    async def ended(self, finished: fleet.Round) -> None:
        """Note it."""
        noted = self.tries if finished.number is None else self.rounds
        noted.append((elapsed(), finished))
        if finished.number is not None:
            self.in_round(finished)

    def note(self, message: str) -> None:
        """Note it."""
        self.notes.append(message)

    def trouble(self, message: str) -> None:
        """Note it."""
        self.troubles.append(message)

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Do not listen."""

    def finished(self, result: FunctionResult) -> None:
        """Do not listen."""
