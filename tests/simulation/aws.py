"""AWS without a wire: the sandbox's control plane behind latency, faults, lag and rivals."""

from __future__ import annotations

import base64
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import ClientError
from werkzeug.datastructures import MultiDict

from reconciler.sandbox import ControlPlane, LambdaError, operations
from reconciler.sandbox.calls import Call
from tests.simulation import answers
from tests.simulation.faults import Faults
from tests.simulation.neighbour import SharedQuotas
from tests.simulation.past import Past
from tests.simulation.storage import ACCOUNT, REGION, Storage
from tests.simulation.weather import CALM, Trouble

if TYPE_CHECKING:
    import asyncio
    import random
    from collections.abc import Callable, Mapping

    from reconciler.sandbox.state import FailWith, Function
    from tests.simulation.clock import SimulatedLoop
    from tests.simulation.trace import Trace

WRITES = ("UpdateFunctionCode", "PublishVersion", "PutRuntimeManagementConfig")
_IN_QUERY = ("FunctionName", "Qualifier", "Marker", "FunctionVersion")


@dataclass(slots=True)
class Request:
    """
    One call, the ``number``-th of its sender. ``function`` is empty where it is about none.

    ``seen`` is the number of the last change when it arrived, ``stale`` that its answer
    shows something older. ``late`` says that nobody waits for it any more, ``needless`` that
    what it is for was so when it arrived, and ``takes_away`` what would be lost by it.
    """

    sender: str
    number: int
    operation: str
    parameters: Mapping[str, Any]
    function: str
    arrived: Callable[[], None] = lambda: None
    seen: int = 0
    stale: bool = False
    late: bool = False
    needless: bool = False
    takes_away: str = ""

    @property
    def writes(self) -> bool:
        """Whether it is to change something."""
        return self.operation in WRITES and "DryRun" not in self.parameters

    def __str__(self) -> str:
        shown = ("Qualifier", "Architectures", "UpdateRuntimeOn", "S3ObjectVersion", "ImageUri")
        given = [str(self.parameters[name]) for name in shown if name in self.parameters]
        if "RevisionId" in self.parameters:
            given.append(f"if {self.parameters['RevisionId'][:8]}")
        return " ".join([self.operation, *given])


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a function: its number among all changes, and who made it."""

    number: int
    who: str
    operation: str


class Watch(Protocol):
    """Whoever looks on, beside AWS."""

    def arriving(self, request: Request) -> None:
        """See a write before it has any effect."""

    def accepted(
        self, request: Request, answer: Mapping[str, Any], *, made: str | None, fails: bool
    ) -> None:
        """See a write that took effect; ``made`` is the version that it made."""


class Aws:
    """``beside`` is called at each call of Lambda, for rivals. ``weather`` may change."""

    def __init__(self, loop: SimulatedLoop, chances: random.Random, trace: Trace) -> None:
        self.loop = loop
        self.chances = chances
        self.trace = trace
        self.storage = Storage()
        self.watch: Watch | None = None
        self.beside: Callable[[str], None] = lambda _: None
        self.number = 0
        self.changes: defaultdict[str, list[Change]] = defaultdict(list)
        self.weather = CALM
        self._moment: float | None = None
        self.plane = ControlPlane(clock=self._now, artifacts=self.storage)
        self.quotas = SharedQuotas(self.loop.time)
        self._past = Past()
        self._faults = Faults(self.loop, self.chances, self.trace)

    def function(self, name: str) -> Function:
        """Look at a function as it really is."""
        return self.plane._settled((ACCOUNT, REGION, name))  # noqa: SLF001 - with no copy made

    def changed(self, function: str, who: str, operation: str) -> None:
        """Note a change that was just made, by a rival too."""
        self.number += 1
        self.changes[function].append(Change(self.number, who, operation))

    def remember(self, function: str) -> None:
        """Keep what a function looks like before it is changed."""
        self._past.remember(function, self.loop.time(), self.function(function))

    def send(self, request: Request) -> asyncio.Future[dict[str, Any]]:
        """Send a request; it arrives even when its sender does not wait for it any more."""
        trouble = self._faults.draw(self.weather, request)
        return self._faults.carry(self.weather, request, trouble, self._arrive)

    def _arrive(self, request: Request, trouble: Trouble | None) -> dict[str, Any]:
        """Handle a request now. Raises what botocore raises."""
        if request.function:
            self.beside(request.function)
        request.seen = self.number
        request.arrived()
        try:
            answer = self._perform(request, trouble)
        except LambdaError as error:
            refused = answers.client_error(error, request.operation, "refused")
            self.trace.note("aws", request.function, f"{error.status} {error.code}: {request}")
            raise refused from error
        except ClientError as error:
            self.trace.note("aws", request.function, f"{error}")
            raise
        if request.writes:
            self.trace.note("aws", request.function, f"accepted for {request.sender}: {request}")
        return answer

    def _perform(self, request: Request, trouble: Trouble | None) -> dict[str, Any]:
        if request.operation == "ListFunctions":
            self._check_quota(request)
            self._faults.refuse(trouble)
            return self._call(request, None)
        if not request.function:
            self._faults.refuse(trouble)
            return self.storage.answer(request.operation, request.parameters)
        self._check_quota(request)
        if request.writes and self.watch is not None:
            self.watch.arriving(request)
        self._faults.refuse(trouble)
        if request.writes:
            return self._write(request, self._faults.failure(trouble, request, self.plane))
        if trouble is Trouble.STALE:
            return self._read_in_the_past(request)
        return self._call(request, None)

    def _check_quota(self, request: Request) -> None:
        try:
            self.quotas.check(request.operation)
        except LambdaError:
            self.trace.count("429 of the quota")
            raise

    def _write(self, request: Request, fail_with: FailWith | None) -> dict[str, Any]:
        """Let a write take effect."""
        name = request.function
        self.remember(name)
        self.plane.settle = self._faults.settle(self.weather)
        self.plane.snap_start_settle = self._faults.settle(self.weather) * 3
        before = self.function(name).last_version
        answer = self._call(request, fail_with)
        function = self.function(name)
        made = str(function.last_version) if function.last_version != before else None
        no_op = request.operation == "PublishVersion" and made is None
        self._past.will_settle(name, function)
        if not no_op:
            self.changed(name, f"{request.sender} late" if request.late else request.sender, "")
        if self.watch is not None:
            self.watch.accepted(request, answer, made=made, fails=fail_with is not None)
        return answer

    def _read_in_the_past(self, request: Request) -> dict[str, Any]:
        """Show a function as it was a while ago."""
        name, present = request.function, self.function(request.function)
        moment = self.loop.time() - self.chances.uniform(0, self.weather.stale_for)
        past = self._past.at(name, moment, present)
        past.settle(moment)
        same = past.configurations == present.configurations
        request.stale = not (same and past.runtime_management == present.runtime_management)
        if not request.stale:
            return self._call(request, None)
        self.trace.count(Trouble.STALE)
        self.trace.note("aws", name, f"shows something stale: {request}")
        functions = self.plane._functions  # noqa: SLF001 - it has no past of its own
        self._moment, functions[ACCOUNT, REGION, name] = moment, past
        try:
            return self._call(request, None)
        finally:
            self._moment, functions[ACCOUNT, REGION, name] = None, present

    def _call(self, request: Request, fail_with: FailWith | None) -> dict[str, Any]:
        """Perform an operation of the control plane, as its HTTP side would."""
        body = {k: v for k, v in request.parameters.items() if k not in _IN_QUERY}
        if "ZipFile" in body:
            body["ZipFile"] = base64.b64encode(body["ZipFile"])
        query = MultiDict({k: request.parameters[k] for k in _IN_QUERY if k in request.parameters})
        call = Call(
            request.operation, REGION, "https://code.test", request.function, query, body, ""
        )
        answer = operations.find(request.operation)(self.plane, call, fail_with)
        return answers.success(answer.status, answer.body, "simulated")

    def _now(self) -> float:
        return self.loop.time() if self._moment is None else self._moment
