"""The GitHub Action: every step's script run by bash, against a sandbox and an API on loopback."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.model import Change, Plan, Status
from reconciler.report import markdown
from reconciler.sandbox import Fault
from tests.e2e.action import ROOT, Api, Comment, Runner
from tests.unit.builders import result, run
from tests.unit.runs import UPDATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

ANYTHING = "{code: {directory: code}}"


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as api:
        yield api


@pytest.fixture
def runner(command: Command, api: Api) -> Runner:
    environment = {
        name: value for name, value in command.environment.items() if name != "PYTHONPATH"
    }
    runner = Runner(command.folder, environment, api.url)
    runner.installed()
    return runner


@pytest.fixture
def pull_request(runner: Runner) -> Runner:
    runner.event = {"pull_request": {"number": 7, "head": {"sha": "c0ffee"}}}
    return runner


def test_a_plan_tells_the_pull_request_what_differs(
    pull_request: Runner, api: Api, command: Command, sandbox: Sandbox
) -> None:
    """In a comment, on the step's page, at the manifest's line, in outputs; that is no failure."""
    command.declare("app", ANYTHING)
    command.seed(sandbox)

    done = pull_request.run()

    assert 0 == done.code, done.log
    assert ("2", "true") == (done.outputs["exit-code"], done.outputs["changed"])
    assert re.search(
        r"^::notice file=manifests/app\.yaml,line=\d+,col=\d+,", done.log, re.MULTILINE
    )
    assert "Plan: 1 to update" in done.page
    assert "plan" == json.loads(Path(done.outputs["report"]).read_text())["mode"]
    (comment,) = api.comments
    assert done.page.strip() in comment.body
    assert (
        "[The run](https://github.example/octo/shop/actions/runs/4711) for c0ffee." in comment.body
    )
    assert {"Bearer token-of-the-job"} == api.tokens


def test_a_comment_replaces_its_predecessor_until_nothing_differs(
    pull_request: Runner, api: Api, command: Command, sandbox: Sandbox
) -> None:
    """A plan of yesterday that still stood there would mislead who reviews."""
    command.declare("app", ANYTHING)
    command.seed(sandbox)
    api.comments.append(Comment(1, "octocat", "Looks good."))

    pull_request.run()
    first = api.comments[-1].body
    pull_request.run()
    assert 0 == pull_request.run(mode="apply").code
    pull_request.run()

    assert ["Looks good.", api.comments[-1].body] == [each.body for each in api.comments]
    assert "Plan: 1 to update" in first
    assert "to update" not in api.comments[-1].body


def test_nothing_is_posted_when_nothing_differs(
    pull_request: Runner, api: Api, command: Command, sandbox: Sandbox
) -> None:
    command.declare("app", ANYTHING)
    command.seed(sandbox)
    pull_request.run(mode="apply")

    done = pull_request.run()

    assert ("0", "false") == (done.outputs["exit-code"], done.outputs["changed"])
    assert [] == api.comments
    assert [] == [each for each in api.requests if not each.startswith("GET ")]


def test_drift_fails_the_step_where_that_is_asked_for(
    runner: Runner, api: Api, command: Command, sandbox: Sandbox
) -> None:
    """On a schedule a failed workflow is what tells people; without a pull request none is told."""
    command.declare("app", ANYTHING)
    command.seed(sandbox)

    asked, unasked = runner.run(fail_on_drift="true"), runner.run()

    assert (2, 0) == (asked.code, unasked.code), asked.log
    assert [] == api.requests
    assert "Comment on the pull request" not in asked.steps + unasked.steps


def test_apply_closes_what_differs(runner: Runner, command: Command, sandbox: Sandbox) -> None:
    command.declare("app", ANYTHING)
    command.seed(sandbox)

    done = runner.run(mode="apply")
    again = runner.run(mode="apply")

    assert ("0", "true") == (done.outputs["exit-code"], done.outputs["changed"])
    assert ("0", "false") == (again.outputs["exit-code"], again.outputs["changed"])
    assert "Applied: 1 updated" in done.page


def test_a_refused_apply_has_changed_nothing(
    runner: Runner, command: Command, sandbox: Sandbox
) -> None:
    """Its report tells of a plan, and no write of that was sent."""
    command.declare("app", ANYTHING)
    command.seed(sandbox)

    done = runner.run(mode="apply", args="--max-changes 20%")

    assert 5 == done.code, done.log
    assert ("5", "false") == (done.outputs["exit-code"], done.outputs["changed"])
    assert "Refused: 1 function would change" in done.page


def test_a_failed_apply_fails_the_job_at_the_manifests_line(
    runner: Runner, command: Command, sandbox: Sandbox
) -> None:
    """What was done before it failed is told as well, and another function is not held up."""
    for name in ("app", "other"):
        command.declare(name, ANYTHING)
    command.seed(sandbox)
    sandbox.inject(Fault("UpdateFunctionCode", "app", 9, fail_update=("InvalidImage", "no such")))

    done = runner.run(mode="apply")

    assert 4 == done.code, done.log
    assert ("4", "true") == (done.outputs["exit-code"], done.outputs["changed"])
    errors = [line for line in done.log.splitlines() if line.startswith("::error ")]
    assert ["::error file=manifests/app.yaml,line=3,col=18,title=app%3A failed"] == [
        line.rpartition("::")[0] for line in errors
    ]
    assert "InvalidImage" in errors[0]
    assert "1 updated, 1 failed" in done.page


def test_a_failure_is_told_and_fails_the_step(
    pull_request: Runner, api: Api, command: Command
) -> None:
    """A function that does not exist: no other code is a success."""
    command.declare("app", ANYTHING)

    done = pull_request.run()

    assert 4 == done.code, done.log
    assert "4" == done.outputs["exit-code"]
    assert re.search(r"^::error file=manifests/app\.yaml,", done.log, re.MULTILINE)
    assert "1 failed" in api.comments[-1].body


def test_a_broken_manifest_leaves_no_plan_and_the_comment_says_so(
    pull_request: Runner, api: Api, command: Command
) -> None:
    command.declare("app", "{bogus: 1}")

    done = pull_request.run()

    assert 3 == done.code, done.log
    assert ("", "") == (done.outputs["report"], done.outputs["summary"])
    assert "no plan could be made (exit code 3)" in api.comments[-1].body


def test_inputs_become_flags_word_for_word(runner: Runner, command: Command) -> None:
    """Several manifests, a region and further flags; the functions are not there, which is 4."""
    for name in ("one", "two", "with blank"):
        (command.folder / f"{name}.yaml").write_text(
            f"apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {{name: {name[:3]}}}\n"
            "spec: {publish: true}\n"
        )

    done = runner.run(
        manifests="one.yaml\n  with blank.yaml  \n\ntwo.yaml",
        args="--only [ow]*  \n--verbose",
        region="us-west-2",
    )

    assert 4 == done.code, done.log
    functions = json.loads(Path(done.outputs["report"]).read_text())["functions"]
    assert [("one", "us-west-2"), ("wit", "us-west-2")] == [
        (each["name"], each["region"]) for each in functions
    ]


def test_nothing_in_an_input_is_run(runner: Runner, command: Command, tmp_path: Path) -> None:
    """Neither by the shell nor as a pattern of files."""
    command.declare("app", "{suspend: true}")

    done = runner.run(mode="validate", args=f"$(touch${{IFS}}{tmp_path}/run) `id` * ;")

    assert 64 == done.code
    assert "unexpected extra arguments ($(touch${IFS}" in done.log
    assert " `id` * ;)" in done.log
    assert not (tmp_path / "run").exists()


def test_what_is_no_mode_is_refused(runner: Runner) -> None:
    done = runner.run(mode="destroy")

    assert 64 == done.code
    assert "::error title=reconcile::The input mode is plan, apply or validate" in done.log


def test_validate_needs_no_credentials_and_marks_the_place(
    runner: Runner, command: Command
) -> None:
    """For pull requests of forks; the matcher makes an annotation of each line of an error."""
    command.declare("app", "{bogus: 1}")
    runner.environment = {
        name: value
        for name, value in runner.environment.items()
        if not name.startswith("AWS_") or name == "AWS_REGION"
    }

    done = runner.run(mode="validate")

    assert 3 == done.code
    (pattern,) = json.loads((ROOT / "scripts/action/matcher.json").read_text())["problemMatcher"][
        0
    ]["pattern"]
    found = re.search(pattern["regexp"], done.log, re.MULTILINE)
    assert found is not None
    assert ("manifests/app.yaml", "4", "8") == found.group(1, 2, 3)
    assert done.log.index("::add-matcher::") < found.start()
    assert done.log.index("::remove-matcher owner=reconcile::") > found.end()


def test_modules_of_the_repository_are_not_imported(runner: Runner, command: Command) -> None:
    """A pull request that adds click.py must not run with the credentials of the job."""
    command.declare("app", "{suspend: true}")
    for name in ("click", "json", "reconciler", "yaml"):
        (command.folder / f"{name}.py").write_text("raise SystemExit(77)\n")
    runner.environment["PYTHONPATH"] = str(command.folder)

    assert 0 == runner.run(mode="validate").code


def test_a_comment_that_may_not_be_written_is_a_warning(
    pull_request: Runner, api: Api, tmp_path: Path
) -> None:
    """What the plan found does not depend on it."""
    api.refuses = True

    ended = _comment(pull_request, tmp_path, "### reconcile: Plan: 1 to update.\n")

    assert 0 == ended.returncode
    assert "::warning title=reconcile::The comment could not be written (HTTP status 403)" in (
        ended.stdout
    )
    assert "token" not in ended.stdout


@pytest.mark.parametrize("login", [None, "machine-user"])
def test_only_a_comment_of_its_own_is_replaced(
    pull_request: Runner, api: Api, tmp_path: Path, login: str | None
) -> None:
    """Whoever copies the hidden line into a comment of theirs keeps it; so do other keys."""
    api.login = login
    api.comments += [Comment(number, "octocat", "Looks good.") for number in range(1, 121)]
    _comment(pull_request, tmp_path, "### reconcile: first\n")
    first = api.comments[-1]
    api.comments += [Comment(number, "octocat", first.body) for number in range(122, 151)]
    _comment(pull_request, tmp_path, "### reconcile: other\n", ACTION_KEY="prod")

    _comment(pull_request, tmp_path, "### reconcile: second\n")

    assert 151 == len(api.comments)
    assert "second" in first.body
    assert "other" in api.comments[-1].body
    assert [first] == [each for each in api.comments if "second" in each.body]


def test_two_thousand_changed_functions_fit_into_a_comment(
    pull_request: Runner, api: Api, tmp_path: Path
) -> None:
    """Each with a drift of its own and the longest name: the comment is posted, and says so."""
    differing = [
        result(
            Status.PLANNED,
            f"{index:064}",
            plan=Plan((Change("code", f"{index:043}=", f"{-index:043}="),), (UPDATE,)),
        )
        for index in range(2_000)
    ]
    _comment(pull_request, tmp_path, markdown.render(run(*differing, plan_only=True)))

    (comment,) = api.comments
    assert 60_000 < len(comment.body.encode()) <= 65_536
    assert "Plan: 2000 to update." in comment.body.splitlines()[1]
    shown = comment.body.count("declared at")
    assert f"**Truncated:** {2_000 - shown} functions have no room here." in comment.body


def test_a_report_that_does_not_fit_is_named(
    pull_request: Runner, api: Api, tmp_path: Path
) -> None:
    """GitHub takes 65,536 characters; the report itself leaves room for a line or two."""
    _comment(pull_request, tmp_path, "x" * 65_000 + "\n")
    assert "x" * 65_000 in api.comments[0].body

    _comment(pull_request, tmp_path, "x" * 66_000)
    assert "too long for a comment" in api.comments[0].body


def _comment(
    runner: Runner, folder: Path, report: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    (folder / "event.json").write_text(json.dumps(runner.event))
    (folder / "report.md").write_text(report)
    (python,) = runner.temporary.glob("lambda-reconciler-*/bin/python")
    return subprocess.run(
        [python, "-I", ROOT / "scripts" / "action" / "comment.py"],
        env=runner.environment
        | {
            "ACTION_TOKEN": "a-token",
            "ACTION_EXIT_CODE": "2",
            "ACTION_CHANGED": "true",
            "ACTION_SUMMARY": str(folder / "report.md"),
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
        }
        | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


_WAITING = """#!{python} -I
import os, signal

