"""README.md and docs/cron.md show what is printed: their examples are run."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

ROOT = Path(__file__).parents[2]
TIME = re.compile(r"\(\d+\.\d s\)")


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def plain(text: str) -> str:
    """Leave out what differs from run to run and from terminal to terminal."""
    return " ".join(TIME.sub("(T)", text).split())


def test_the_readme_shows_its_manifest_and_its_plan(command: Command) -> None:
    """The manifest is the file's own, and the plan is the command's."""
    (declared,) = re.findall(r"```yaml\n(.*?)```", page("README.md"), re.DOTALL)
    file = ROOT / "manifests" / "orders-api.yaml"
    assert declared == "".join(file.read_text().splitlines(keepends=True)[1:])
    assert yaml.safe_load(file.read_text())["metadata"]["name"] == "orders-api"

    shutil.copytree(ROOT / "manifests", command.folder / "manifests")
    (shown,) = re.findall(
        r"```console\n\$ \.venv/bin/reconcile (.*?)\n(.*?)```", page("README.md"), re.DOTALL
    )
    assert shown[1] == command.run(*shlex.split(shown[0])).stdout

    for line in re.findall(
        r"^reconcile ((?:validate|iam-policy).*)", page("README.md"), re.MULTILINE
    ):
        assert 0 == command.run(*shlex.split(line, comments=True)).returncode


def test_the_guide_for_servers_shows_what_is_printed(command: Command, sandbox: Sandbox) -> None:
    """From the first manifest to the first apply: each command with what it prints."""
    text = page("docs/cron.md")
    story = text.partition("## 2. ")[2].partition("## 6. ")[0]
    manifests = command.folder / "manifests"
    code = manifests / "code" / "orders-api"
    code.mkdir(parents=True)
    (code / "app.py").write_text(
        'def handler(event, context):\n    return {"statusCode": 200, "body": "hello"}\n'
    )
    seen: list[str] = []
    for kind, block in re.findall(r"```(yaml|console)\n(.*?)```", story, re.DOTALL):
        if kind == "yaml":
            (manifests / "orders-api.yaml").write_text(block)
            if not seen:
                command.seed(sandbox)
            seen.append(kind)
            continue
        line, _, printed = block.removeprefix("$ reconcile").partition("\n")
        assert plain(printed) == plain(command.run(*shlex.split(line)).stdout)
        seen.append(line.strip())
    assert ["yaml", "validate", "--plan", "yaml", "--plan", ""] == seen
    assert "" == command.run("--plan", "--detailed-exitcode", "-q").stderr


def test_the_targets_of_the_guide_are_two_functions(command: Command) -> None:
    """And one target can be selected as the guide does it."""
    blocks = re.findall(r"```yaml\n(.*?)```", page("docs/cron.md"), re.DOTALL)
    (command.folder / "manifests").mkdir()
    (command.folder / "manifests" / "targets.yaml").write_text(blocks[-1])
    assert "Valid: 2 functions and 2 targets" in command.run("validate").stdout
    assert '"Version"' in command.run("iam-policy", "--target", "staging").stdout
