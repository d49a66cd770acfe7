"""What an editor makes of the schemas."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVER = os.environ.get("YAML_LANGUAGE_SERVER") or shutil.which("yaml-language-server")


def _check(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_editor.py"],
        env={"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(SERVER is None, reason="yaml-language-server is not installed")
def test_an_editor_marks_explains_and_completes() -> None:
    """Through the real yaml-language-server, set up as the page about manifests says."""
    ended = _check(PATH=os.environ["PATH"], YAML_LANGUAGE_SERVER=SERVER or "")

    assert (0, "") == (ended.returncode, ended.stderr)
    assert 22 == len([line for line in ended.stdout.splitlines() if line.startswith("ok  ")])


def test_without_a_server_the_check_says_that_it_is_skipped() -> None:
    """Whoever runs it must not take that for a success."""
    ended = _check(PATH="/nonexistent")

    assert (0, "") == (ended.returncode, ended.stderr)
    assert "skipped: yaml-language-server and node are not installed\n" == ended.stdout
