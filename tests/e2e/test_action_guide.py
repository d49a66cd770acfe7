"""docs/github-actions.md to the letter: its workflows, and what it has people and jobs run."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.e2e.action import ROOT, Api, Runner

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

PAGE = (ROOT / "docs" / "github-actions.md").read_text(encoding="utf-8")
WORKFLOWS = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
FAKE_GH = """#!/bin/sh
[ -z "${GH_TOKEN+given}" ] || echo "with $GH_TOKEN in $GH_REPO" >>"$CALLS"
for word; do echo "$word" >>"$CALLS"; done
echo 4f2c0123456789abcdef0123456789abcdef0123
"""


def _steps(path: Path) -> list[dict[str, Any]]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [step for job in loaded["jobs"].values() for step in job["steps"]]


def _bash(folder: Path, script: str, **environment: str) -> str:
    """Run what stands in the guide, with a gh that writes down what it is asked; give that."""
    (folder / "gh").write_text(FAKE_GH)
    (folder / "gh").chmod(0o700)
    (folder / "script.sh").write_text(script)
    subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "script.sh"],  # noqa: S607 - any bash
        cwd=folder,
        env={"PATH": f"{folder}:/usr/bin:/bin", "CALLS": str(folder / "calls"), **environment},
        timeout=60,
        check=True,
    )
    return (folder / "calls").read_text()


@pytest.mark.parametrize(
    ("name", "code", "exit_code"),
    [("validate", 0, "0"), ("plan", 0, "2"), ("drift", 2, "2"), ("apply", 0, "0")],
)
def test_a_workflow_of_the_guide_does_what_the_guide_says(
    command: Command, sandbox: Sandbox, name: str, code: int, exit_code: str
) -> None:
    """Its own inputs, with one function that differs: the least that anybody begins with."""
    command.declare("app", "{code: {directory: code}}")
    command.seed(sandbox)
    environment = {key: told for key, told in command.environment.items() if key != "PYTHONPATH"}
    (given,) = [
        step["with"]
        for step in _steps(ROOT / f"docs/workflows/{name}.yml")
        if step["uses"].startswith("OWNER/")
    ]
    with Api() as api:
        runner = Runner(command.folder, environment, api.url)
        runner.installed()
        done = runner.run(**{key.replace("-", "_"): told for key, told in given.items()})

    assert (code, exit_code) == (done.code, done.outputs["exit-code"]), done.log


def test_workflows_of_the_guide_run_nothing_but_actions() -> None:
    """What they would run otherwise would need a test here."""
    assert [] == [step["name"] for path in WORKFLOWS for step in _steps(path) if "run" in step]


def test_the_guide_fills_in_what_the_workflows_leave_open(tmp_path: Path) -> None:
    """One line in each of the four; the others stay as they are, and no copy is left."""
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for path in WORKFLOWS:
        (folder / path.name).write_bytes(path.read_bytes())
    (script,) = re.findall(r"```sh\n(action=.*?)```", PAGE, re.DOTALL)

    asked = _bash(tmp_path, script.replace("=OWNER/", "=octo/"))

    assert ["api", "repos/octo/lambda-reconciler/commits/v0.1.0", "--jq", ".sha"] == asked.split()
    assert {path.name for path in WORKFLOWS} == {path.name for path in folder.iterdir()}
    filled = "uses: octo/lambda-reconciler@4f2c0123456789abcdef0123456789abcdef0123 # v0.1.0"
    for path in WORKFLOWS:
        before = path.read_text().splitlines()
        place = next(number for number, line in enumerate(before) if "OWNER" in line)
        expected = [*before[: place - 1], f"        {filled}", *before[place + 1 :]]
        assert expected == (folder / path.name).read_text().splitlines()


def test_the_guides_alarm_opens_an_issue(tmp_path: Path) -> None:
    """With what a step of a job has, and only after a failure."""
    (text,) = re.findall(r"```yaml\n( +- name: Tell.*?)```", PAGE, re.DOTALL)
    (step,) = yaml.safe_load(text)
    given = {"GH_TOKEN": "of-the-job", "GH_REPO": "octo/shop", "RUN": "https://github.example/1"}

    asked = _bash(tmp_path, step["run"], **given)

    assert ("${{ failure() }}", "bash", set(given)) == (step["if"], step["shell"], set(step["env"]))
    assert (
        "with of-the-job in octo/shop\nissue\ncreate\n--title\n"
        "Lambda functions differ from Git\n--body\nhttps://github.example/1\n"
    ) == asked
