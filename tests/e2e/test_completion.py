"""What shells complete, asked of the shells that are there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.command import Command

_ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_is_printed_and_the_shell_accepts_it(command: Command, shell: str) -> None:
    """A shell that is not on the machine cannot be asked."""
    ended = command.run("completion", shell)

    assert (0, "") == (ended.returncode, ended.stderr)
    assert f"_RECONCILE_COMPLETE={shell}_complete" in ended.stdout
    if (program := shutil.which(shell)) is not None:
        checked = subprocess.run(
            [program, "-n"], input=ended.stdout, capture_output=True, text=True, check=False
        )
        assert (0, "") == (checked.returncode, checked.stderr)


def test_no_program_is_started_for_it(command: Command) -> None:
    """The command starts no other program, not even to ask bash for its version."""
    ended = command.run("completion", "bash", PATH="/nonexistent")

    assert (0, "") == (ended.returncode, ended.stderr)


def test_another_shell_is_a_usage_error(command: Command) -> None:
    ended = command.run("completion", "tcsh")

    assert 64 == ended.returncode
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in ended.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("--det", ["--detailed-exitcode"]),
        ("--log-format ", ["text", "json"]),
        ("--log-format = js", ["json"]),  # as bash splits it
        ("--log-format =", ["text", "json"]),
        ("comp", ["completion"]),
        ("schema re", ["report"]),
        ("validate -f ", []),
    ],
)
def test_bash_offers_flags_values_and_commands(
    command: Command, tmp_path: Path, words: str, offered: list[str]
) -> None:
    """The printed script is read by a real bash, which then completes a line."""
    program = tmp_path / "reconcile"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={_ROOT} exec {sys.executable} -m reconciler "$@"\n')
    program.chmod(0o700)
    line = f"reconcile {words}".split(" ")
    script = command.run("completion", "bash").stdout + (
        f"COMP_WORDS=({' '.join(repr(word) for word in line)})\n"
        f"COMP_CWORD={len(line) - 1}\n"
        '_reconcile_completion reconcile\nprintf "%s\\n" "${COMPREPLY[@]}"\n'
    )

    ended = subprocess.run(
        ["bash", "--norc", "-c", script],  # noqa: S607 - wherever bash is
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )

    assert offered == ended.stdout.split(), ended.stderr


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("-f", "file"),
        ("validate -f", "file"),
        ("--report", "file"),
        ("--out", "file"),
        ("--apply-plan", "file"),
        ("--metrics-file", "file"),
        ("--scenario", "file"),
        ("sandbox --seed", "file"),
        ("--cache-dir", "dir"),
    ],
)
def test_the_shell_completes_names_of_files(command: Command, words: str, kind: str) -> None:
    """Each option for a file or a folder leaves its value to the shell."""
    line = f"reconcile {words} "

    ended = command.run(
        _RECONCILE_COMPLETE="bash_complete",
        COMP_WORDS=line,
        COMP_CWORD=str(len(line.split())),
    )

    assert f"{kind},\n" == ended.stdout, ended.stderr


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_a_value_is_offered_with_its_option_where_both_are_one_word(
    command: Command, shell: str
) -> None:
    """Those two put what is offered in place of the whole word."""
    ended = command.run(
        _RECONCILE_COMPLETE=f"{shell}_complete",
        COMP_WORDS="reconcile --output=js",
        COMP_CWORD="1" if shell == "zsh" else "--output=js",
    )

    assert ["--output=json", "--output=jsonl"] == [
        word.removeprefix("plain,") for word in ended.stdout.split() if "=" in word
    ], ended.stderr


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_offers_flags_values_and_files(command: Command, tmp_path: Path) -> None:
    """As a real fish is asked for what it would show."""
    program = tmp_path / "bin" / "reconcile"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={_ROOT} exec {sys.executable} -m reconciler "$@"\n')
    program.chmod(0o700)
    (tmp_path / "orders.json").touch()
    lines = ("--det", "--log-format ", "--report ord", "--log-format=js")
    asked = "\n".join(f"complete -C 'reconcile {line}'" for line in lines)

    ended = subprocess.run(
        ["fish", "--no-config", "-c", f"{command.run('completion', 'fish').stdout}\n{asked}"],  # noqa: S607 - wherever fish is
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={"PATH": f"{program.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)},
    )

    offered = [line.split("\t")[0] for line in ended.stdout.splitlines()]
    expected = ["--detailed-exitcode", "json", "text", "orders.json", "--log-format=json"]
    assert expected == offered, ended.stderr
