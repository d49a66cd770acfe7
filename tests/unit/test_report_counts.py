from __future__ import annotations

from reconciler.model import Plan, Status
from reconciler.report.counts import count
from tests.unit.builders import record, result, run
from tests.unit.runs import PUBLISH, UPDATE


def test_a_plan_counts_what_would_be_done() -> None:
    """In a plan the writes are the steps, whatever was read."""
    assert {"UpdateFunctionCode": 1} == count(
        run(
            result(Status.PLANNED, plan=Plan(steps=(UPDATE,))),
            plan_only=True,
            calls={"GetFunction": 9},
        )
    ).writes


def test_an_applied_run_counts_what_was_sent() -> None:
    """A write that was tried three times is three calls, and one function at most."""
    counts = count(
        run(
            result(Status.UPDATED, steps=(record(UPDATE), record(PUBLISH))),
            calls={"UpdateFunctionCode": 3, "PublishVersion": 1, "GetFunction": 9},
        )
    )
    assert {"UpdateFunctionCode": 3, "PublishVersion": 1} == counts.writes
    assert (1, 1) == (counts.update, counts.publish)


def test_a_status_that_did_not_occur_is_zero() -> None:
    """Counting what is not there is no error."""
    assert 0 == count(run()).of(Status.FAILED)
