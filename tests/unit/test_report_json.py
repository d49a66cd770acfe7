from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from jsonschema import Draft202012Validator, ValidationError

from reconciler import __version__, schema
from reconciler.model import FailureKind, RunResult, Status, Target
from reconciler.report import json_report
from tests.unit.builders import NEW, OLD, failure, location, record, result, run
from tests.unit.runs import (
    APPLIED,
    EVERY_RUN,
    FAILED,
    INTERRUPTED,
    NO_CHANGES,
    NOT_ATTEMPTED,
    PIN,
    PLAN,
    PUT_ON_VERSION,
    REFUSED,
    SUSPENDED,
    UNREADABLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SCHEMA = schema.load("report")


def _report(run: RunResult) -> Any:  # noqa: ANN401 - any JSON
    """Render, read again as a program would, and hold against the schema."""
    report = json.loads(json_report.render(run))
    Draft202012Validator(SCHEMA).validate(report)
    return report


# The schema.


def _objects(node: object, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        if "properties" in node:
            yield path, node
        for key, value in node.items():
            yield from _objects(value, f"{path}/{key}")


def test_the_schema_is_one() -> None:
    """It is valid against its own dialect."""
    assert "https://json-schema.org/draft/2020-12/schema" == SCHEMA["$schema"]
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("path", "node"), list(_objects(SCHEMA)), ids=[path or "/" for path, _ in _objects(SCHEMA)]
)
def test_the_schema_is_closed_and_documented(path: str, node: dict[str, Any]) -> None:
    """Nothing undocumented is printed, and what is documented is always there."""
    assert node["additionalProperties"] is False
    for name, field in node["properties"].items():
        documented = field if "$ref" not in field else SCHEMA["$defs"][name]
        assert {"title", "description"} <= set(documented), f"{path}/{name}"
    if not path.endswith("/writes"):
        assert list(node["properties"]) == node["required"]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("mode", "destroy"),
        ("started", "2026-03-04T05:06:07.089"),
        ("interrupted_by", 15),
        ("functions/0/status", "Maybe"),
        ("functions/0/line", 0),
        ("functions/0/changes/0/new", None),
        ("functions/0/steps/0/operation", "DeleteFunction"),
        ("functions/0/steps/0/duration", "4 s"),
        ("functions/0/surprise", 1),
        ("functions/0/error", {}),
        ("summary/writes/GetFunction", 1),
        ("summary/failed", -1),
    ],
)
def test_the_schema_refuses_what_is_no_report(path: str, value: object) -> None:
    """A schema that takes everything would prove nothing."""
    report = _report(PLAN)
    *above, name = path.split("/")
    node = report
    for key in above:
        node = node[int(key)] if key.isdecimal() else node[key]
    node[name] = value
    with pytest.raises(ValidationError):
        Draft202012Validator(SCHEMA).validate(report)


@pytest.mark.parametrize("reported", EVERY_RUN.values(), ids=EVERY_RUN)
def test_every_report_is_as_the_schema_says(reported: RunResult) -> None:
    """Whatever a run comes to, its report validates and ends with a line break."""
    _report(reported)
    assert json_report.render(reported).endswith("}\n")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("plan_only", [True, False], ids=["plan", "apply"])
def test_every_status_and_kind_is_in_the_schema(
    status: Status, kind: FailureKind, *, plan_only: bool
) -> None:
    """No combination of what a result may hold is forgotten."""
    reported = run(
        result(status, plan=PIN, steps=(record(PUT_ON_VERSION),), failure=failure(kind)),
        plan_only=plan_only,
    )
    [function] = _report(reported)["functions"]
    assert (status, kind) == (function["status"], function["error"]["kind"])


# The values.


def test_the_head() -> None:
    """Who reports, of which run, and when it began."""
    report = _report(PLAN)
    assert "1.3" == report["format_version"]
    assert __version__ == report["tool_version"]
    assert "run-1" == report["run_id"]
    assert "2026-03-04T05:06:07.089+00:00" == report["started"]
    assert "plan" == report["mode"]
    assert "apply" == _report(APPLIED)["mode"]


def test_the_start_has_its_offset() -> None:
    """Another zone's clock is no less exact, and whole seconds have their milliseconds."""
    start = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert "2026-03-04T05:06:07.000+05:30" == _report(replace(PLAN, started=start))["started"]
    started = replace(PLAN, started=start.astimezone(UTC))
    assert "2026-03-03T23:36:07.000+00:00" == _report(started)["started"]


@pytest.mark.parametrize(
    ("reported", "complete", "errored", "interrupted_by"),
    [
        pytest.param(PLAN, True, False, None, id="plan"),
        pytest.param(NO_CHANGES, True, False, None, id="no-changes"),
        pytest.param(FAILED, True, True, None, id="failed"),
        pytest.param(REFUSED, True, True, None, id="refused"),
        pytest.param(INTERRUPTED, False, False, "SIGTERM", id="interrupted"),
        pytest.param(run(NOT_ATTEMPTED), False, False, None, id="not-attempted"),
        pytest.param(run(interrupted_by=2), False, False, "SIGINT", id="interrupted-at-once"),
    ],
)
def test_complete_and_errored(
    reported: RunResult, *, complete: bool, errored: bool, interrupted_by: str | None
) -> None:
    """Having looked at everything and having failed nowhere are two facts."""
    report = _report(reported)
    assert complete is report["complete"]
    assert errored is report["errored"]
    assert interrupted_by == report["interrupted_by"]


