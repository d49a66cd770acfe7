"""A suspended function is shown, and nothing of it makes the run fail but trouble that passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from reconciler.report.exit_code import ExitCode, exit_code
from reconciler.sandbox import Fault
from tests.effects.in_s3 import declared, put

if TYPE_CHECKING:
    from reconciler.model import FunctionResult, RunResult
    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here

MISSING = f"{declared(key='missing.zip')}\nsuspend: true"
ELSEWHERE = "functionName: 210987654321:function:app\nsuspend: true"


def notes(result: FunctionResult) -> tuple[str, ...]:
    """Give what the plan notes, of which nothing else is in it."""
    assert result.plan is not None
    assert ((), ()) == (result.plan.changes, result.plan.steps)
    return result.plan.notes


def alone(run: RunResult, *, code: ExitCode) -> FunctionResult:
    """Expect the exit code, and give the one function."""
    (result,) = run.functions
    assert code == exit_code(run, detailed=True)
    return result


@pytest.mark.parametrize("plan_only", [True, False])
def test_code_that_is_missing_is_a_note(world: World, s3: S3Client, *, plan_only: bool) -> None:
    """Suspended, exit 0: whoever suspended it knows that something is wrong with it."""
    del s3
    world.declare(app=MISSING)

    result = alone(world.run(plan_only=plan_only), code=ExitCode.OK)

    assert (Status.SUSPENDED, None) == (result.status, result.failure)
    (note,) = notes(result)
    assert note.startswith("it cannot be compared: ")
    assert "s3://artifacts/missing.zip: no such object or bucket" in note
    assert world.writes == []


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param("functionName: gone\nsuspend: true", "ResourceNotFound", id="function"),
        pytest.param(ELSEWHERE, "the function is in account 210987654321", id="account"),
    ],
)
def test_what_cannot_be_reached_is_a_note(world: World, spec: str, said: str) -> None:
    """A function that does not exist any more, or is in another account."""
    world.declare(app=spec)

    result = alone(world.run(), code=ExitCode.OK)

    assert Status.SUSPENDED == result.status
    assert said in notes(result)[0]


def test_a_refusal_is_shown_and_fails_nothing(world: World) -> None:
    """What apply could not do is no matter while nothing is to be done."""
    world.create("app", "same")
    world.declare(app="publish: {publishTo: LATEST_PUBLISHED}\nsuspend: true")

    result = alone(world.run(), code=ExitCode.OK)

    assert Status.SUSPENDED == result.status
    assert result.plan is not None
    assert result.plan.refusal is not None
    assert world.writes == []


def test_drift_is_shown_once_trouble_has_passed(world: World, s3: S3Client) -> None:
    """One answer of 503 costs another look, and nothing else."""
    put(s3, "new")
    world.declare(app=f"{declared()}\nsuspend: true")
    world.sandbox.inject(Fault("GetFunction", status=503))

    result = alone(world.run(), code=ExitCode.OK)

    assert Status.SUSPENDED == result.status
    assert result.plan is not None
    assert ["code"] == [change.field for change in result.plan.changes]
    assert world.writes == []


def test_trouble_that_lasts_is_a_failure(world: World) -> None:
    """Nobody knows whether there is drift: the next run may tell."""
    world.create("app", "same")
    world.declare(app="suspend: true")
    world.sandbox.inject(Fault("GetFunction", status=503, times=1000))

    result = alone(world.run(), code=ExitCode.TEMPORARY)

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind


def test_credentials_that_expired_are_a_failure(world: World) -> None:
    """They concern every function, suspended or not."""
    for name in ("one", "two"):
        world.create(name)
        world.declare(**{name: "suspend: true"})
    world.sandbox.inject(Fault(status=403, code="ExpiredTokenException", times=1000))

    run = world.run(parallelism=1)

    assert [Status.FAILED, Status.NOT_ATTEMPTED] == [result.status for result in run.functions]
    assert ["GetFunction -> 403"] == world.calls
    assert ExitCode.PERMANENT == exit_code(run, detailed=False)
