"""Reports of the real command: every form, beside each other, and whatever becomes of the run."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.sandbox import Fault
from tests.e2e.command import LIMIT

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

DIFFERS = "{code: {directory: code}, architecture: arm64, publish: true}"
ALL = ["a.txt", "a.json", "a.jsonl", "a.md", "a.xml"]
EVERY_FILE = [argument for name in ALL for argument in ("--report", name)]
VALIDATOR = Draft202012Validator(schema.load("event"))


def events(text: str) -> list[dict[str, object]]:
    """Read the lines, each held against the schema."""
    found = [json.loads(line) for line in text.splitlines()]
    for event in found:
        VALIDATOR.validate(event)
    return found


@pytest.fixture
def two(command: Command, sandbox: Sandbox) -> Command:
    command.declare("app", DIFFERS)
    command.declare("broken", DIFFERS)
    command.seed(sandbox)
    sandbox.inject(Fault("UpdateFunctionCode", "broken", 9, status=400, code="Odd", message="no"))
    return command


def test_files_of_all_forms_are_written_beside_the_output_also_after_a_failure(
    two: Command,
) -> None:
    """Each tells of the failure; the exit code is the run's own."""
    (two.folder / "a.md").write_text("of an earlier run")

    finished = two.run(*EVERY_FILE, "--report", "junit=b")

    assert (4, finished.stdout) == (finished.returncode, (two.folder / "a.txt").read_text())
    assert all("broken" in (two.folder / name).read_text() for name in ALL)
    run_id = json.loads((two.folder / "a.json").read_text())["run_id"]
    told = events((two.folder / "a.jsonl").read_text())
    assert ({run_id}, 4) == ({event["run_id"] for event in told}, told[-1]["exit_code"])
    assert (two.folder / "a.md").read_text().startswith("### reconcile: Applied: 1 updated, ")
    suites = {name: ET.parse(two.folder / name).getroot()[0].attrib for name in ("a.xml", "b")}  # noqa: S314 - our own
    assert ["1", "1"] == [each["failures"] for each in suites.values()]
    assert not [path for path in two.folder.iterdir() if path.name.startswith(".a")]


def test_the_command_prints_what_the_files_hold(two: Command) -> None:
    """-o markdown, -o junit and -o jsonl, for a plan."""
    for form, name in {"markdown": "x.md", "junit": "x.xml"}.items():
        finished = two.run("--plan", "-o", form, "--report", name)
        assert (0, finished.stdout) == (finished.returncode, (two.folder / name).read_text())

    told = events(two.run("--plan", "-o", "jsonl").stdout)

    kinds = [event["type"] for event in told]
    assert ("RunStarted", "RunFinished") == (kinds[0], kinds[-1])
    assert 2 == kinds.count("FunctionFinished")


def test_github_gets_annotations_and_the_page_of_the_step(two: Command) -> None:
    """The page is added to what other commands of the step wrote there."""
    page = two.folder / "summary.md"
    page.write_text("before\n")

    finished = two.run("-o", "github", GITHUB_STEP_SUMMARY=str(page))

    lines = finished.stdout.splitlines()
    assert 4 == finished.returncode
    assert lines[0].startswith(
        "::notice title=reconcile::Applied: 1 updated, 1 published, 1 failed"
    )
    assert lines[1].startswith("::error file=manifests/broken.yaml,line=3,col=18,title=broken%3A ")
    assert 2 == len(lines)
    assert page.read_text().startswith("before\n### reconcile: Applied")


def test_github_gets_the_errors_of_manifests_at_their_lines(command: Command) -> None:
    """The exit code and standard error are as ever."""
    command.declare("app", "{codes: 1}")

    finished = command.run("--plan", "-o", "github")

    assert 3 == finished.returncode
    assert finished.stdout.startswith("::error file=manifests/app.yaml,line=4,col=8,title=Manifest")
    assert "manifests/app.yaml:4:8" in finished.stderr


