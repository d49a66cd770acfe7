"""Looks on from outside: at every call on its way, at AWS, and at what is reported."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Any

from reconciler.model import LATEST, RuntimeManagement, UpdateRuntimeOn
from tests.simulation import claims
from tests.simulation.invariants import Invariant, Judge
from tests.simulation.knowledge import Effect, Known, Reading
from tests.simulation.truth import CODE, Truth

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import FunctionResult, FunctionSpec, RunResult
    from tests.simulation.aws import Aws, Request
    from tests.simulation.process import Process

_QUOTAS = {True: 100, False: 15}
"""Requests a second: GetFunction's own, and everybody else's (gettingstarted-limits)."""
_LAST_CALL = 120.0
"""Seconds for the call under way when the time is up, and for what is shared."""
_ROUNDING = 1e-6


class Witness:
    """
    Judges each write when it is sent, by what its sender knows, and when it arrives, by what is.

    What a sender cannot know excuses it: a reading that lagged behind, and what others
    changed after it had read.
    """

    def __init__(self, aws: Aws, judge: Judge, specs: Mapping[str, FunctionSpec]) -> None:
        self.aws = aws
        self.judge = judge
        self.specs = specs
        self.truth = Truth(aws)
        self.made: defaultdict[str, list[str]] = defaultdict(list)
        self.writes: defaultdict[str, int] = defaultdict(int)
        self._known: defaultdict[tuple[str, str], Known] = defaultdict(Known)
        self._sent: defaultdict[tuple[str, bool], deque[float]] = defaultdict(deque)
        self._began: dict[str, tuple[float, dict[str, int], int]] = {}
        self._plan_only: set[str] = set()

    def known(self, process: str, function: str) -> Known:
        """Give what a process knows of a function."""
        return self._known[process, function]

    def begins(self, process: Process) -> None:
        """See a process begin."""
        moves = dict(self.aws.storage.moves)
        self._began[process.name] = (self.aws.loop.time(), moves, self.aws.number)
        if process.settings.plan_only:
            self._plan_only.add(process.name)

    # Calls, by what their sender knows

    def sending(self, process: Process, request: Request) -> None:
        """See a request leave."""
        self._keeps_to_quotas(process, request)
        if not request.writes:
            return
        known = self.known(process.name, request.function)
        self._is_allowed(request, known)
        self._is_guarded(request, known)
        self._is_declared(request)
        if process.stop.event.is_set():
            self.judge.breach(Invariant.ENDS, request.function, f"{request} after a stop")

    def failed(self, process: Process, request: Request) -> None:
        """See a request come to nothing, as far as its sender can tell."""
        if request.function:
            self.known(process.name, request.function).last = ("", "")

    def answered(self, process: Process, request: Request, answer: Mapping[str, Any]) -> None:
        """See an answer arrive."""
        if request.operation == "ListFunctions":
            for name in {item["FunctionName"] for item in answer["Functions"]}:
                self.known(process.name, name).learns(request, answer)
        elif request.function:
            self.known(process.name, request.function).learns(request, answer)

    def _keeps_to_quotas(self, process: Process, request: Request) -> None:
        if not request.function and request.operation != "ListFunctions":
            return
        own = request.operation == "GetFunction"
        sent, now = self._sent[process.name, own], self.aws.loop.time()
        sent.append(now)
        while sent[0] <= now - 1 + _ROUNDING:
            sent.popleft()
        if len(sent) > _QUOTAS[own]:
            what = f"{len(sent)} requests within a second, {request} the last"
            self.judge.breach(Invariant.QUOTAS, request.function, what)

    def _is_allowed(self, request: Request, known: Known) -> None:
        """Judge by the order table of the developer guide, as far as the sender can know."""
        function, parameters = request.function, request.parameters
        resends = self.specs[function].code is None  # and fetches the live package on the way
        if not known.settled and not resends:
            self.judge.breach(
                Invariant.FORBIDDEN, function, f"{request} while an update is in progress"
            )
        if request.operation != "UpdateFunctionCode":
            return
        if parameters["Architectures"][0] != known.architecture and known.pinned() is not False:
            mode = "Manual" if known.pinned() else "not known"
            what = f"{request}, another architecture, while the mode is {mode}"
            self.judge.breach(Invariant.FORBIDDEN, function, what)

    def _is_guarded(self, request: Request, known: Known) -> None:
        function, parameters = request.function, request.parameters
        if request.operation == "PutRuntimeManagementConfig":
            read = ("GetRuntimeManagementConfig", parameters.get("Qualifier", LATEST))
            if known.last != read:
                what = f"{request} without a look at the mode just before"
                self.judge.breach(Invariant.GUARDED, function, what)
            return
        if parameters.get("RevisionId") not in known.revisions:
            what = f"{request} without a RevisionId that was read settled"
            self.judge.breach(Invariant.GUARDED, function, what)
        if request.operation == "PublishVersion" and "CodeSha256" not in parameters:
            self.judge.breach(Invariant.GUARDED, function, f"{request} without a CodeSha256")

    def _is_declared(self, request: Request) -> None:
        spec, parameters = self.specs[request.function], request.parameters
        declared = spec.runtime_management
        match request.operation:
            case "PublishVersion":
                undeclared = spec.publish is None
            case "PutRuntimeManagementConfig":
                undeclared = declared is None
            case _:
                moved = parameters["Architectures"][0] not in (spec.architecture, None)
                undeclared = spec.architecture is not None and moved
        if undeclared:
            self.judge.breach(Invariant.DECLARED, spec.name, f"{request} is not declared")

    # Writes, by what is

    def arriving(self, request: Request) -> None:
        """See a write arrive."""
        function = request.function
        spec = self.specs[function]
        self.writes[function] += 1
        if spec.suspend:
            self.judge.breach(Invariant.SUSPENDED, function, f"{request} of a suspended function")
        if request.sender in self._plan_only:
            self.judge.breach(Invariant.TRUE, function, f"{request} of a plan")
        request.takes_away = self._taken_away(request)
        request.needless = self._needless(request, spec)
        if request.needless and not self._excused(request):
            self.judge.breach(Invariant.IN_SYNC, function, f"{request} changes nothing")

    def _taken_away(self, request: Request) -> str:
        """Say what AWS resets because the request leaves it out."""
        package, parameters = self.aws.function(request.function).latest.package, request.parameters
        if request.operation != "UpdateFunctionCode":
            return ""
        if package.source_kms_key_arn != parameters.get("SourceKMSKeyArn"):
            return "the key of the package"
        kept = parameters.get("S3ObjectStorageMode") == "REFERENCE"
        return "" if kept == bool(package.resolved_s3_object) else "where the package is stored"

    def _needless(self, request: Request, spec: FunctionSpec) -> bool:
        """Whether what a write is for is so already."""
        parameters = request.parameters
        match request.operation:
            case "UpdateFunctionCode":
                return CODE not in self.truth.lacks(spec)
            case "PublishVersion":
                return self.truth.carried(spec)
        mode = UpdateRuntimeOn(parameters["UpdateRuntimeOn"])
        put = RuntimeManagement(mode, parameters.get("RuntimeVersionArn"))
        live = self.aws.function(spec.name).mode(parameters.get("Qualifier", LATEST))
        return put == live

    def _excused(self, request: Request) -> bool:
        """Whether its sender could not know that it is needless, or had given it up."""
        if request.late:
            return True
        known = self.known(request.sender, request.function)
        match request.operation:
            case "UpdateFunctionCode":
                resends = self.specs[request.function].code is None
                readings = [known.latest, known.before if resends else None]
            case "PublishVersion":
                # Who has just sent the code does not look who else publishes it: AWS makes nothing.
                if known.versions is None and self.helped(request.sender, request.function):
                    return True
                readings = [known.versions, known.latest]
            case _:
                readings = [known.mode_reading(request.parameters.get("Qualifier", LATEST))]
        return self.artifact_moved(request.sender, request.function) or any(
            self.outdated(each, request.sender, request.function) for each in readings
        )

    def outdated(self, reading: Reading | None, process: str, function: str) -> bool:
        """Whether a reading cannot show what is: it lagged, or others came after it."""
        if reading is None:
            return False
        if reading.stale:
            return True
        changes = self.aws.changes[function]
        return any(each.number > reading.seen and each.who != process for each in changes)

    def artifact_moved(self, process: str, function: str) -> bool:
        """Whether the declared code has become another since the process began."""
        _, moves, _ = self._began[process]
        return self.aws.storage.moves.get(function, 0) != moves.get(function, 0)

    def helped(self, process: str, function: str) -> bool:
        """Whether somebody else has changed a function since the process began."""
        _, _, number = self._began[process]
        changes = self.aws.changes[function]
        return any(each.number > number and each.who != process for each in changes)

    def accepted(
        self, request: Request, answer: Mapping[str, Any], *, made: str | None, fails: bool
    ) -> None:
        """See a write take effect."""
        del answer
        known = self.known(request.sender, request.function)
        known.effects.append(Effect(request, made, fails))
        if request.operation == "UpdateFunctionCode":
            known.updated = self.aws.number
        if request.takes_away:
            what = f"{request} takes away {request.takes_away}"
            self.judge.breach(Invariant.DECLARED, request.function, what)
        if made is not None:
            self.made[request.function].append(made)
            self._is_needed(request, known, made)

    def _is_needed(self, request: Request, known: Known, made: str) -> None:
        """
        Judge a new version: its guards leave hardly an excuse.

        A list that lagged is one. So is somebody who publishes and changes a setting before our
        own update is seen to have ended: its RevisionId was not known before.
        """
        lagged = known.versions is not None and known.versions.stale
        foreign = (
            each.number for each in self.aws.changes[request.function] if each.who != request.sender
        )
        hidden = any(number > known.updated > 0 for number in foreign)
        excused = lagged or hidden or self.artifact_moved(request.sender, request.function)
        if request.operation != "PublishVersion" or (request.needless and not excused):
            what = f"{request} made version {made}, which is not needed"
            self.judge.breach(Invariant.VERSIONS, request.function, what)

    # Reports

    def reported(self, process: Process, result: FunctionResult) -> None:
        """See a function's end."""
        name = result.spec.name
        known = self.known(process.name, name)
        known.reports += 1
        self.aws.trace.note(process.name, name, f"reports {result.status}: {result.failure}")
        if process.alive:
            claims.check(self, process, result)

    def ended(self, process: Process, result: RunResult) -> None:
        """See a run's end."""
        began, _, _ = self._began[process.name]
        names = [task.spec.name for task in process.tasks]
        told = [each.spec.name for each in result.functions]
        heard = [self.known(process.name, name).reports for name in names]
        if names != told or set(heard) - {1}:
            what = f"{process.name} tells of {told} in place of {names}; ends: {heard}"
            self.judge.breach(Invariant.REPORTED, "", what)
        if self.aws.loop.time() - began > _longest(process):
            self.judge.breach(Invariant.ENDS, "", f"{process.name} took too long")


def _longest(process: Process) -> float:
    """Give the seconds that a run may take: each function its own time, and that for versions."""
    wait = process.settings.wait
    one = wait.function_timeout + wait.version_timeout + _LAST_CALL
    return one * math.ceil(len(process.tasks) / process.settings.parallelism)
