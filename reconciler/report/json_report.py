"""The report for programs; its shape is schemas/report.v1.schema.json."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.model import PutRuntimeManagementConfig, Status
from reconciler.report.counts import count, effective_steps, operation
from reconciler.report.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from reconciler.model import (
        Change,
        Failure,
        FunctionResult,
        RunResult,
        Step,
        StepRecord,
        TooManyChanges,
        Undeclared,
    )
    from reconciler.report.counts import Counts

FORMAT_VERSION = "1.3"


def render(run: RunResult) -> str:
    """Give one JSON document, with a line break at its end."""
    return json_text(as_json(run), indent=2) + "\n"


def as_json(run: RunResult) -> dict[str, Any]:
    """Give the report as plain JSON values."""
    ended = ending(run)
    return {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "run_id": run.run_id,
        "started": run.started.isoformat(timespec="milliseconds"),
        "mode": mode(plan_only=run.plan_only),
        **{name: value for name, value in ended.items() if name != "summary"},
        "functions": [function(result, plan_only=run.plan_only) for result in run.functions],
        "summary": ended["summary"],
    }


def mode(*, plan_only: bool) -> str:
    """Name what the run does."""
    return "plan" if plan_only else "apply"


def ending(run: RunResult) -> dict[str, Any]:
    """Give what the whole run came to, as plain JSON values."""
    counts = count(run)
    return {
        "complete": _complete(run, counts),
        "errored": counts.of(Status.FAILED) > 0 or bool(run.undeclared),
        "interrupted_by": _signal(run),
        "max_changes": _max_changes(run.too_many),
        "undeclared": [_undeclared(each) for each in run.undeclared],
        "summary": {
            "functions": len(run.functions),
            "update": counts.update,
            "publish": counts.publish,
            "in_sync": counts.of(Status.IN_SYNC),
            "suspended": counts.of(Status.SUSPENDED),
            "failed": counts.of(Status.FAILED),
            "interrupted": counts.of(Status.INTERRUPTED),
            "not_attempted": counts.of(Status.NOT_ATTEMPTED),
            "writes": dict(counts.writes),
            "calls": dict(sorted(run.calls.items())),
        },
    }


def function(result: FunctionResult, *, plan_only: bool) -> dict[str, Any]:
    """Give one function's result as plain JSON values."""
    location = result.spec.location
    return {
        "name": result.spec.name,
        "target": result.spec.target.name if result.spec.target else None,
        "function_name": result.spec.function.function_name,
        "file": location.file,
        "line": location.line,
        "column": location.column,
        "account": result.account,
        "region": result.region,
        "status": str(result.status),
        "changes": _changes(result.plan.changes if result.plan else ()),
        "foreign_changes": _changes(result.foreign_changes),
        "steps": (
            [_planned(step) for step in effective_steps(result, plan_only=True)]
            if plan_only
            else [_performed(record) for record in result.steps]
        ),
        "notes": list(result.plan.notes) if result.plan else [],
        "error": _error(result.failure),
    }


def _complete(run: RunResult, counts: Counts) -> bool:
    stopped = run.interrupted_by is not None or run.too_many is not None
    return not stopped and not counts.of(Status.NOT_ATTEMPTED)


def _changes(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [{"field": item.field, "old": item.old, "new": item.new} for item in changes]


def _planned(step: Step) -> dict[str, Any]:
    return _step(step, "Planned", None, None, None)


def _performed(record: StepRecord) -> dict[str, Any]:
    duration = None if record.duration is None else round(record.duration, 3)
    return _step(record.step, str(record.status), duration, record.request_id, record.result)


def _step(
    step: Step, status: str, duration: float | None, request_id: str | None, result: str | None
) -> dict[str, Any]:
    return {
        "operation": operation(step),
        "qualifier": step.qualifier if isinstance(step, PutRuntimeManagementConfig) else None,
        "status": status,
        "duration": duration,
        "request_id": request_id,
        "result": result,
    }


def _error(failure: Failure | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {
        "kind": str(failure.kind),
        "what": failure.what,
        "remedy": failure.remedy,
        "operation": failure.operation,
        "code": failure.code,
        "request_id": failure.request_id,
    }


def _undeclared(each: Undeclared) -> dict[str, Any]:
    return {
        "id": each.id,
        "account": each.account,
        "region": each.region,
        "error": _error(each.failure),
    }


def _max_changes(too_many: TooManyChanges | None) -> dict[str, Any] | None:
    if too_many is None:
        return None
    return {
        "limit": too_many.limit,
        "allowed": too_many.allowed,
        "planned": too_many.planned,
    }


def _signal(run: RunResult) -> str | None:
    return None if run.interrupted_by is None else signal.Signals(run.interrupted_by).name
