"""What ``make lint`` asks the linters of workflows, with linters of the test's own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NEEDED = [
    "awk",
    "cat",
    "cp",
    "dirname",
    "find",
    "grep",
    "mkdir",
    "mktemp",
    "rm",
    "sed",
    "sh",
    "touch",
    "xargs",
]
LINTERS = ("zizmor", "jactionlint", "check-jsonschema", "shellcheck")


def _checked(folder: Path, **linters: str) -> subprocess.CompletedProcess[str]:
    """Run the script with these linters, each of which is a line of shell, and with no other."""
    tools = folder / "tools"
    tools.mkdir()
    for name in NEEDED:
        (tools / name).symlink_to(shutil.which(name) or name)
    for name, line in linters.items():
        path = tools / name.replace("_", "-")
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o700)
    return subprocess.run(
        [ROOT / "scripts" / "check-workflows", tools],
        env={"PATH": str(tools), "TMPDIR": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def _quiet(but: str = "") -> dict[str, str]:
    return {name.replace("-", "_"): ":" for name in LINTERS if name != but}


@pytest.mark.parametrize("name", LINTERS)
def test_one_finding_fails_it(tmp_path: Path, name: str) -> None:
    ended = _checked(tmp_path, **_quiet() | {name.replace("-", "_"): "echo found; exit 1"})

    assert 0 != ended.returncode
    assert ended.stdout.startswith("found\n")


@pytest.mark.parametrize("name", ["zizmor", "jactionlint"])
def test_a_finding_in_what_users_copy_fails_it(tmp_path: Path, name: str) -> None:
    """They have these workflows from us, and nobody else looks at them before."""
    finds = "test ! -e .github/workflows/apply.yml"

    assert 0 != _checked(tmp_path, **_quiet() | {name: finds}).returncode


def test_every_workflow_is_looked_at(tmp_path: Path) -> None:
    """Ours with the action, and those of the page as a user has them, Dependabot's with them."""
    told = "pwd; find .github action.yml -name '*.yml' -size +0 2>&-; grep -h 'name: Tell' -r . ; :"

    ended = _checked(tmp_path, **_quiet() | {"zizmor": told})

    assert 0 == ended.returncode, ended.stderr
    printed = set(ended.stdout.split("\n"))
    ours = {str(path.relative_to(ROOT)) for path in (ROOT / ".github").rglob("*.yml")}
    users = {f".github/workflows/{path.name}" for path in (ROOT / "docs/workflows").iterdir()}
    assert ours | users | {"action.yml", ".github/workflows/drift-told.yml"} <= printed
    assert "      - name: Tell the team" in printed


def test_without_shellcheck_that_is_said(tmp_path: Path) -> None:
    """A check that was not made must not look like one that found nothing."""
    ended = _checked(tmp_path, **_quiet(but="shellcheck"))

    assert (0, "skipped: shellcheck is not installed\n") == (ended.returncode, ended.stdout)


@pytest.mark.parametrize("name", LINTERS[:3])
def test_no_other_linter_is_left_out(tmp_path: Path, name: str) -> None:
    """They come with what developers install."""
    ended = _checked(tmp_path, **_quiet(but=name))

    assert 0 != ended.returncode
    assert f"{name}: " in ended.stderr
