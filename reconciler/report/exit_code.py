"""
The exit code of a run: what a script, a CronJob or a workflow decides by.

Where several apply, the most permanent wins, in the order of ``_PRECEDENCE``.
The codes alone are wanted at once, and the model takes longer to import than all else.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import FailureKind, RunResult


class ExitCode(IntEnum):
    """See docs/exit-codes.md; two names of one code are two reasons not to carry out a plan."""

    OK = 0
    TEMPORARY = 1
    DIFFERENCES = 2
    INVALID = 3
    PERMANENT = 4
    TOO_MANY_CHANGES = 5
    STALE = 5
    USAGE = 64
    INTERRUPTED = 130
    TERMINATED = 143

    @classmethod
    def of(cls, kind: FailureKind) -> ExitCode:
        """Give the code of a failure of this kind."""
        return cls[kind.name]


_PRECEDENCE = (
    ExitCode.INVALID,
    ExitCode.TOO_MANY_CHANGES,
    ExitCode.PERMANENT,
    ExitCode.INTERRUPTED,
    ExitCode.TERMINATED,
    ExitCode.TEMPORARY,
    ExitCode.DIFFERENCES,
)


def exit_code(run: RunResult, *, detailed: bool) -> ExitCode:
    """Find the code; ``detailed`` turns differences that were only shown into 2."""
    codes = set(_codes(run, detailed=detailed))
    return next((code for code in _PRECEDENCE if code in codes), ExitCode.OK)


def _codes(run: RunResult, *, detailed: bool) -> Iterator[ExitCode]:
    from reconciler.model import Status  # noqa: PLC0415 - see above

    if run.interrupted_by is not None:
        yield ExitCode(128 + run.interrupted_by)
    if run.too_many is not None:
        yield ExitCode.TOO_MANY_CHANGES
    for each in run.undeclared:
        yield ExitCode.of(each.failure.kind)
    for result in run.functions:
        if result.failure is not None:
            yield ExitCode.of(result.failure.kind)
        if detailed and result.status is Status.PLANNED:
            yield ExitCode.DIFFERENCES
