"""Faults on demand: errors, lost answers, rivals and failing updates, counted exactly."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.sandbox.errors import LambdaError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.sandbox.state import FailWith

_SERVICE_ERROR = 500
_THROTTLED = 429

UPDATES = ("CreateFunction", "UpdateFunctionCode", "UpdateFunctionConfiguration", "PublishVersion")
"""The operations whose accepted change may fail later."""


class ConnectionLost(Exception):  # noqa: N818 - it is an event that the server acts on, not an error
    """The connection is to be closed without an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What is to happen to matching requests to Lambda.

    ``skip`` matching requests pass first, then it happens to the next ``times``.
    ``operation`` and ``function``, a bare name, may have ``*`` and ``?``; None matches
    any. A request meets at most one fault, the first that was injected; the others do
    not count it.

    ``run`` is called just before the request is handled, outside the lock. ``status``
    answers an error instead of any effect, ``close_before`` closes the connection
    instead. ``lose_answer`` closes it after the effect. ``fail_update`` lets the
    accepted change end as Failed with this reason code and reason, and ``settle`` lets
    it take that many seconds; these match only operations that begin a change.
    """

    operation: str | None = None
    function: str | None = None
    times: int = 1
    skip: int = 0
    status: int | None = None
    code: str = "ServiceException"
    message: str = "Injected by the sandbox."
    headers: Mapping[str, str] = field(default_factory=dict)
    lose_answer: bool = False
    close_before: bool = False
    run: Callable[[], object] | None = None
    fail_update: FailWith | None = None
    settle: float | None = None

    def matches(self, operation: str, function: str | None) -> bool:
        """Say whether a request is one that this fault is for."""
        of_change = self.fail_update is not None or self.settle is not None
        if of_change and operation not in UPDATES:
            return False
        return _matches(self.operation, operation) and _matches(self.function, function)

    def before(self) -> None:
        """Do what is to happen before the request has any effect."""
        if self.run is not None:
            self._act(self.run)
        if self.close_before:
            raise ConnectionLost
        if self.status is not None:
            raise self._error(self.status)

    @staticmethod
    def _act(rival: Callable[[], object]) -> None:
        """Let a rival act; what is refused to it is not the answer to this request."""
        try:
            rival()
        except LambdaError as refusal:
            raise RuntimeError("the rival of a fault was refused") from refusal

    def _error(self, status: int) -> LambdaError:
        members = {"Type": "Service" if status >= _SERVICE_ERROR else "User"}
        if status == _THROTTLED:
            members["Reason"] = "CallerRateLimitExceeded"
        return LambdaError(status, self.code, self.message, members=members, headers=self.headers)


def _matches(pattern: str | None, name: str | None) -> bool:
    return pattern is None or (name is not None and fnmatchcase(name, pattern))


NO_FAULT = Fault()


@dataclass(slots=True)
class _Armed:
    fault: Fault
    skip: int
    times: int


class Faults:
    """The injected faults that still have something to do."""

    def __init__(self) -> None:
        self._armed: list[_Armed] = []
        self._lock = threading.Lock()

    def inject(self, fault: Fault) -> None:
        """Arm a fault, behind those that are armed already."""
        with self._lock:
            self._armed.append(_Armed(fault, fault.skip, fault.times))

    def take(self, operation: str, function: str | None) -> Fault:
        """Count a request and give the fault that it meets."""
        with self._lock:
            for armed in self._armed:
                if armed.times > 0 and armed.fault.matches(operation, function):
                    if armed.skip == 0:
                        armed.times -= 1
                        return armed.fault
                    armed.skip -= 1
            return NO_FAULT
