"""The comment that the action writes on a pull request, with an API on loopback."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Change, Plan, Status
from reconciler.report import markdown
from tests.e2e.action import ROOT, Api, Comment, Runner
from tests.unit.builders import result, run
from tests.unit.runs import UPDATE

if TYPE_CHECKING:
    from pathlib import Path


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


def test_an_answer_that_breaks_off_is_a_warning(
    pull_request: Runner, api: Api, tmp_path: Path
) -> None:
    """It says nothing of permissions, which are not to blame."""
    api.login = "machine-user"
    api.breaks_off = True

    ended = _comment(pull_request, tmp_path, "### reconcile: Plan: 1 to update.\n")

    assert (0, "") == (ended.returncode, ended.stderr)
    assert (
        "::warning title=reconcile::The comment could not be written (IncompleteRead): "
        "the plan is on the page of the run, and the next run tries again\n"
    ) == ended.stdout


def test_a_comment_of_another_bot_is_left_to_it(
    pull_request: Runner, api: Api, tmp_path: Path
) -> None:
    """A token of another app wrote it before: ours may not change it, and is the newest then."""
    _comment(pull_request, tmp_path, "### reconcile: first\n")
    api.foreign = {1}

    _comment(pull_request, tmp_path, "### reconcile: second\n")
    _comment(pull_request, tmp_path, "### reconcile: third\n")

    assert ["first", "third"] == [each.body.split(": ")[1].split()[0] for each in api.comments]


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
