"""What a command imports before it does anything: what it does not need costs every user time."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import Command

if TYPE_CHECKING:
    from pathlib import Path

NOT_OFFLINE = {"boto3", "botocore", "urllib3", "requests", "moto", "flask", "werkzeug", "rich"}
NOT_AT_ONCE = {"asyncio", "jsonschema", "pathspec", "reconciler.model", "tenacity", "yaml"}


def _imported(folder: Path, *arguments: str) -> set[str]:
    command = Command(folder, "http://127.0.0.1:9")
    command.declare("app", "{region: eu-west-1, code: {directory: code}}")
    ended = command.run(*arguments, PYTHONPROFILEIMPORTTIME="1")
    assert 0 == ended.returncode, ended.stderr
    return set(re.findall(r"^import time:.*\|\s+([\w.]+)$", ended.stderr, re.MULTILINE))


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["validate", "--help"]])
def test_what_only_talks_about_itself_imports_nothing_else(
    tmp_path: Path, arguments: list[str]
) -> None:
    """A shell's completion, a script's check of the version."""
    imported = _imported(tmp_path, *arguments)
    assert {"click", "reconciler.cli.commands"} <= imported
    assert set() == imported & (NOT_OFFLINE | NOT_AT_ONCE)


@pytest.mark.parametrize(
    "arguments", [["validate"], ["schema", "function"], ["completion", "bash"]]
)
def test_what_works_offline_imports_nothing_that_goes_online(
    tmp_path: Path, arguments: list[str]
) -> None:
    """An editor runs it at each save."""
    imported = _imported(tmp_path, *arguments)
    assert {"reconciler.schema", "reconciler.cli.completion"} & imported
    assert set() == imported & NOT_OFFLINE


@pytest.mark.parametrize("arguments", [["--sandbox"], ["sandbox"]])
def test_without_the_extra_the_sandbox_says_what_to_install(
    tmp_path: Path, arguments: list[str]
) -> None:
    """Its libraries are no dependency of the command."""
    absent = tmp_path / "absent"
    absent.mkdir()
    (absent / "werkzeug.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'werkzeug'\", name='werkzeug')\n"
    )
    command = Command(tmp_path, "http://127.0.0.1:9")
    command.declare("app", "{region: eu-west-1, publish: true}")

    ended = command.run(*arguments, PYTHONPATH=f"{absent}:{command.environment['PYTHONPATH']}")

    assert (64, "") == (ended.returncode, ended.stdout)
    said = "Error: the sandbox needs werkzeug: install this package with its extra [sandbox]\n"
    assert ended.stderr.endswith(said)
