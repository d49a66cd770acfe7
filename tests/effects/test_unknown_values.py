"""
Values that AWS may send one day: no run breaks on them, and each is shown as it came.

AWS sends values that its own model lacks (LastUpdateStatusReasonCode ``Creating``, recorded in
LocalStack's test_lambda_api, aws.validated); the answers here have values that nobody knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import Change, FailureKind, State, Status
from reconciler.report import json_report, text
from reconciler.report.style import Style
from reconciler.sandbox import Fault, responses
from tests.effects.world import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import FunctionResult
    from tests.effects.world import World

CODE = "code: {zipFile: app.zip}"
UPDATE = "UpdateFunctionCode"


@dataclass(frozen=True)
class Case:
    """What AWS says, what is declared, and what a plan shows and a run sends for it."""

    answer: dict[str, Any]
    spec: str
    shown: str
    writes: tuple[str, ...] = ()


CASES = {
    "State": Case({"State": "Hibernating"}, CODE, "State is Hibernating"),
    "LastUpdateStatus": Case(
        {"LastUpdateStatus": "RollingBack"}, CODE, "LastUpdateStatus is RollingBack"
    ),
    "StateReasonCode": Case(
        {"State": "Failed", "StateReasonCode": "MoonPhase", "StateReason": "full"},
        CODE,
        "State is Failed (MoonPhase: full)",
    ),
    "LastUpdateStatusReasonCode": Case(
        {"LastUpdateStatus": "Failed", "LastUpdateStatusReasonCode": "MoonPhase"},
        CODE,
        "Failed (MoonPhase)",
        (UPDATE,),
    ),
    "PackageType": Case({"PackageType": "Wasm"}, CODE, "package type is Wasm"),
    "PackageType without declared code": Case(
        {"PackageType": "Wasm"}, "architecture: arm64", "package type is Wasm"
    ),
    "Architectures": Case(
        {"Architectures": ["riscv64"]},
        f"{CODE}\narchitecture: x86_64",
        "riscv64",
        (UPDATE, UPDATE),  # the answers never change: twice, and then the fight is given up
    ),
    "UpdateRuntimeOn": Case(
        {"UpdateRuntimeOn": "Scheduled"},
        "runtimeManagement: {updateRuntimeOn: Auto}",
        "Scheduled",
        ("PutRuntimeManagementConfig", "PutRuntimeManagementConfig"),
    ),
    "SnapStart": Case(
        {"SnapStart": {"ApplyOn": "EveryStart", "OptimizationStatus": "Half"}},
        "architecture: arm64",
        "arm64",
        (UPDATE,),
    ),
}


@pytest.fixture
def answering(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], World]:
    """Give a function whose answers have these members instead of the sandbox's."""

    def answer(members: dict[str, Any]) -> World:
        world.create("app", "old")
        world.package("app", "new")
        for name in ("function_configuration", "runtime_management"):
            shape = getattr(responses, name)
            monkeypatch.setattr(responses, name, _with(shape, members))
        return world

    return answer


def _with(shape: Callable[..., dict[str, Any]], members: dict[str, Any]) -> Callable[..., object]:
    return lambda *given: {**shape(*given), **members}


def said(result: FunctionResult) -> str:
    """Give all that a reader is told of one function."""
    changes: tuple[Change, ...] = () if result.plan is None else result.plan.changes
    told = [f"{change.field}: {change.old} -> {change.new}" for change in changes]
    return "\n".join([*told, "" if result.failure is None else str(result.failure)])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_value_that_nobody_knows_is_shown_as_it_came(
    answering: Callable[[dict[str, Any]], World], case: Case
) -> None:
    """A plan and a run end in words of AWS, in every report, and write no more than is safe."""
    world = answering(case.answer)
    world.declare(app=case.spec)

    planned, applied = world.run(plan_only=True), world.run()

    for run in (planned, applied):
        (result,) = run.functions
        assert case.shown in said(result)
        assert "unexpected" not in said(result)
        assert case.shown in text.render(run, Style(coloured=False))
        assert case.shown in json_report.render(run)
    assert list(case.writes) == world.writes


@pytest.mark.parametrize("code", ["Creating", "MoonPhase"])
def test_an_update_that_fails_for_a_reason_that_nobody_knows(world: World, code: str) -> None:
    """The reason code is the answer's own, and trying again may help."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=CODE)
    world.sandbox.inject(Fault(UPDATE, fail_update=(code, "the moon is full")))

    failure = world.one().failure

    assert failure is not None
    assert (FailureKind.TEMPORARY, code) == (failure.kind, failure.code)
    assert f"({code}: the moon is full)" in failure.what


@pytest.mark.parametrize("state", ["Hibernating", "Deleting", "Deactivated"])
def test_a_version_in_a_state_that_nobody_knows_is_not_in_sync(world: World, state: str) -> None:
    """It carries the code, and nobody can say that it serves: nothing is written, all is told."""
    world.create("app", "same")
    world.package("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.plane.set_status("app", region=REGION, qualifier="1", state=State(state))
    world.declare(
        app=f"{CODE}\npublish: true\nruntimeManagement: {{updateRuntimeOn: Auto}}",
    )

    for plan_only in (True, False):
        result = world.one(plan_only=plan_only)
        assert (Status.FAILED, []) == (result.status, world.writes)
        assert result.failure is not None
        assert FailureKind.TEMPORARY is result.failure.kind
        assert f"version 1 carries the declared code and its State is {state}" in str(
            result.failure
        )
