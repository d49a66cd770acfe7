"""What is said of steps, and of the ways in which a function's run can end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler import tracebacks
from reconciler.model import (
    Change,
    Failure,
    FailureKind,
    PublishVersion,
    PutRuntimeManagementConfig,
    UpdateFunctionCode,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.aws.protocol import Receipt
    from reconciler.model import CodeDigest, RuntimeManagement, S3Location, Step, Target


VALIDATED = "AWS accepts the UpdateFunctionCode: permissions, parameters and package (DryRun)"
NOT_VALIDATED = (
    "AWS was not asked about the UpdateFunctionCode: "
    "it refuses another architecture until the runtime update mode is relaxed"
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A time that may be waited, and the flag that sets it."""

    seconds: float
    flag: str


def describe(step: Step) -> str:
    """Name the call as AWS does, with what tells it from others of its kind."""
    match step:
        case UpdateFunctionCode(architecture=architecture):
            return f"UpdateFunctionCode ({architecture})"
        case PublishVersion():
            return "PublishVersion"
        case PutRuntimeManagementConfig(runtime_management=mode, qualifier=qualifier):
            return f"PutRuntimeManagementConfig ({mode.update_runtime_on} on {qualifier})"


def stale(changes: Iterable[Change]) -> Failure:
    """Say what is not any more as it was when the plan was saved."""
    what = "; ".join(f"{each.field}: {each.old} then, {each.new} now" for each in changes)
    return Failure(
        FailureKind.STALE,
        f"the saved plan is stale: {what}",
        "nothing of it was written: make a new plan, and look at it",
    )


def other_steps(old: Iterable[Step], new: Iterable[Step]) -> Change:
    """Put the steps of two plans side by side."""
    before, now = (", ".join(map(describe, steps)) or "none" for steps in (old, new))
    return Change("the steps", before, now if now != before else f"{now}, with other parameters")


def not_approved(step: Step) -> Failure:
    """Say that a step is wanted which is not in the saved plan, or was performed already."""
    return Failure(
        FailureKind.STALE,
        f"{describe(step)} is wanted, and the saved plan does not have it, or not once more",
        "find out who or what changed the function meanwhile, then make a new plan",
    )


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


def out_of_time(limit: Limit) -> Failure:
    """Say that no further step is begun."""
    return Failure(
        FailureKind.TEMPORARY,
        f"{limit.seconds:g} s were not enough",
        f"run again, or allow more time with {limit.flag}",
    )


def out_of_time_at(limit: Limit, last: Failure) -> Failure:
    """Say what took all of the time: a call that fails each time, and not quickly."""
    return replace(last, what=f"{limit.seconds:g} s were not enough: {last.what}")


def not_sent(step: Step, because: Failure) -> Failure:
    """Say that a step is left out, since another function's was refused for all alike."""
    return replace(
        because, what=f"{describe(step)} was not sent; another function met {because.what}"
    )


def other_object(receipt: Receipt) -> Failure:
    """Say that AWS fetched another package than the plan was made for."""
    return Failure(
        FailureKind.TEMPORARY,
        f"AWS fetched another package from S3 than was planned, {receipt.code}: "
        "it was overwritten meanwhile, or spec.code.s3.sha256 is wrong",
        "run again; spec.code.s3.versionId pins an object",
        operation="UpdateFunctionCode",
        request_id=receipt.request_id,
    )


def reference_moved(location: S3Location, found: CodeDigest) -> Failure:
    """Say that the object that a function runs by reference has been overwritten."""
    return Failure(
        FailureKind.PERMANENT,
        f"the live package has to be sent again, and {location} is another one by now: {found}",
        "declare spec.code.s3 to deploy what lies there, or put the live package back",
    )


def not_compared(failure: Failure) -> str:
    """Say of a suspended function why its drift cannot be shown."""
    return f"it cannot be compared: {failure}"


def found_late(failure: Failure) -> Failure:
    """Say "permanent" of input that is found wrong during a run: others may be written by then."""
    invalid = failure.kind is FailureKind.INVALID
    return replace(failure, kind=FailureKind.PERMANENT) if invalid else failure


def pin_is_off(failure: Failure) -> Failure:
    """Add that the runtime was left unpinned half-way."""
    unpinned = "the runtime pin was relaxed for this update and is not on again"
    return replace(failure, what=f"{failure.what}; {unpinned}")


def other_account(named: str, caller: str, target: Target | None) -> Failure:
    """Say that the credentials are not those of the account that the manifest names."""
    what = f"the function is in account {named}, and the credentials are of account {caller}"
    if target is None:
        remedy = "use credentials of that account, or correct spec.functionName"
        return Failure(FailureKind.PERMANENT, what, remedy)
    role = target.assume_role
    into = f"Target {target.name}{f' ({role.role_arn})' if role else ''}"
    remedy = f"use credentials of that account, or correct spec.accountId of {into}"
    return Failure(FailureKind.PERMANENT, f"{into}: {what}", remedy)


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
    return Failure(FailureKind.TEMPORARY, f"interrupted{where}", "the next run goes on from there")


def unsettled(subject: str, going_on: str, limit: Limit) -> Failure:
    """Say that a wait took all of its time."""
    return Failure(
        FailureKind.TEMPORARY,
        f"{subject} has not settled within {limit.seconds:g} s: {going_on}",
        f"run again later, or allow more time with {limit.flag}",
    )


def unexpected(error: Exception) -> Failure:
    """Say that the reconciler itself is wrong somewhere."""
    return Failure(
        FailureKind.TEMPORARY,
        f"unexpected {type(error).__name__} at {tracebacks.place(error)}",
        "this is a bug of the reconciler: run again with -v and report it",
    )
