"""Events: one JSON object a line, of the published schema, saying what the report says."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import click
import pytest
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.cli import whole_files
from reconciler.cli.event_stream import EventStream
from reconciler.model import Status
from reconciler.report import json_report
from reconciler.report.events import Events
from tests.hostile.canaries import harm_in, poisoned
from tests.unit.builders import STARTED, failure, result, run, spec
from tests.unit.runs import DEPLOYMENT, EVERY_RUN, PLAN

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import RunResult

SCHEMA = schema.load("event")
RUNS = pytest.mark.parametrize("run", EVERY_RUN.values(), ids=EVERY_RUN)


def told(run: RunResult) -> list[Any]:
    """Let everything happen that can, and give it as a program would read it."""
    lines: list[str] = []
    events = Events("run-1", lines.append, plan_only=run.plan_only, now=lambda: STARTED)
    events.started(len(run.functions), watch=False)
    for each in run.functions:
        events.progress(each.spec, "reading")
        events.finished(each)
    events.round_finished(run, number=None, seconds=1.2345, complete=True)
    events.run_finished(run, 4)
    events.watch_finished(0)
    assert all(line.endswith("\n") and "\n" not in line[:-1] for line in lines)
    assert [] == harm_in("".join(lines))
    return [json.loads(line) for line in lines]


@RUNS
def test_events_are_of_the_schema(run: RunResult) -> None:
    """Every one, of every kind of run."""
    validator = Draft202012Validator(SCHEMA)
    for event in told(run):
        validator.validate(event)


@RUNS
def test_events_obey_nobody(run: RunResult) -> None:
    """Whatever the texts are, each event is one line that no terminal obeys."""
    assert len(run.functions) * 2 + 4 == len(told(poisoned(run)))


@RUNS
def test_events_say_what_the_report_says(run: RunResult) -> None:
    """Each function whole, and at the end all else."""
    report = json_report.as_json(run)
    events = told(run)
    finished = [event["function"] for event in events if event["type"] == "FunctionFinished"]
    assert report["functions"] == finished
    assert {name: events[-2][name] for name in json_report.ending(run)} == {
        name: report[name] for name in json_report.ending(run)
    }


def test_what_a_plan_would_do_is_told_of_functions_that_aws_refuses_too() -> None:
    """A dry run that AWS refused has its planned steps in the report, and in the event."""
    refused = result(Status.FAILED, plan=DEPLOYMENT, failure=failure())
    events = told(run(refused, plan_only=True))
    steps = next(each for each in events if each["type"] == "FunctionFinished")["function"]["steps"]
    assert ["Planned", "Planned"] == [step["status"] for step in steps]


def test_the_events_of_a_run_by_name() -> None:
    """A name is a promise."""
    kinds = list(dict.fromkeys(event["type"] for event in told(PLAN)))
    assert [
        "RunStarted",
        "FunctionProgress",
        "FunctionFinished",
        "RoundFinished",
        "RunFinished",
        "WatchFinished",
    ] == kinds
    assert kinds == [
        each["properties"]["type"]["const"]
        for name in (each["$ref"].rsplit("/", 1)[1] for each in SCHEMA["oneOf"])
        for each in [SCHEMA["$defs"][name]]
    ]


def test_a_line_is_pinned() -> None:
    """One whole event, to the letter."""
    lines: list[str] = []
    Events("run-1", lines.append, plan_only=True, now=lambda: STARTED).progress(spec(), "waiting")
    expected = (
        '{"type": "FunctionProgress", "time": "2026-03-04T05:06:07.089+00:00", "run_id": "run-1", '
        '"name": "orders-api", "target": null, "message": "waiting"}\n'
    )
    assert [expected] == lines


def test_what_both_schemas_describe_is_described_alike() -> None:
    """A function in an event is a function in a report."""
    of_report = schema.load("report")["$defs"]
    assert of_report == {name: SCHEMA["$defs"][name] for name in of_report}
    Draft202012Validator.check_schema(SCHEMA)


def test_a_stream_writes_in_order_and_tells_its_error_at_the_end() -> None:
    """The run is not disturbed; what comes after the error is not written."""
    written: list[str] = []

    def write(line: str) -> None:
        if line == "bad":
            raise click.ClickException("full")
        written.append(line)

    stream = EventStream(write)
    for line in ("a", "b", "bad", "c"):
        stream.put(line)
    with pytest.raises(click.ClickException, match="full"):
        stream.finish()
    assert ["a", "b"] == written


def test_a_reader_that_never_reads_costs_no_endless_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What has no room is lost, and the loss is told."""
    monkeypatch.setattr("reconciler.cli.event_stream._MOST", 3)
    goes_on = threading.Event()

    def write(_: str) -> None:
        goes_on.wait(60)

    stream = EventStream(write)
    for line in "abcdefgh":
        stream.put(line)
    goes_on.set()
    with pytest.raises(click.ClickException, match="events were lost"):
        stream.finish()


# Files.


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    """Through a link too; others may read it as the process' mask allows."""
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "link.md").symlink_to("real.md")
    before = (tmp_path / "real.md").open()
    whole_files.write(tmp_path / "link.md", "new \udce9")
    assert ("old", "new \\udce9") == (before.read(), (tmp_path / "real.md").read_text())
    before.close()
    assert {"real.md", "link.md"} == {each.name for each in tmp_path.iterdir()}


def test_a_file_that_cannot_be_replaced_is_written_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/dev/termination-log is mounted by itself: nothing can take its place."""
    path = tmp_path / "termination-log"
    path.write_text("a longer text")

    def refuse(*_: object) -> None:
        raise OSError(16, "Device or resource busy")

    monkeypatch.setattr("pathlib.Path.replace", refuse)
    whole_files.write(path, "new")
    assert ("new", [path]) == (path.read_text(), list(tmp_path.iterdir()))
    with pytest.raises(OSError, match="busy"):
        whole_files.write(tmp_path / "none", "new")
    assert [path] == list(tmp_path.iterdir())


def test_a_device_is_neither_replaced_nor_taken_away(tmp_path: Path) -> None:
    """A run as root must not make a file of /dev/null."""
    (tmp_path / "null").symlink_to("/dev/null")
    whole_files.forget(tmp_path / "null")
    whole_files.write(tmp_path / "null", "x")
    assert (tmp_path / "null").is_char_device()
