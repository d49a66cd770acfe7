"""The scripts of the action by themselves: what is installed, and what a cancelled job leaves."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.action import ROOT

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


def _install(
    folder: Path, *, too_old: bool = False, system: str = "Linux"
) -> subprocess.CompletedProcess[str]:
    (folder / "python3").write_text(_PYTHON)
    (folder / "python3").chmod(0o700)
    return subprocess.run(
        [ROOT / "scripts" / "action" / "install"],
        env={
            "PATH": f"{folder}:/usr/bin:/bin",
            "TOO_OLD": str(int(too_old)),
            "RUNNER_OS": system,
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


def test_windows_is_refused_with_a_word(tmp_path: Path) -> None:
    """Before something is made that would not be found."""
    ended = _install(tmp_path, system="Windows")

    assert 64 == ended.returncode
    assert "::error title=reconcile::The action runs on Linux and macOS" in ended.stdout
    assert not (tmp_path / "calls").exists()


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
