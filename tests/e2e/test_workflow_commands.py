"""The command in a job of GitHub, whose runner obeys what it reads in a step's log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Fault
from tests.hostile.commands import EVIL, commands_in

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

S3 = "{s3: {bucket: builds, key: '##[set-output name=a]b'}}"


@pytest.fixture
def hostile(command: Command) -> Path:
    """Declare a function in a folder whose name is a command."""
    folder = command.folder / EVIL.replace("/", "|")
    folder.mkdir()
    path = command.declare("app", f"{{code: {{directory: code}}, publish: {json.dumps(EVIL)}}}")
    (folder / "code").mkdir()
    (folder / "code" / "app.py").touch()
    return path.rename(folder / "app.yaml")


def test_no_error_in_a_manifest_is_a_command(command: Command, hostile: Path) -> None:
    """The paths of a pull request's files begin the lines that say what is wrong with them."""
    ended = command.run("validate", "-f", hostile.parent.name)

    assert 3 == ended.returncode
    assert ended.stderr.startswith("\\x3a:stop-commands::x #\\x23[set-output")
    assert [] == list(commands_in(ended.stdout + ended.stderr))


def test_no_word_of_aws_is_a_command(command: Command, hostile: Path, sandbox: Sandbox) -> None:
    """Neither in the report nor in the log beside it; annotations are in neither."""
    described = f"{{code: {{directory: code}}, publish: {{description: {json.dumps(EVIL)}}}}}"
    hostile.write_text(command.declare("app", described).read_text())
    command.seed(sandbox)
    sandbox.inject(Fault("UpdateFunctionCode", status=400, code=EVIL, message=EVIL, times=9))
    (command.folder / "manifests" / "app.yaml").unlink()

    ended = command.run("-f", ".", "--verbose")

    assert "stop-commands" in ended.stdout, ended.stderr
    assert [] == list(commands_in(ended.stdout + ended.stderr))


def test_no_policy_is_a_command(command: Command) -> None:
    """What an object is called is for others to choose; as JSON it says the same."""
    command.declare("app", f"{{code: {S3}}}")

    ended = command.run("iam-policy", "--account", "123456789012")

    assert 0 == ended.returncode, ended.stderr
    assert [] == list(commands_in(ended.stdout + ended.stderr))
    assert "##[set-output name=a]b" in json.dumps(json.loads(ended.stdout))
