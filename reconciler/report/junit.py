"""The report as JUnit XML, which nearly every CI system shows as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reconciler.model import Status
from reconciler.printable import printable
from reconciler.report.style import Style
from reconciler.report.text import described, undeclared

if TYPE_CHECKING:
    from reconciler.model import FunctionResult, RunResult, Undeclared

_SKIPPED = {
    Status.NOT_ATTEMPTED: "not attempted",
    Status.SUSPENDED: "suspended: nothing is changed",
}

_COUNTED = {
    "tests": "testcase",
    "failures": "testcase/failure",
    "errors": "testcase/error",
    "skipped": "testcase/skipped",
}


def render(run: RunResult, *, detailed: bool = False) -> str:
    """
    Give one XML document, with a line break at its end: a test case for each function.

    A function that failed is a failure, one that was interrupted an error; not attempted and
    suspended ones are skipped. With ``detailed`` differences that were only shown are
    failures, as the exit code then has it.
    """
    root = ET.Element("testsuites", name="reconcile")
    suite = ET.SubElement(root, "testsuite", name="reconcile", id=printable(run.run_id))
    suite.set("timestamp", run.started.isoformat(timespec="milliseconds"))
    for result in run.functions:
        _case(suite, result, plan_only=run.plan_only, detailed=detailed)
    for each in run.undeclared:
        _undeclared(suite, each)
    for name, tag in _COUNTED.items():
        suite.set(name, str(len(suite.findall(tag))))
    ET.indent(root)
    body = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}\n'


def _undeclared(suite: ET.Element, each: Undeclared) -> None:
    place = ".".join(part for part in (each.account, each.region) if part)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=printable(place or "reconcile"),
        name=printable(each.id),
        time="0.000",
    )
    what = printable(each.failure.what)
    failure = ET.SubElement(case, "failure", type=str(each.failure.kind), message=what)
    failure.text = "\n".join(undeclared(each, Style(coloured=False)))


def _case(suite: ET.Element, result: FunctionResult, *, plan_only: bool, detailed: bool) -> None:
    place = ".".join(part for part in (result.account, result.region) if part)
    seconds = sum(record.duration or 0.0 for record in result.steps)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=printable(place or "reconcile"),
        name=printable(result.spec.id),
        time=f"{seconds:.3f}",
        file=printable(result.spec.location.file),
        line=str(result.spec.location.line),
    )
    said = "\n".join(described(result, Style(coloured=False), notes=plan_only))
    outcome = _outcome(case, result, detailed=detailed)
    if outcome is not None:
        outcome.text = said
    elif result.status is not Status.IN_SYNC:
        ET.SubElement(case, "system-out").text = said


def _outcome(case: ET.Element, result: FunctionResult, *, detailed: bool) -> ET.Element | None:
    """Add what a CI system counts, for a function of which nothing good can be said."""
    what = printable(result.failure.what) if result.failure is not None else ""
    if result.status is Status.FAILED:
        kind = str(result.failure.kind) if result.failure is not None else "Unknown"
        return ET.SubElement(case, "failure", type=kind, message=what)
    if result.status is Status.INTERRUPTED:
        return ET.SubElement(case, "error", type="Interrupted", message=what)
    if result.status in _SKIPPED:
        return ET.SubElement(case, "skipped", message=_SKIPPED[result.status])
    if detailed and result.status is Status.PLANNED:
        return ET.SubElement(case, "failure", type="Differences", message="differs")
    return None
