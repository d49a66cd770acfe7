from __future__ import annotations

from itertools import combinations

import pytest

from reconciler.model import FailureKind, FunctionResult, Plan, RunResult, Status
from reconciler.report.exit_code import ExitCode, exit_code
from tests.unit.builders import failure, result, run
from tests.unit.runs import NOT_ATTEMPTED, SUSPENDED, TOO_MANY_CHANGES, UPDATE, in_sync

PLANNED = result(Status.PLANNED, plan=Plan(steps=(UPDATE,)))
HALF_WAY = result(Status.INTERRUPTED, failure=failure(FailureKind.TEMPORARY))


def _failed(kind: FailureKind) -> FunctionResult:
    return result(Status.FAILED, failure=failure(kind))


TEMPORARY = _failed(FailureKind.TEMPORARY)
PERMANENT = _failed(FailureKind.PERMANENT)
INVALID = _failed(FailureKind.INVALID)


def test_the_numbers_are_a_promise() -> None:
    """Scripts decide by them, so they never change."""
    assert {
        "OK": 0,
        "TEMPORARY": 1,
        "DIFFERENCES": 2,
        "INVALID": 3,
        "PERMANENT": 4,
        "TOO_MANY_CHANGES": 5,
        "USAGE": 64,
        "INTERRUPTED": 130,
        "TERMINATED": 143,
    } == {code.name: code.value for code in ExitCode}


@pytest.mark.parametrize(
    ("reported", "code", "detailed_code"),
    [
        pytest.param(run(), 0, 0, id="nothing"),
        pytest.param(run(*in_sync(2)), 0, 0, id="in-sync"),
        pytest.param(run(*in_sync(2), plan_only=True), 0, 0, id="in-sync-plan"),
        pytest.param(run(result(Status.UPDATED)), 0, 0, id="updated"),
        pytest.param(run(PLANNED, plan_only=True), 0, 2, id="planned"),
        pytest.param(run(SUSPENDED, plan_only=True), 0, 0, id="suspended"),
        pytest.param(run(TEMPORARY), 1, 1, id="temporary"),
        pytest.param(run(PERMANENT), 4, 4, id="permanent"),
        pytest.param(run(INVALID), 3, 3, id="invalid"),
        pytest.param(run(NOT_ATTEMPTED, interrupted_by=2), 130, 130, id="interrupted"),
        pytest.param(run(NOT_ATTEMPTED, interrupted_by=15), 143, 143, id="terminated"),
        pytest.param(run(*in_sync(1), interrupted_by=2), 130, 130, id="interrupted-in-sync"),
        pytest.param(run(PLANNED, TEMPORARY, plan_only=True), 1, 1, id="planned-temporary"),
        pytest.param(run(PLANNED, PERMANENT, plan_only=True), 4, 4, id="planned-permanent"),
        pytest.param(
            run(PLANNED, plan_only=True, too_many=TOO_MANY_CHANGES), 5, 5, id="too-many-changes"
        ),
        pytest.param(
            run(
                result(Status.INTERRUPTED, failure=failure(FailureKind.TEMPORARY)),
                interrupted_by=15,
            ),
            143,
            143,
            id="interrupted-half-way",
        ),
        pytest.param(run(*in_sync(99), TEMPORARY), 1, 1, id="one-of-many"),
    ],
)
def test_exit_code(reported: RunResult, code: int, detailed_code: int) -> None:
    """Only differences that were shown depend on --detailed-exitcode."""
    assert code == exit_code(reported, detailed=False)
    assert detailed_code == exit_code(reported, detailed=True)


# The most permanent first: each wins over all that come after it.
PRECEDENCE = [
    (3, run(INVALID)),
    (5, run(too_many=TOO_MANY_CHANGES)),
    (4, run(PERMANENT)),
    (130, run(interrupted_by=2)),
    (1, run(TEMPORARY)),
    (2, run(PLANNED)),
]


@pytest.mark.parametrize(
    ("winner", "loser"),
    list(combinations(PRECEDENCE, 2)),
    ids=[f"{winner[0]}-over-{loser[0]}" for winner, loser in combinations(PRECEDENCE, 2)],
)
def test_the_most_permanent_wins(
    winner: tuple[int, RunResult], loser: tuple[int, RunResult]
) -> None:
    """Whatever order the functions are in, what needs a person is told first."""
    both = (*loser[1].functions, *winner[1].functions)
    signal = winner[1].interrupted_by or loser[1].interrupted_by
    for functions in (both, both[::-1]):
        too_many = winner[1].too_many or loser[1].too_many
        reported = run(*functions, interrupted_by=signal, too_many=too_many)
        assert winner[0] == exit_code(reported, detailed=True)