def leave(number, frame):
    os.write(1, b"reported\\n")
    os._exit(128 + number)

signal.signal(signal.SIGTERM, leave)
os.write(1, b"waiting\\n")
while True:
    signal.pause()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_job_waits_for_the_report(tmp_path: Path, number: signal.Signals) -> None:
    """The command is told once, and its exit code is passed on when it has ended."""
    program = tmp_path / "python"
    program.write_text(_WAITING.format(python=sys.executable))
    program.chmod(0o700)
    step = subprocess.Popen(
        [ROOT / "scripts" / "action" / "reconcile"],
        env={
            "PATH": os.environ["PATH"],
            "ACTION_PYTHON": str(program),
            "ACTION_MODE": "apply",
            "ACTION_MANIFESTS": "manifests/",
            "ACTION_ARGS": "",
            "ACTION_REGION": "",
            "RUNNER_TEMP": str(tmp_path),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # A shell cannot heed what its parent ignores, as background jobs do with SIGINT.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - as said
    )
    assert step.stdout is not None
    try:
        assert "waiting\n" == step.stdout.readline()
        step.send_signal(number)
        rest, _ = step.communicate(timeout=30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(step.pid, signal.SIGKILL)

    assert ("reported\n", 0) == (rest, step.returncode)
    assert "exit-code=143" in (tmp_path / "output").read_text().splitlines()


_PYTHON = """#!/bin/sh
echo "$@" >>"$RUNNER_TEMP/calls"
case "$2 $3" in
  "-c import sys; "*) exit "$TOO_OLD" ;;
  "-c "*) mkdir -p "$RUNNER_TEMP/libraries"; echo "$RUNNER_TEMP/libraries" ;;
  "-m venv") mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
esac
"""


def _install(folder: Path, *, too_old: bool = False) -> subprocess.CompletedProcess[str]:
    (folder / "python3").write_text(_PYTHON)
    (folder / "python3").chmod(0o700)
    return subprocess.run(
        [ROOT / "scripts" / "action" / "install"],
        env={
            "PATH": f"{folder}:/usr/bin:/bin",
            "TOO_OLD": str(int(too_old)),
            "ACTION_PYTHON": "python3",
            "RUNNER_TEMP": str(folder),
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_OUTPUT": str(folder / "output"),
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_installed_is_pinned_by_hash_and_installed_once(tmp_path: Path) -> None:
    """The commit of the action pins every byte that runs; a second use finds it there."""
    assert [0, 0] == [_install(tmp_path).returncode for _ in range(2)]

    calls = (tmp_path / "calls").read_text().splitlines()
    (python,) = {
        line.removeprefix("python=") for line in (tmp_path / "output").read_text().splitlines()
    }
    assert Path(python).is_file()
    assert all(call.startswith("-I ") for call in calls)
    (install,) = [call for call in calls if " pip " in call]
    assert f"--require-hashes --requirement {ROOT}/requirements/runtime.txt" in install
    assert f"{ROOT}\n" == (tmp_path / "libraries" / "lambda_reconciler.pth").read_text()


def test_an_old_python_is_named(tmp_path: Path) -> None:
    ended = _install(tmp_path, too_old=True)

    assert 64 == ended.returncode
    assert "::error title=reconcile::Python 3.11 or newer is needed" in ended.stdout


def _steps() -> list[dict[str, Any]]:
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    found: list[dict[str, Any]] = action["runs"]["steps"]
    return found


def test_inputs_reach_scripts_through_their_environment_alone() -> None:
    """An expression within a script would be run as part of it."""
    assert [] == [step["name"] for step in _steps() if "${{" in step["run"]]
    assert [] == [step["name"] for step in _steps() if "uses" in step]


def test_the_token_is_given_to_the_comment_alone() -> None:
    given = [step["name"] for step in _steps() if "token" in json.dumps(step["env"]).lower()]

    assert ["Comment on the pull request"] == given
