"""Whole runs that the reports' tests share, of every kind that a run can be."""

from __future__ import annotations

from dataclasses import replace

from reconciler.model import (
    Change,
    FailureKind,
    FunctionResult,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    Status,
    StepStatus,
    TooManyChanges,
    Undeclared,
    UpdateFunctionCode,
)
from tests.unit.builders import (
    ARM,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    failure,
    location,
    manual,
    record,
    result,
    run,
)

UPDATE = UpdateFunctionCode(NEW, ARM)
PUBLISH = PublishVersion(NEW, "build 41")
PUT = PutRuntimeManagementConfig(FUNCTION_UPDATE)
PUT_ON_VERSION = PutRuntimeManagementConfig(manual(), "8")

CODE_CHANGE = Change("code", str(OLD), str(NEW))
DEPLOYMENT = Plan(
    changes=(
        CODE_CHANGE,
        Change("architecture", "x86_64", "arm64"),
        Change("publish", None, "new version"),
    ),
    steps=(UPDATE, PUBLISH),
    notes=("mind the gap",),
)
PIN = Plan(
    changes=(CODE_CHANGE, Change("runtimeManagement", "Auto", str(manual()))), steps=(PUT, UPDATE)
)


def in_sync(number: int) -> tuple[FunctionResult, ...]:
    """Make this many functions with nothing to do."""
    return tuple(result(Status.IN_SYNC, f"quiet-{index}", plan=Plan()) for index in range(number))


SUSPENDED = result(Status.SUSPENDED, "frozen", plan=Plan(changes=(CODE_CHANGE,), steps=(UPDATE,)))
NOT_ATTEMPTED = result(Status.NOT_ATTEMPTED, "late", account=None)
UNREADABLE = result(
    Status.FAILED,
    "absent",
    account=None,
    at=location("manifests/absent.yaml", 12, 1),
    failure=failure(
        what="GetFunction: ResourceNotFoundException: Function not found",
        remedy="create the function first",
        operation="GetFunction",
        code="ResourceNotFoundException",
        request_id="request-7",
    ),
)

PLAN = run(
    result(Status.PLANNED, "orders-api", plan=DEPLOYMENT),
    result(Status.PLANNED, "orders-worker", plan=PIN),
    *in_sync(17),
    SUSPENDED,
    plan_only=True,
    calls={"GetFunction": 20, "ListVersionsByFunction": 1},
)
APPLIED = run(
    result(
        Status.UPDATED,
        "orders-api",
        plan=DEPLOYMENT,
        steps=(
            record(UPDATE, result="Successful", duration=4.04),
            record(PUBLISH, result="version 8", duration=0.26),
        ),
    ),
    result(
        Status.UPDATED,
        "orders-worker",
        plan=PIN,
        steps=(record(PUT, result="FunctionUpdate"), record(UPDATE, result="Successful")),
    ),
    *in_sync(17),
    SUSPENDED,
    calls={
        "GetFunction": 31,
        "PutRuntimeManagementConfig": 1,
        "PublishVersion": 1,
        "UpdateFunctionCode": 2,
    },
)
FAILED = run(
    result(
        Status.FAILED,
        "orders-api",
        plan=DEPLOYMENT,
        steps=(
            record(UPDATE, result="Successful"),
            record(PUBLISH, succeeded=False, request_id=None),
        ),
        failure=failure(FailureKind.TEMPORARY, "PublishVersion: no answer", "run again"),
    ),
    UNREADABLE,
    *in_sync(1),
    calls={"GetFunction": 5, "PublishVersion": 7, "UpdateFunctionCode": 1},
)
INTERRUPTED = run(
    result(Status.UPDATED, plan=DEPLOYMENT, steps=(record(UPDATE), record(PUT_ON_VERSION))),
    result(
        Status.INTERRUPTED,
        "half-way",
        steps=(
            record(
                UPDATE,
                status=StepStatus.IN_FLIGHT,
                result="accepted, not settled: LastUpdateStatus is InProgress",
            ),
            record(PUBLISH, status=StepStatus.NOT_ATTEMPTED, duration=None, request_id=None),
        ),
        failure=failure(FailureKind.TEMPORARY, "interrupted", "run again"),
    ),
    NOT_ATTEMPTED,
    result(Status.NOT_ATTEMPTED, "nowhere", account=None, region=None),
    calls={"GetFunction": 3, "UpdateFunctionCode": 2, "PutRuntimeManagementConfig": 1},
    interrupted_by=15,
)
TOO_MANY_CHANGES = TooManyChanges(planned=2, allowed=1, limit="40%")
TOO_MANY = run(
    result(Status.PLANNED, "orders-api", plan=DEPLOYMENT),
    result(Status.PLANNED, "orders-worker", plan=PIN),
    *in_sync(1),
    plan_only=True,
    calls={"GetFunction": 3},
    too_many=TOO_MANY_CHANGES,
)
RIVALS = run(
    result(
        Status.UPDATED,
        plan=DEPLOYMENT,
        steps=(record(UPDATE, result="Successful"),),
        foreign_changes=(
            Change("code", str(OLD), str(NEW)),
            Change("configuration (RevisionId)", None, "revision-9"),
        ),
    ),
    calls={"GetFunction": 4, "UpdateFunctionCode": 2},
)
REFUSED = run(
    result(
        Status.FAILED,
        plan=Plan(changes=(CODE_CHANGE,), refusal=failure(what="State is Failed")),
        failure=failure(what="State is Failed", remedy="recreate it"),
    ),
    plan_only=True,
    calls={"GetFunction": 1},
)
GONE = replace(
    run(*in_sync(2), calls={"GetFunction": 2}),
    undeclared=tuple(
        Undeclared(
            name,
            account,
            account and "eu-west-1",
            failure(FailureKind.STALE, "no manifest declares the function any more", "plan anew"),
        )
        for name, account in (("gone", "123456789012"), ("gone@prod", None))
    ),
)
NO_CHANGES = run(*in_sync(3), calls={"GetFunction": 3})
EMPTY = run()

EVERY_RUN = {
    "plan": PLAN,
    "applied": APPLIED,
    "failed": FAILED,
    "interrupted": INTERRUPTED,
    "too-many": TOO_MANY,
    "rivals": RIVALS,
    "refused": REFUSED,
    "undeclared": GONE,
    "no-changes": NO_CHANGES,
    "empty": EMPTY,
}