def test_a_planned_function() -> None:
    """All there is to know of a difference, digests in full."""
    expected = {
        "name": "orders-worker",
        "target": None,
        "function_name": "orders-worker",
        "file": "manifests/orders.yaml",
        "line": 4,
        "column": 3,
        "account": "123456789012",
        "region": "eu-west-1",
        "status": "Planned",
        "changes": [
            {"field": "code", "old": str(OLD), "new": str(NEW)},
            {"field": "runtimeManagement", "old": "Auto", "new": PIN.changes[1].new},
        ],
        "foreign_changes": [],
        "steps": [
            {
                "operation": "PutRuntimeManagementConfig",
                "qualifier": "$LATEST",
                "status": "Planned",
                "duration": None,
                "request_id": None,
                "result": None,
            },
            {
                "operation": "UpdateFunctionCode",
                "qualifier": None,
                "status": "Planned",
                "duration": None,
                "request_id": None,
                "result": None,
            },
        ],
        "notes": [],
        "error": None,
    }
    assert expected == _report(PLAN)["functions"][1]


def test_performed_steps() -> None:
    """What was done is told with what AWS made of it, and never mixed with what was planned."""
    update, publish = _report(FAILED)["functions"][0]["steps"]
    assert {
        "operation": "UpdateFunctionCode",
        "qualifier": None,
        "status": "Succeeded",
        "duration": 1.25,
        "request_id": "request-1",
        "result": "Successful",
    } == update
    assert {
        "operation": "PublishVersion",
        "qualifier": None,
        "status": "Failed",
        "duration": 1.25,
        "request_id": None,
        "result": None,
    } == publish


def test_a_version_is_named_by_its_qualifier() -> None:
    """A version's own mode is told from that of $LATEST."""
    assert "8" == _report(INTERRUPTED)["functions"][0]["steps"][1]["qualifier"]


def test_a_function_that_could_not_be_read() -> None:
    """Without a plan there is no change and no step, but an error with AWS's own words."""
    function = _report(run(UNREADABLE))["functions"][0]
    assert ([], [], [], None) == (
        function["changes"],
        function["steps"],
        function["notes"],
        function["account"],
    )
    assert {
        "kind": "Permanent",
        "what": "GetFunction: ResourceNotFoundException: Function not found",
        "remedy": "create the function first",
        "operation": "GetFunction",
        "code": "ResourceNotFoundException",
        "request_id": "request-7",
    } == function["error"]


def test_the_summary() -> None:
    """The numbers are those of the text report."""
    assert {
        "functions": 20,
        "update": 2,
        "publish": 1,
        "in_sync": 17,
        "suspended": 1,
        "failed": 0,
        "interrupted": 0,
        "not_attempted": 0,
        "writes": {"UpdateFunctionCode": 2, "PublishVersion": 1, "PutRuntimeManagementConfig": 1},
        "calls": {"GetFunction": 20, "ListVersionsByFunction": 1},
    } == _report(PLAN)["summary"]


@pytest.mark.parametrize("plan_only", [True, False], ids=["plan", "apply"])
def test_no_step_of_a_suspended_function_is_announced(*, plan_only: bool) -> None:
    """Nothing is changed, so nothing is Planned; the drift is in the changes."""
    report = _report(run(SUSPENDED, plan_only=plan_only))
    assert [] == report["functions"][0]["steps"]
    assert 1 == len(report["functions"][0]["changes"])
    assert {} == report["summary"]["writes"]


@pytest.mark.parametrize("reported", EVERY_RUN.values(), ids=EVERY_RUN)
def test_the_functions_add_up_to_the_summary(reported: RunResult) -> None:
    """Who sums up the steps of a plan gets the writes of its summary."""
    report = _report(reported)
    if report["mode"] == "plan":
        operations = [
            step["operation"] for function in report["functions"] for step in function["steps"]
        ]
        assert report["summary"]["writes"] == {
            name: operations.count(name) for name in set(operations)
        }
    statuses = [function["status"] for function in report["functions"]]
    for status, field in (
        ("InSync", "in_sync"),
        ("Suspended", "suspended"),
        ("Failed", "failed"),
        ("NotAttempted", "not_attempted"),
    ):
        assert report["summary"][field] == statuses.count(status)


def test_the_order_of_functions_is_kept() -> None:
    """The report has the order of the manifests, so that two of them can be compared."""
    names = [function["name"] for function in _report(PLAN)["functions"]]
    assert [item.spec.name for item in PLAN.functions] == names


def test_calls_are_sorted() -> None:
    """Which call came first is chance; the report does not change with it."""
    calls = {"UpdateFunctionCode": 1, "GetFunction": 2}
    assert ["GetFunction", "UpdateFunctionCode"] == list(
        _report(run(calls=calls))["summary"]["calls"]
    )


def test_the_report_is_ascii() -> None:
    """Any encoding can carry it; no escape sequence is in it, nor half a character."""
    evil = failure(what="\u00e4\x1b[2J\udce9\u2028", remedy="\u202e")
    rendered = json_report.render(run(result(Status.FAILED, failure=evil)))
    assert rendered.isascii()
    assert "\x1b" not in rendered
    what = json.loads(rendered)["functions"][0]["error"]["what"]
    assert "\u00e4\x1b[2J\\udce9\u2028" == what


def test_the_target_stands_beside_the_name() -> None:
    """A function in a target says which, and any other that it is in none."""
    plain = result()
    target = Target("prod-eu", "123456789012", "eu-west-1", location())
    in_target = replace(plain, spec=replace(plain.spec, target=target))
    report = _report(run(plain, in_target))
    assert [("orders-api", None), ("orders-api", "prod-eu")] == [
        (each["name"], each["target"]) for each in report["functions"]
    ]