def test_reports_are_written_after_a_signal(command: Command, sandbox: Sandbox) -> None:
    """What was under way is in all of them."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)
    sandbox.inject(Fault("UpdateFunctionCode", "app", settle=60))
    with command.start(*EVERY_FILE, "--grace", "20s") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "waiting" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert 143 == process.returncode
    for name in ALL:
        assert "nterrupted" in (command.folder / name).read_text(), name
    told = events((command.folder / "a.jsonl").read_text())
    assert ("SIGTERM", 143) == (told[-1]["interrupted_by"], told[-1]["exit_code"])


def test_a_report_that_cannot_be_written_is_told_and_is_1(two: Command) -> None:
    """After everything else was done; the others are there."""
    finished = two.run("--plan", "--report", "text=/dev/full", "--report", "b.md")

    assert (1, True) == (finished.returncode, finished.stdout.endswith("\n"))
    assert "--report /dev/full: No space left on device" in finished.stderr
    assert (two.folder / "b.md").exists()


@pytest.mark.parametrize("full", ["report", "standard output"])
def test_what_cannot_be_written_keeps_nothing_else_from_being_written(
    two: Command, full: str
) -> None:
    """All events with the exit code, and the plan; each trouble is told."""
    other = "text=/dev/full" if full == "report" else "x.xml"
    arguments = ["--plan", "--report", "a.jsonl", "--out", "plan.json", "--report", other]
    with Path("/dev/full").open("w") as device:
        streams = {"stdout": device.fileno()} if full != "report" else {}
        process = two.start(*arguments, streams=streams)
        _, errors = process.communicate(timeout=LIMIT)

    where = "--report /dev/full" if full == "report" else "standard output"
    assert (1, True) == (process.returncode, f"Error: {where}: No space left on device" in errors)
    told = events((two.folder / "a.jsonl").read_text())
    assert ["RunStarted", "FunctionFinished", "FunctionFinished", "RunFinished"] == [
        each["type"] for each in told if each["type"] != "FunctionProgress"
    ]
    assert 1 == told[-1]["exit_code"]
    assert (two.folder / "plan.json").exists()


def test_events_that_cannot_be_written_are_told_like_any_report(two: Command) -> None:
    """By their file's name, after all else is written."""
    ended = two.run("--plan", "--report", "jsonl=/dev/full", "--metrics-file", "run.prom")
    assert 1 == ended.returncode
    assert ended.stderr.endswith("Error: --report /dev/full: No space left on device\n")
    assert 'exit_code{run="run"} 1.0' in (two.folder / "run.prom").read_text()


def test_manifests_that_are_broken_leave_no_report_of_an_earlier_run(command: Command) -> None:
    """Nobody is to take it for one of this run."""
    command.declare("app", "{codes: 1}")
    (command.folder / "a.md").write_text("of an earlier run")

    assert 3 == command.run("--report", "a.md").returncode
    assert not (command.folder / "a.md").exists()


def test_metrics_are_written_however_a_run_ends(two: Command) -> None:
    """After failures with what was counted, and for broken manifests with the exit code."""
    path = two.folder / "orders.prom"
    assert 4 == two.run("--metrics-file", "orders.prom").returncode
    first = path.read_text().splitlines()
    two.declare("app", "{codes: 1}")
    assert 3 == two.run("--metrics-file", "orders.prom").returncode
    second = path.read_text()
    two.declare("app", DIFFERS)
    assert 64 == two.run("--metrics-file", "orders.prom", "--only", "nothing").returncode

    for line in (
        'lambda_reconciler_last_run_exit_code{run="orders"} 4.0',
        'lambda_reconciler_functions{run="orders",status="Failed"} 1.0',
        'lambda_reconciler_last_run_updated_functions{run="orders"} 1.0',
        'lambda_reconciler_last_run_aws_calls{operation="PublishVersion",run="orders"} 1.0',
    ):
        assert line in first
    assert 'lambda_reconciler_last_run_exit_code{run="orders"} 3.0' in second
    assert "lambda_reconciler_functions" not in second
    assert 'lambda_reconciler_last_run_exit_code{run="orders"} 64.0' in path.read_text()
    assert [path] == [each for each in two.folder.iterdir() if "orders" in each.name]


def test_a_watch_tells_events_as_they_happen(command: Command, sandbox: Sandbox) -> None:
    """They are read while it goes on; the last one says how it ended."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)
    with command.start("--watch", "-o", "jsonl", "--report", "a.md") as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "RoundFinished" in line:
                break
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=60)

    told = events("".join(lines) + rest)
    assert 0 == process.returncode
    kinds = [event["type"] for event in told]
    assert ("RunStarted", "WatchFinished") == (kinds[0], kinds[-1])
    assert {"FunctionProgress", "FunctionFinished", "RoundFinished"} <= {*kinds}
    assert "Applied: 1 updated" in (command.folder / "a.md").read_text()
