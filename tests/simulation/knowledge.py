"""What one process knows of one function: what it has read, and what it has done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model import LATEST, PackageType, RuntimeManagement, UpdateRuntimeOn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.simulation.aws import Request


class Reading(NamedTuple):
    """``seen`` is the number of the last change that it can show; stale ones show less."""

    seen: int
    stale: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """A write of this process that AWS accepted. ``made`` is the version that it made."""

    request: Request
    made: str | None
    fails: bool

    @property
    def key(self) -> tuple[object, ...]:
        """What tells steps apart."""
        return step_key(self.request.operation, self.request.parameters)


def step_key(operation: str, parameters: Mapping[str, Any]) -> tuple[object, ...]:
    """Name a write by what it is to change; code is told apart by what is live."""
    match operation:
        case "UpdateFunctionCode":
            return operation, parameters["Architectures"][0]
        case "PutRuntimeManagementConfig":
            mode = parameters["UpdateRuntimeOn"], parameters.get("RuntimeVersionArn")
            return operation, parameters.get("Qualifier", LATEST), *mode
    return (operation,)


@dataclass(slots=True)
class Known:
    """
    The latest readings of each kind, the one ``before`` the latest, and the writes.

    ``revisions`` are those of settled answers, ``last`` is the call that was answered last,
    ``updated`` the number of its last update among all changes, and ``misled`` says that a
    reading lagged behind at some time.
    """

    latest: Reading | None = None
    before: Reading | None = None
    settled: bool = False
    architecture: str = ""
    image: bool = False
    revisions: set[str] = field(default_factory=set)
    versions: Reading | None = None
    modes: dict[str, tuple[Reading, RuntimeManagement]] = field(default_factory=dict)
    last: tuple[str, str] = ("", "")
    updated: int = 0
    misled: bool = False
    effects: list[Effect] = field(default_factory=list)
    reports: int = 0

    def learns(self, request: Request, answer: Mapping[str, Any]) -> None:
        """Take in an answer."""
        qualifier = str(request.parameters.get("Qualifier", LATEST))
        if request.function:
            self.last = request.operation, qualifier
        reading = Reading(request.seen, request.stale)
        self.misled = self.misled or request.stale
        match request.operation:
            case "GetFunction" if qualifier == LATEST:
                self._latest(reading, answer["Configuration"])
            case "ListVersionsByFunction" | "ListFunctions" | "PublishVersion":
                self.versions = reading
            case "GetRuntimeManagementConfig":
                mode = UpdateRuntimeOn(answer["UpdateRuntimeOn"])
                arn = answer["RuntimeVersionArn"]
                self.modes[qualifier] = reading, RuntimeManagement(mode, arn)
            case "PutRuntimeManagementConfig":
                self.modes.pop(qualifier, None)

    def _latest(self, reading: Reading, configuration: Mapping[str, Any]) -> None:
        self.before, self.latest = self.latest, reading
        self.architecture = configuration["Architectures"][0]
        self.image = configuration["PackageType"] == PackageType.IMAGE
        in_progress = configuration.get("LastUpdateStatus") == "InProgress"
        self.settled = not in_progress and configuration.get("State") != "Pending"
        if self.settled:
            self.revisions.add(configuration["RevisionId"])

    def mode_reading(self, qualifier: str) -> Reading | None:
        """Give the reading of a mode."""
        known = self.modes.get(qualifier)
        return None if known is None else known[0]

    def pinned(self) -> bool | None:
        """Whether it knows $LATEST to be Manual, as no image is; None when it does not know."""
        if self.image:
            return False
        known = self.modes.get(LATEST)
        return None if known is None else known[1].update_runtime_on is UpdateRuntimeOn.MANUAL
