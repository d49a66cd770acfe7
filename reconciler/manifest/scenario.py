"""
A scenario for the sandbox: how its functions begin, and what goes wrong in it.

The file is read as manifests are, with the same limits and substitution, and its
errors have places too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.manifest import files, reader
from reconciler.manifest.resolve import resolve
from reconciler.manifest.scenario_check import check
from reconciler.manifest.values import ManifestError
from reconciler.model import LastUpdateStatus, Location, State

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.manifest.document import Document, Value
    from reconciler.manifest.nodes import Node
    from reconciler.manifest.scenario_check import KnownOperations

_THROTTLED = 429
_INJECTED = "Injected by the sandbox."


class CloseConnection(StrEnum):
    """When the connection is closed without an answer: before the effect or after it."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class ErrorAnswer:
    """An answer in place of any effect: HTTP status, AWS's code and text."""

    status: int
    code: str
    message: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ScenarioFault:
    """
    What is to happen to matching requests.

    ``operation`` and ``function`` may have ``*`` and ``?``; None matches any. ``times``
    is None for always. ``fail_with`` is a reason code and a reason, ``settle`` is in
    seconds.
    """

    operation: str | None
    function: str | None
    skip: int
    times: int | None
    error: ErrorAnswer | None
    close_connection: CloseConnection | None
    fail_with: tuple[str, str] | None
    settle: float | None


@dataclass(frozen=True, slots=True)
class InitialStatus:
    """The status in which a version begins; None leaves what there is."""

    state: State | None = None
    state_reason_code: str | None = None
    state_reason: str | None = None
    last_update_status: LastUpdateStatus | None = None
    last_update_status_reason_code: str | None = None
    last_update_status_reason: str | None = None
    snap_start: str | None = None


@dataclass(frozen=True, slots=True)
class ScenarioFunction:
    """How the functions begin whose names match; ``published_version`` None: without one."""

    name: str
    location: Location
    latest: InitialStatus
    published_version: InitialStatus | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that a file says, in its order."""

    functions: tuple[ScenarioFunction, ...]
    faults: tuple[ScenarioFault, ...]


def load_scenario(
    path: str, *, environment: Mapping[str, str], known: KnownOperations
) -> Scenario | tuple[ManifestError, ...]:
    """Read the one document of a file, or return every error in it."""
    source = next(files.read([path], None))
    if isinstance(source, ManifestError):
        return (source,)
    text = files.decode(source.name, source.content)
    if isinstance(text, ManifestError):
        return (text,)
    node = _only_document(source.name, text)
    if isinstance(node, ManifestError):
        return (node,)
    document, errors = resolve(source.name, node, environment)
    errors += [finding.error for finding in check(document, known)]
    if errors:
        return tuple(sorted(errors, key=_place))
    return _scenario(document)


def _only_document(file: str, text: str) -> Node | ManifestError:
    first, second = (*reader.read(file, text), None, None)[:2]
    if first is None:
        begin = "begin it with apiVersion: lambda.reconciler/v1 and kind: Scenario"
        return ManifestError(Location(file, 1, 1), "the file is empty", begin)
    if isinstance(first, ManifestError) or second is None:
        return first
    if isinstance(second, ManifestError):
        return second
    location = Location(file, second.line, second.column)
    return ManifestError(location, "this is a second document", "keep one scenario in a file")


def _place(error: ManifestError) -> tuple[int, int]:
    return error.location.line, error.location.column


def _scenario(document: Document) -> Scenario:
    faults = document.value("faults")
    return Scenario(
        tuple(_function(document, name) for name in document.mapping("functions")),
        tuple(_fault(document, i) for i in range(len(faults) if isinstance(faults, list) else 0)),
    )


def _function(document: Document, name: str) -> ScenarioFunction:
    path = ("functions", name)
    version = document.value(*path, "publishedVersion")
    return ScenarioFunction(
        name=name,
        location=document.key_location(*path),
        latest=_status(document, *path),
        published_version=(
            None if version is None else _status(document, *path, "publishedVersion")
        ),
    )


def _status(document: Document, *path: str | int) -> InitialStatus:
    state, update = document.text(*path, "state"), document.text(*path, "lastUpdateStatus")
    return InitialStatus(
        state=None if state is None else State(state),
        state_reason_code=document.text(*path, "stateReasonCode"),
        state_reason=document.text(*path, "stateReason"),
        last_update_status=None if update is None else LastUpdateStatus(update),
        last_update_status_reason_code=document.text(*path, "lastUpdateStatusReasonCode"),
        last_update_status_reason=document.text(*path, "lastUpdateStatusReason"),
        snap_start=document.text(*path, "snapStart"),
    )


def _fault(document: Document, index: int) -> ScenarioFault:
    path = ("faults", index)
    times, settle = document.value(*path, "times"), document.value(*path, "settle")
    close = document.text(*path, "closeConnection")
    return ScenarioFault(
        operation=document.text(*path, "operation"),
        function=document.text(*path, "function"),
        skip=_integer(document.value(*path, "skip"), 0),
        times=None if isinstance(times, str) else _integer(times, 1),
        error=_error(document, *path, "error"),
        close_connection=None if close is None else CloseConnection(close),
        fail_with=_fail_with(document, *path, "failWith"),
        settle=float(settle) if isinstance(settle, int | float) else None,
    )


def _error(document: Document, *path: str | int) -> ErrorAnswer | None:
    if not document.mapping(*path):
        return None
    status = _integer(document.value(*path, "status"), 0)
    throttled = status == _THROTTLED
    code = "TooManyRequestsException" if throttled else "ServiceException"
    return ErrorAnswer(
        status=status,
        code=document.text(*path, "code") or code,
        message=document.text(*path, "message") or ("Rate exceeded" if throttled else _INJECTED),
        headers={name: str(value) for name, value in document.mapping(*path, "headers").items()},
    )


def _fail_with(document: Document, *path: str | int) -> tuple[str, str] | None:
    reason_code = document.text(*path, "reasonCode")
    if reason_code is None:
        return None
    return reason_code, document.text(*path, "reason") or _INJECTED


def _integer(value: Value, default: int) -> int:
    return int(value) if isinstance(value, int | float) else default
