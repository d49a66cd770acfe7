"""The command with canaries in all that it is given, and with streams of any encoding."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.sandbox import Fault
from tests.e2e.command import Command
from tests.hostile.canaries import EVIL, OURS, WITHOUT_NUL, harm_in

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.sandbox import Sandbox

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\n"

ARGUMENTS = [
    [f"--{WITHOUT_NUL}"],
    [WITHOUT_NUL],
    ["validate", WITHOUT_NUL],
    ["validate", f"--{WITHOUT_NUL}"],
    ["validate", "-f", WITHOUT_NUL],
    ["schema", WITHOUT_NUL],
    ["-f", WITHOUT_NUL],
    ["-f", "manifests", "--only", WITHOUT_NUL],
    ["-f", "manifests", "-l", f"team={WITHOUT_NUL}"],
    ["-l", WITHOUT_NUL],
    ["--color", WITHOUT_NUL],
    ["--output", WITHOUT_NUL],
    ["--report", WITHOUT_NUL],
    ["--report", f"/{WITHOUT_NUL}/a.md"],
    ["--metrics-file", f"/{WITHOUT_NUL}/a.prom"],
    ["--region", WITHOUT_NUL],
    ["--function-timeout", WITHOUT_NUL],
    ["--parallelism", WITHOUT_NUL],
    ["--profile", WITHOUT_NUL],
    ["--endpoint-url", WITHOUT_NUL],
    ["--plan", WITHOUT_NUL],
    ["--sandbox", "--scenario", WITHOUT_NUL],
    ["sandbox", "--log", f"/nowhere/{WITHOUT_NUL}"],
    ["sandbox", "--seed", WITHOUT_NUL],
    ["sandbox", "--port", WITHOUT_NUL],
    ["sandbox", "--quota", WITHOUT_NUL],
]


@pytest.mark.parametrize("arguments", ARGUMENTS, ids=lambda given: " ".join(given)[:20].strip())
def test_no_argument_is_repeated_as_it_came(
    arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever builds a command line from text of others must not get it on the terminal."""
    command = Command(tmp_path, "http://127.0.0.1:9")
    command.declare("app", "{code: {directory: code}}")
    monkeypatch.chdir(command.folder)
    for name, value in command.environment.items():
        monkeypatch.setenv(name, value)
    assert 0 != main(arguments)
    printed = capsys.readouterr()
    assert printed.err
    assert [] == harm_in(printed.out + printed.err)


def _evil_world(command: Command, sandbox: Sandbox) -> None:
    """Put canaries into names, labels, descriptions, paths, and what AWS says."""
    folder = command.folder / "manifests" / WITHOUT_NUL.replace("/", "|")
    code = folder / WITHOUT_NUL.replace("/", "|").replace("\\", "|")
    code.mkdir(parents=True)
    (code / "app.py").write_text("x")
    quoted = json.dumps(WITHOUT_NUL.replace("/", "|").replace("\\", "|"))
    described = json.dumps(EVIL)
    for name in ("refused", "failing", "published"):
        (folder / os.fsdecode(f"{name}-\xff\x9b.yaml".encode("latin-1"))).write_text(
            f"{HEADER}metadata: {{name: {name}, labels: {{{described}: {described}}}}}\n"
            f"spec: {{code: {{directory: {quoted}}}, publish: {{description: {described}}}}}\n"
        )
    command.seed(sandbox)
    sandbox.inject(
        Fault("UpdateFunctionCode", "refused", 99, status=400, code="EvilException", message=EVIL)
    )
    sandbox.inject(
        Fault("UpdateFunctionCode", "failing", 99, fail_update=(f"Evil{EVIL}", f"because {EVIL}"))
    )


def _run(
    command: Command, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        cwd=command.folder,
        env=command.environment | environment,
        capture_output=True,
        timeout=90,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["-v", "--color", "always"],
        ["--log-format", "json", "-v"],
        ["-o", "json"],
        ["-o", "jsonl"],
        ["-o", "markdown"],
        ["-o", "github"],
        ["-o", "junit"],
        ["--plan", "-o", "json", "--server-side"],
    ],
    ids=" ".join,
)
def test_nothing_that_a_run_prints_acts_on_a_terminal(
    command: Command, sandbox: Sandbox, arguments: list[str]
) -> None:
    """Reports and logs say what the canaries are, and let none of them out."""
    _evil_world(command, sandbox)

    finished = _run(command, *arguments)

    printed = (finished.stdout + finished.stderr).decode("utf-8")
    assert "Evil" in printed or "--plan" in arguments
    assert [] == harm_in(OURS.sub("", printed) if "always" in arguments else printed)
    assert "Traceback" not in printed
    if "json" in arguments and "-o" in arguments:
        json.dumps(json.loads(finished.stdout), ensure_ascii=False).encode("utf-8")


def test_nothing_that_validate_prints_acts_on_a_terminal(
    command: Command, sandbox: Sandbox
) -> None:
    """Errors in manifests, in packages, and in the names of both."""
    _evil_world(command, sandbox)
    for path in (command.folder / "manifests").rglob("*.yaml"):
        path.write_text(path.read_text().replace("spec: {", f"spec: {{{json.dumps(EVIL)}: 1, "))

    finished = _run(command, "validate")

    assert 3 == finished.returncode
    assert [] == harm_in((finished.stdout + finished.stderr).decode("utf-8"))
    assert 4 == len(finished.stderr.splitlines())


ENCODINGS = {
    "POSIX without coercion": {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "ASCII": {"LC_ALL": "C", "PYTHONIOENCODING": "ascii:strict"},
    "Latin-1": {"PYTHONIOENCODING": "latin-1"},
    "Japanese": {"PYTHONIOENCODING": "shift_jis:strict"},
}


def _foreign(folder: Path) -> None:
    code = folder / "gr\u00fc\u00dfe-\u65e5\u672c-\U0001f680"
    code.mkdir()
    (code / "\u65e5\u672c.py").write_text("x")


@pytest.mark.parametrize("environment", ENCODINGS.values(), ids=ENCODINGS)
def test_no_encoding_ends_a_run(
    command: Command, sandbox: Sandbox, environment: Mapping[str, str]
) -> None:
    """What standard output cannot say is written out: neither report nor error is lost."""
    path = command.declare("app", '{code: {directory: "gr\u00fc\u00dfe-\u65e5\u672c-\U0001f680"}}')
    _foreign(path.parent)
    command.seed(sandbox)
    said = "\u65e5\u672c \u00fc \U0001f680"
    sandbox.inject(Fault("UpdateFunctionCode", status=400, code="Odd", message=said, times=99))

    finished = _run(command, "-v", **environment)

    assert b"Traceback" not in finished.stdout + finished.stderr
    assert b"Odd" in finished.stdout or b"cannot be read" in finished.stderr
    assert finished.returncode in (3, 4)
