"""What holds of the JSON report of every run there could be."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.model import (
    LATEST,
    LATEST_PUBLISHED,
    Change,
    Failure,
    FailureKind,
    FunctionResult,
    Plan,
    PublishVersion,
    PutRuntimeManagementConfig,
    RunResult,
    Scope,
    Status,
    Step,
    StepRecord,
    StepStatus,
    TooManyChanges,
    UpdateFunctionCode,
)
from reconciler.report import json_report
from tests.unit.builders import ARM, AUTO, NEW, X86, location, manual, run, spec

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn

VALIDATOR = Draft202012Validator(schema.load("report"))

# Lone surrogates too: a name of a file that is no UTF-8 has them.
texts = st.text(min_size=1, max_size=30)
maybe = st.none() | texts
counts = st.integers(0, 10**6)
limits = st.sampled_from(("0", "12", "5%"))
more = st.integers(1, 10**6)
changes = st.builds(Change, texts, maybe, texts)
steps: st.SearchStrategy[Step] = st.one_of(
    st.builds(UpdateFunctionCode, st.just(NEW), st.sampled_from((X86, ARM))),
    st.builds(PublishVersion, st.just(NEW), maybe, st.booleans()),
    st.builds(
        PutRuntimeManagementConfig,
        st.sampled_from((AUTO, manual())),
        st.sampled_from((LATEST, LATEST_PUBLISHED, "1", "41")),
    ),
)
failures = st.builds(
    Failure,
    st.sampled_from(FailureKind),
    texts,
    texts,
    operation=maybe,
    code=maybe,
    request_id=maybe,
    outcome_unknown=st.booleans(),
    throttled=st.booleans(),
    scope=st.sampled_from(Scope),
)
plans = st.builds(
    Plan,
    st.lists(changes, max_size=3).map(tuple),
    st.lists(steps, max_size=4).map(tuple),
    st.none() | failures,
    st.lists(texts, max_size=2).map(tuple),
)
records = st.builds(
    StepRecord,
    steps,
    st.sampled_from(StepStatus),
    st.none() | st.floats(0, 1e6),
    request_id=maybe,
    result=maybe,
    changed=st.booleans(),
)
results = st.builds(
    FunctionResult,
    texts.map(lambda name: replace(spec(name), location=location(name, 3, 7))),
    st.sampled_from(Status),
    account=maybe,
    region=maybe,
    plan=st.none() | plans,
    steps=st.lists(records, max_size=4).map(tuple),
    failure=st.none() | failures,
    foreign_changes=st.lists(changes, max_size=2).map(tuple),
)
moments = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1)).map(  # noqa: DTZ001 - zoned next
    lambda moment: moment.replace(tzinfo=UTC)
)


@st.composite
def runs(draw: DrawFn) -> RunResult:
    """Any run, whether or not the loop could come to it."""
    operations = st.sampled_from(("GetFunction", "UpdateFunctionCode", "PublishVersion"))
    zone = timezone(timedelta(minutes=draw(st.integers(-720, 840))))
    found = run(
        *draw(st.lists(results, max_size=4)),
        plan_only=draw(st.booleans()),
        calls=draw(st.dictionaries(operations, st.integers(1, 10**6))),
        interrupted_by=draw(st.sampled_from((None, 2, 15))),
    )
    too_many = draw(st.none() | st.builds(TooManyChanges, more, counts, limits))
    return replace(found, started=draw(moments).astimezone(zone), too_many=too_many)


@settings(max_examples=100, deadline=None)
@given(runs())
def test_the_report_of_any_run_is_as_the_schema_says(reported: RunResult) -> None:
    """Nothing that a run may hold makes the report break its own contract."""
    VALIDATOR.validate(json.loads(json_report.render(reported)))


@settings(max_examples=100, deadline=None)
@given(runs())
def test_the_report_holds_what_the_run_had(reported: RunResult) -> None:
    """Every function is there once, in order, with its differences, its steps and its failure."""
    report = json.loads(json_report.render(reported))
    late = reported.started - datetime.fromisoformat(report["started"])
    assert timedelta(0) <= late < timedelta(milliseconds=1)
    assert reported.plan_only == (report["mode"] == "plan")
    assert reported.calls == report["summary"]["calls"]
    assert (reported.too_many and asdict(reported.too_many)) == report["max_changes"]
    assert len(reported.functions) == report["summary"]["functions"]
    for result, entry in zip(reported.functions, report["functions"], strict=True):
        _holds(result, entry)
        if not reported.plan_only:
            _holds_steps(result, entry)
        elif result.status is not Status.SUSPENDED:
            planned = result.plan.steps if result.plan else ()
            assert [_name(step) for step in planned] == [
                step["operation"] for step in entry["steps"]
            ]
            assert {None} >= {step["duration"] for step in entry["steps"]}


@settings(max_examples=100, deadline=None)
@given(runs())
def test_the_summary_counts_every_function_once(reported: RunResult) -> None:
    """What ended well, badly or not at all adds up, and decides over complete and errored."""
    report = json.loads(json_report.render(reported))
    counted, summary = Counter(result.status for result in reported.functions), report["summary"]
    assert counted[Status.IN_SYNC] == summary["in_sync"]
    assert counted[Status.SUSPENDED] == summary["suspended"]
    assert counted[Status.FAILED] == summary["failed"]
    assert counted[Status.NOT_ATTEMPTED] == summary["not_attempted"]
    assert counted[Status.INTERRUPTED] == summary["interrupted"]
    moved = counted[Status.PLANNED] + counted[Status.UPDATED]
    assert max(summary["update"], summary["publish"]) <= moved
    assert (summary["failed"] > 0) == report["errored"]
    stopped = reported.interrupted_by is not None or reported.too_many is not None
    assert (stopped or summary["not_attempted"] > 0) != report["complete"]


def _holds(result: FunctionResult, entry: dict[str, Any]) -> None:
    assert result.spec.name == entry["name"]
    assert result.spec.function.function_name == entry["function_name"]
    at = result.spec.location
    assert (at.file, at.line, at.column) == (entry["file"], entry["line"], entry["column"])
    assert (result.account, result.region) == (entry["account"], entry["region"])
    assert result.status == entry["status"]
    plan = result.plan or Plan()
    assert [*map(asdict, plan.changes)] == entry["changes"]
    assert [*map(asdict, result.foreign_changes)] == entry["foreign_changes"]
    assert list(plan.notes) == entry["notes"]
    failure, error = result.failure, entry["error"]
    assert (failure is None) == (error is None)
    if failure is not None:
        assert failure.kind == error["kind"]
        assert (failure.what, failure.remedy) == (error["what"], error["remedy"])
        assert (failure.operation, failure.code) == (error["operation"], error["code"])
        assert failure.request_id == error["request_id"]


def _holds_steps(result: FunctionResult, entry: dict[str, Any]) -> None:
    for record, step in zip(result.steps, entry["steps"], strict=True):
        assert _name(record.step) == step["operation"]
        assert getattr(record.step, "qualifier", None) == step["qualifier"]
        assert record.status == step["status"]
        assert (record.duration is None) == (step["duration"] is None)
        assert abs((record.duration or 0) - (step["duration"] or 0)) <= 0.001
        assert (record.request_id, record.result) == (step["request_id"], step["result"])


def _name(step: Step) -> str:
    return type(step).__name__
