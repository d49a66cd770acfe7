"""What is said of steps, and of the ways in which a function's run can end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import (
    Failure,
    FailureKind,
    PublishVersion,
    PutRuntimeManagementConfig,
    UpdateFunctionCode,
)

if TYPE_CHECKING:
    from reconciler.aws.protocol import Receipt
    from reconciler.model import RuntimeManagement, Step


def describe(step: Step) -> str:
    """Name the call as AWS does, with what tells it from others of its kind."""
    match step:
        case UpdateFunctionCode(architecture=architecture):
            return f"UpdateFunctionCode ({architecture})"
        case PublishVersion():
            return "PublishVersion"
        case PutRuntimeManagementConfig(runtime_management=mode, qualifier=qualifier):
            return f"PutRuntimeManagementConfig ({mode.update_runtime_on} on {qualifier})"


def undone(step: Step, times: int) -> Failure:
    """Say that somebody else keeps undoing a step."""
    return Failure(
        FailureKind.TEMPORARY,
        f"{describe(step)} was done {times} times and is wanted again",
        "find out who or what undoes it, then run again",
    )


def mode_changed(now: RuntimeManagement) -> Failure:
    """Say that the mode is not any more what the plan was made from."""
    return Failure(
        FailureKind.TEMPORARY,
        f"the runtime update mode became {now} while this run was at work",
        "run again",
    )


def trying_again(failure: Failure, seconds: float) -> str:
    """Say what is waited out."""
    return f"trying again in {seconds:.1f} s: {failure.what}"


def out_of_time(function_timeout: float) -> Failure:
    """Say that no further step is begun; in seconds."""
    return Failure(
        FailureKind.TEMPORARY,
        f"{function_timeout:g} s were not enough",
        "run again, or allow more time with --function-timeout",
    )


def other_code(step: UpdateFunctionCode, receipt: Receipt) -> Failure:
    """Say that AWS stored something else than what was sent."""
    return Failure(
        FailureKind.PERMANENT,
        f"AWS answers with the hash {receipt.code}, and {step.code} was sent",
        "find out what changes the package on its way; sending it again would not help",
        operation="UpdateFunctionCode",
        request_id=receipt.request_id,
    )


def not_shown_yet(version: str, failure: Failure) -> Failure:
    """Say that a version is known to be there and cannot be read."""
    return replace(
        failure,
        kind=FailureKind.TEMPORARY,
        what=f"version {version} cannot be read: {failure.what}",
        remedy="run again; AWS may take a moment to show it",
    )


def interrupted(step: Step | None) -> Failure:
    """Say that the run was stopped, and at which step in flight."""
    where = f" while waiting for {describe(step)}" if step else ""
    return Failure(FailureKind.TEMPORARY, f"interrupted{where}", "run again: it goes on from there")


def unsettled(subject: str, going_on: str, function_timeout: float) -> Failure:
    """Say that a wait took all of the function's time; in seconds."""
    return Failure(
        FailureKind.TEMPORARY,
        f"{subject} has not settled within {function_timeout:g} s: {going_on}",
        "run again later, or allow more time with --function-timeout",
    )


def unexpected(error: Exception) -> Failure:
    """Say that the reconciler itself is wrong somewhere."""
    return Failure(
        FailureKind.TEMPORARY,
        f"unexpected {type(error).__name__}: {error}",
        "this is a bug of the reconciler: run again with -v and report it",
    )
