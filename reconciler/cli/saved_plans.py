"""Saved plans as files, and the functions of a run that are held to one."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import plans
from reconciler.cli import whole_files
from reconciler.cli.streams import complain
from reconciler.model import Failure, FailureKind, ReconcileError, Undeclared
from reconciler.report.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.model import RunResult
    from reconciler.plans import SavedFunction, SavedPlan
    from reconciler.reconcile import Task

_MOST_BYTES = 64 * 1024 * 1024
"""Of a plan file; one function takes about a thousand."""

_log = logging.getLogger(__name__)


def load(path: Path) -> SavedPlan:
    """Read a saved plan. Raises ReconcileError, of kind Invalid, where it is not to be used."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else error
        raise _unusable(path, f"cannot be read ({said})") from error
    if len(text) > _MOST_BYTES:
        raise _unusable(path, f"has more than {_MOST_BYTES >> 20} MiB")
    try:
        return plans.parse(text)
    except ReconcileError as error:
        what = f"{path}: {error.failure.what}"
        raise ReconcileError(replace(error.failure, what=what)) from error


def _unusable(path: Path, what: str) -> ReconcileError:
    remedy = "name the file that --plan --out has written"
    return ReconcileError(Failure(FailureKind.INVALID, f"{path} {what}", remedy))


def held(saved: SavedPlan, tasks: Sequence[Task]) -> tuple[Task, ...]:
    """Hold each function to its plan; those that the plan does not have are left alone."""
    planned = [(task, saved.functions.get(task.spec.id)) for task in tasks]
    found = tuple(
        replace(task, approved=function.approval(task.spec))
        for task, function in planned
        if function
    )
    if left := len(planned) - len(found):
        functions = "1 function is" if left == 1 else f"{left} functions are"
        _log.info("%s not in the saved plan: left alone", functions)
    return found


def undeclared(saved: SavedPlan, tasks: Sequence[Task]) -> tuple[Undeclared, ...]:
    """Find the functions that were to be changed and that no manifest declares any more."""
    declared = {task.spec.id for task in tasks}
    found = tuple(
        _undeclared(each)
        for each in saved.functions.values()
        if each.steps and each.id not in declared
    )
    for each in found:
        _log.error("%s: failed: %s", each.id, each.failure)
    return found


def _undeclared(function: SavedFunction) -> Undeclared:
    basis = function.basis
    return Undeclared(
        function.id,
        basis.account if basis else None,
        basis.region if basis else None,
        Failure(
            FailureKind.STALE,
            "the saved plan is stale: no manifest declares the function any more, "
            "and nothing of it was written",
            "make a new plan with --plan --out, and look at it",
        ),
    )


def save(path: Path, result: RunResult, code: int) -> int:
    """
    Write what was planned, and give the exit code: 1 when it cannot be written.

    A plan that a signal cut short, or that changes more functions than it may, is not saved.
    It says nothing secret, but whoever may write to it says what is applied.
    """
    if result.interrupted_by is not None or result.too_many is not None:
        why = "it changes too many functions" if result.too_many else "it was interrupted"
        complain(f"The plan is not saved: {why}.")
        return code
    try:
        whole_files.write(path, plans.render(result), whole_files.FOR_THE_OWNER)
    except OSError as error:
        complain(f"reconcile: the plan cannot be saved: {path}: {error.strerror}")
        return ExitCode.TEMPORARY
    return code
