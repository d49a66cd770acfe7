"""Faults on demand: errors, lost answers, rivals and failing updates, counted exactly."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import Enum, auto
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


AFTER_ANSWER = "reconciler.sandbox.after_answer"
"""In the WSGI environment: the list of what the server calls once an answer is written."""


class Moment(Enum):
    """
    When the ``run`` of a fault is called.

    Before the request is handled; once it is, and its answer is still to be sent; or once
    the last byte of the answer is handed to the connection.
    """

    BEFORE = auto()
    AFTER_EFFECT = auto()
    AFTER_ANSWER = auto()


class ConnectionLost(Exception):  # noqa: N818 - it is an event that the server acts on, not an error
    """The connection is to be closed without an answer."""


@dataclass(frozen=True, slots=True)
class Fault:
    """
    What is to happen to matching requests to Lambda, or ``everywhere``.

    ``skip`` matching requests pass first, then it happens to the next ``times``.
    ``operation`` and ``function``, a bare name, may have ``*`` and ``?``; None matches
    any. A request meets at most one fault, the first that was injected; the others do
    not count it.

    ``run`` is called at the moment ``run_at``, outside the lock; it may raise
    ConnectionLost, which closes the connection there and then. ``status`` answers an
    error instead of any effect, ``close_before`` closes the connection instead.
    ``lose_answer`` closes it after the effect. ``fail_update`` lets the accepted change
    end as Failed with this reason code and reason, and ``settle`` lets it take that many
    seconds; these match only operations that begin a change.

    ``everywhere`` matches requests to S3, ECR and STS and for signed URLs too. Their
    operation is method and path, as in the log, e.g. ``GET /bucket/key``; they have no
    function, and an error of ``status`` would not have their form: ValueError.
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
    run_at: Moment = Moment.BEFORE
    everywhere: bool = False
    fail_update: FailWith | None = None
    settle: float | None = None

    def __post_init__(self) -> None:
        if self.everywhere and self.status is not None:
            raise ValueError("an error has the form of Lambda's: leave everywhere out")

    def matches(self, operation: str, function: str | None, *, to_lambda: bool) -> bool:
        """Say whether a request is one that this fault is for."""
        of_change = self.fail_update is not None or self.settle is not None
        if of_change and operation not in UPDATES:
            return False
        if not (to_lambda or self.everywhere):
            return False
        return _matches(self.operation, operation) and _matches(self.function, function)

    def before(self) -> None:
        """Do what is to happen before the request has any effect."""
        self._act(Moment.BEFORE)
        if self.close_before:
            raise ConnectionLost
        if self.status is not None:
            raise self._error(self.status)

    def after_effect(self) -> None:
        """Do what is to happen before the answer is sent."""
        self._act(Moment.AFTER_EFFECT)
        if self.lose_answer:
            raise ConnectionLost

    def after_answer(self) -> None:
        """Do what is to happen once the answer is sent."""
        self._act(Moment.AFTER_ANSWER)

    def _act(self, moment: Moment) -> None:
        """Let a rival act; what is refused to it is not the answer to this request."""
        if self.run is None or self.run_at is not moment:
            return
        try:
            self.run()
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

    def withdraw(self, fault: Fault) -> None:
        """Let a fault happen no more."""
        with self._lock:
            self._armed = [armed for armed in self._armed if armed.fault is not fault]

    def take(self, operation: str, function: str | None = None, *, to_lambda: bool = True) -> Fault:
        """Count a request and give the fault that it meets."""
        with self._lock:
            for armed in self._armed:
                if armed.times > 0 and armed.fault.matches(
                    operation, function, to_lambda=to_lambda
                ):
                    if armed.skip == 0:
                        armed.times -= 1
                        return armed.fault
                    armed.skip -= 1
            return NO_FAULT
