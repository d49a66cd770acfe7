"""The workflows, ours and those that users copy: what linters of workflows ask for."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler import __version__

_ROOT = Path(__file__).parents[2]
_FILES = sorted(
    path.relative_to(_ROOT).as_posix()
    for folder in (".github/workflows", "docs/workflows")
    for path in (_ROOT / folder).glob("*.yml")
)
_PAGE = (_ROOT / "docs" / "github-actions.md").read_text(encoding="utf-8")
_PIN = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
_OURS = "$/"
_PLACEHOLDER = f"OWNER/lambda-reconciler@{40 * '0'} # v{__version__}"


def _text(name: str) -> str:
    return (_ROOT / name).read_text(encoding="utf-8")


def _workflow(name: str) -> dict[str, Any]:
    # YAML 1.1 takes the key "on" for a truth.
    loaded: dict[Any, Any] = yaml.safe_load(_text(name))
    return {"on" if key is True else key: value for key, value in loaded.items()}


def _steps(name: str) -> list[dict[str, Any]]:
    return [step for job in _workflow(name)["jobs"].values() for step in job["steps"]]


def _action() -> dict[str, Any]:
    action: dict[str, Any] = yaml.safe_load(_text("action.yml"))
    return action


def test_there_are_workflows() -> None:
    assert 6 == len(_FILES)


@pytest.mark.parametrize("name", _FILES)
def test_every_action_is_pinned_to_a_commit(name: str) -> None:
    """With the version beside it, so that a person and Dependabot can read it."""
    used = re.findall(r"uses: (.*)", _text(name))

    assert [] == [each for each in used if each != _OURS and not _PIN.fullmatch(each)]


@pytest.mark.parametrize("name", _FILES)
def test_a_job_has_what_it_needs_and_no_more(name: str) -> None:
    """No permission by default, each of a job explained, a limit of time, and a name."""
    workflow = _workflow(name)

    assert {} == workflow["permissions"]
    assert {"group", "cancel-in-progress"} == set(workflow["concurrency"])
    for job in workflow["jobs"].values():
        assert {"name", "runs-on", "timeout-minutes", "permissions", "steps"} <= set(job)
    granted = re.findall(r"^ {6}[a-z-]+: (?:read|write)(.*)$", _text(name), re.MULTILINE)
    assert [] == [each for each in granted if not each.startswith(" # ")]
    assert [] == [step for step in _steps(name) if "name" not in step]


@pytest.mark.parametrize("name", _FILES)
def test_nothing_is_pasted_into_a_script(name: str) -> None:
    """An expression within a script would be run as part of it."""
    assert [] == [step["run"] for step in _steps(name) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("name", _FILES)
def test_a_checkout_leaves_no_token_behind(name: str) -> None:
    checkouts = [step for step in _steps(name) if "actions/checkout@" in step.get("uses", "")]

    assert [] == [step for step in checkouts if step["with"]["persist-credentials"] is not False]


@pytest.mark.parametrize("name", _FILES)
def test_our_action_is_used_with_inputs_that_it_has(name: str) -> None:
    given = [
        step.get("with", {})
        for step in _steps(name)
        if step.get("uses", "").startswith((_OURS, "OWNER/"))
    ]

    assert set() == {one for each in given for one in each} - set(_action()["inputs"])


@pytest.mark.parametrize("name", [name for name in _FILES if name.startswith("docs/")])
def test_what_a_user_has_to_put_in_is_said_in_the_line_above(name: str) -> None:
    """It names nothing that could be found, so that GitHub ends the job before its first step."""
    lines = [line.strip() for line in _text(name).splitlines()]

    (place,) = [number for number, line in enumerate(lines) if "OWNER" in line]
    assert f"uses: {_PLACEHOLDER}" == lines[place]
    assert lines[place - 1].startswith("# PUT IN: the action's owner and the commit")


def test_only_an_environment_may_write() -> None:
    """The role that applies is asked for in one workflow, whose job is bound to one."""
    asking = [name for name in _FILES if "RECONCILE_APPLY_ROLE" in _text(name)]

    assert ["docs/workflows/apply.yml"] == asking
    assert "production" == _workflow(asking[0])["jobs"]["apply"]["environment"]
    assert False is _workflow(asking[0])["concurrency"]["cancel-in-progress"]


def test_an_apply_takes_what_main_says_now() -> None:
    """A run that waited for its reviewer, or is run again, would put back what it was made for."""
    checkout = _steps("docs/workflows/apply.yml")[0]

    assert "${{ github.ref }}" == checkout["with"]["ref"]
    assert {"branches": ["main"], "paths": ["manifests/**", "src/**"]} == (
        _workflow("docs/workflows/apply.yml")["on"]["push"]
    )


def test_no_workflow_gives_strangers_rights() -> None:
    """``pull_request_target`` and ``workflow_run`` run with the rights of the repository."""
    events = {event for name in _FILES for event in _workflow(name)["on"]}

    assert {"pull_request", "push", "schedule", "workflow_dispatch"} == events


@pytest.mark.parametrize("kind", ["inputs", "outputs"])
def test_the_page_tells_of_each_input_and_output(kind: str) -> None:
    table = _PAGE.split(f"| {kind[:-1]} |")[1].split("\n\n")[0]

    assert list(_action()[kind]) == re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)


def test_the_page_tells_the_defaults_of_inputs() -> None:
    table = _PAGE.split("| input |")[1].split("\n\n")[0]
    told = dict(re.findall(r"^\| `([a-z-]+)` \| `?([^|`]*?)`? ?\|", table, re.MULTILINE))
    defaults = {name: each["default"] for name, each in _action()["inputs"].items()}

    assert defaults | {"github-token": "the job's"} == told


def test_the_trust_policies_of_the_page_name_exact_subjects() -> None:
    """No wildcard, the audience checked, immutable ids, and one environment that may apply."""
    policies = [json.loads(found) for found in re.findall(r"```json\n(.*?)```", _PAGE, re.DOTALL)]
    issuer = "token.actions.githubusercontent.com"
    trusts = [
        statement["Condition"]["StringEquals"]
        for policy in policies
        for statement in policy["Statement"]
        if statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    ]
    plan, apply = [trust[f"{issuer}:sub"] for trust in trusts]

    assert ["sts.amazonaws.com"] * 2 == [trust[f"{issuer}:aud"] for trust in trusts]
    repository = "repo:octo@1001/shop@2002"
    assert [f"{repository}:pull_request", f"{repository}:ref:refs/heads/main"] == plan
    assert f"{repository}:environment:production" == apply


def test_the_plan_role_of_the_page_only_reads() -> None:
    (actions,) = re.findall(r'"Action": \[(.*?)\]', _PAGE, re.DOTALL)

    verbs = {re.split("(?=[A-Z])", each)[1] for each in re.findall(r'"lambda:(\w+)"', actions)}
    assert {"Get", "List"} == verbs


def test_every_link_of_the_page_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", _PAGE)

    assert [] == [link for link in links if not (_ROOT / "docs" / link).is_file()]


def test_the_other_pages_sections_are_there() -> None:
    """Those that this page leads to."""
    for page, section in re.findall(r"\]\(([\w-]+\.md)#([\w-]+)\)", _PAGE):
        headings = re.findall(r"^#+ (.*)$", _text(f"docs/{page}"), re.MULTILINE)
        assert section in {
            re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings
        }


def test_the_pages_steps_are_numbered_in_order() -> None:
    numbers = [int(each) for each in re.findall(r"^## (\d)\. ", _PAGE, re.MULTILINE)]

    assert all(after == before + 1 for before, after in pairwise(numbers))
