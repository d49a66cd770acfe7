"""The GitHub Action: every step's script run by bash, against a sandbox and an API on loopback."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.sandbox import Fault
from tests.e2e.action import ROOT, Api, Comment, Runner

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

ANYTHING = "{code: {directory: code}}"


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


def test_validate_heeds_the_region(runner: Runner, command: Command) -> None:
    """That of manifests which name none: two of them may mean one function by that."""
    command.declare("one", "{functionName: shop, region: us-west-2, suspend: true}")
    command.declare("two", "{functionName: shop, suspend: true}")

    done = {region: runner.run(mode="validate", region=region) for region in ("", "us-west-2")}

    assert {"": 0, "us-west-2": 3} == {region: each.code for region, each in done.items()}
    assert 'the function "shop" is described already' in done["us-west-2"].log


def test_modules_of_the_repository_are_not_imported(runner: Runner, command: Command) -> None:
    """A pull request that adds click.py must not run with the credentials of the job."""
    command.declare("app", "{suspend: true}")
    for name in ("click", "json", "reconciler", "yaml"):
        (command.folder / f"{name}.py").write_text("raise SystemExit(77)\n")
    runner.environment["PYTHONPATH"] = str(command.folder)

    assert 0 == runner.run(mode="validate").code
