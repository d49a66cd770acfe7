"""deploy/server: what a server runs by cron or by a systemd timer."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click import Context

from reconciler.cli.commands import reconcile
from reconciler.report.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "deploy" / "server"
LIMIT = 60
GIT = shutil.which("git") or "git"
SYSTEMD_ANALYZE = shutil.which("systemd-analyze")
SHELLCHECK = shutil.which("shellcheck")

NAMED_HERE = {"WORK_FOLDER", "LOCK_SECONDS", "AWS_REGION"}
"""Settings that are no flag's."""

flock = pytest.mark.skipif(shutil.which("flock") is None, reason="flock (util-linux) is missing")


class Server:
    """A user's folder with a checkout, and a stand-in for the command."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{folder}/bin:{os.environ['PATH']}",
            "HOME": str(folder),
            "GIT_CONFIG_NOSYSTEM": "1",
            "LAMBDA_RECONCILER_SETTINGS": str(folder / "settings"),
        }
        (folder / "bin").mkdir()
        self.command("echo ran: $* in $PWD at $GIT_SHA with $RECONCILE_PLAN\n")
        self.settings("RECONCILE_PLAN=1\n")
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(folder / "origin"))
        self.git("clone", "--quiet", str(folder / "origin"), str(folder / "work"))
        self.push("first")
        self.git("clone", "--quiet", str(folder / "origin"), str(folder / "git"))

    def command(self, script: str) -> None:
        """Let ``reconcile`` be this script."""
        path = self.folder / "bin" / "reconcile"
        path.write_text(f"#!/bin/sh\n{script}")
        path.chmod(0o700)

    def settings(self, more: str) -> None:
        """Write the settings file."""
        text = f"WORK_FOLDER={self.folder}\nLOCK_SECONDS=0\n{more}"
        (self.folder / "settings").write_text(text)

    def push(self, message: str, *how: str) -> str:
        """Commit and push, and give the commit."""
        work = str(self.folder / "work")
        names = ("-c", "user.name=a", "-c", "user.email=a@b")
        self.git("-C", work, *names, "commit", "--quiet", "--allow-empty", "-m", message, *how)
        self.git("-C", work, "push", "--quiet", "--force", "origin", "HEAD:main")
        return self.git("-C", work, "rev-parse", "--short", "HEAD").strip()

    def git(self, *arguments: str) -> str:
        """Run git, which has to succeed."""
        done = subprocess.run(
            [GIT, *arguments],
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=LIMIT,
        )
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the script to its end."""
        return subprocess.run(
            [SERVER / "reconcile-from-git", *arguments],
            env=self.environment,
            text=True,
            capture_output=True,
            check=False,
            timeout=LIMIT,
        )


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


@flock
def test_it_runs_the_command_on_what_was_pushed_last(server: Server) -> None:
    """With its arguments, in the checkout, with the commit and the settings."""
    commit = server.push("second")
    done = server.run("--only", "a b")
    assert (0, f"ran: --only a b in {server.folder}/git at {commit} with 1\n") == (
        done.returncode,
        done.stdout,
    )


@flock
@pytest.mark.parametrize("code", [1, 2, 5])
def test_its_exit_code_is_the_commands(server: Server, code: int) -> None:
    """Whatever it is."""
    server.command(f"exit {code}\n")
    assert code == server.run().returncode


@flock
def test_another_command_may_be_named(server: Server) -> None:
    """As an upgrade does, to plan by it first."""
    server.environment["LAMBDA_RECONCILER"] = "/bin/echo"
    assert "--plan\n" == server.run("--plan").stdout


def broken_settings(server: Server) -> None:
    (server.folder / "settings").write_text("A=(")


def no_settings(server: Server) -> None:
    (server.folder / "settings").unlink()


def no_folder(server: Server) -> None:
    server.settings("unset WORK_FOLDER\n")


def no_checkout(server: Server) -> None:
    (server.folder / "git").rename(server.folder / "elsewhere")


def no_command(server: Server) -> None:
    server.environment["LAMBDA_RECONCILER"] = "nowhere"


SET_UP_WRONG = (broken_settings, no_settings, no_folder, no_checkout, no_command)


@flock
@pytest.mark.parametrize("wrong", SET_UP_WRONG)
def test_what_is_set_up_wrong_is_3_and_says_so(
    server: Server, wrong: Callable[[Server], None]
) -> None:
    """And never the shell's own 2, which would mean that something differs."""
    wrong(server)
    done = server.run()
    assert (3, "") == (done.returncode, done.stdout)
    assert done.stderr


@flock
def test_a_repository_that_cannot_be_asked_is_1_and_nothing_is_run(server: Server) -> None:
    """The next run may have more luck."""
    (server.folder / "origin").rename(server.folder / "elsewhere")
    done = server.run()
    assert (1, "") == (done.returncode, done.stdout)
    assert "git pull failed" in done.stderr


@flock
def test_a_rewritten_history_is_not_followed(server: Server) -> None:
    """Somebody has to look at that."""
    server.push("other", "--amend")
    assert (1, "") == (server.run().returncode, server.run().stdout)


@flock
def test_no_two_runs_overlap(server: Server) -> None:
    """The second gives up when its time is over, and runs once the lock is free."""
    server.command('[ "$1" = inner ] || "$SCRIPT" inner\n')
    server.environment["SCRIPT"] = str(SERVER / "reconcile-from-git")
    done = server.run("outer")
    assert (1, True) == (done.returncode, "another run holds" in done.stderr)
    assert 0 == server.run("inner").returncode


def test_each_setting_is_a_flags_variable() -> None:
    """But for those of the script, also where it is commented out."""
    named = set(re.findall(r"^#?([A-Z_]+)=", (SERVER / "settings").read_text(), re.MULTILINE))
    parameters = reconcile.get_params(Context(reconcile))
    known = {f"RECONCILE_{parameter.name}".upper() for parameter in parameters}
    assert named <= known | NAMED_HERE
    assert named >= NAMED_HERE


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # systemd's names have capitals
    parser.read(SERVER / name)
    return parser


def default(name: str) -> float:
    """Give a flag's default in seconds."""
    (option,) = (each for each in reconcile.params if each.name == name)
    return float(option.type.convert(option.default, None, None))


def test_the_service_gives_a_run_its_time() -> None:
    """To wait for the lock, for an update and for a version, and to end by a signal."""
    service = unit("lambda-reconciler.service")["Service"]
    settings = (SERVER / "settings").read_text()
    (waits,) = re.findall(r"^LOCK_SECONDS=(\d+)", settings, re.MULTILINE)
    assert "1h" == service["TimeoutStartSec"]
    assert 3600 > int(waits) + default("function_timeout") + default("version_timeout")
    assert "45s" == service["TimeoutStopSec"]
    assert 45 > default("grace")
    assert str(int(ExitCode.TERMINATED)) == service["SuccessExitStatus"]


def test_the_units_name_each_other() -> None:
    """And the timer starts the service of its own name."""
    wanted = unit("lambda-reconciler.service")["Unit"]["OnFailure"]
    assert (SERVER / wanted).exists()
    assert (SERVER / "lambda-reconciler.timer").exists()


@pytest.mark.skipif(SYSTEMD_ANALYZE is None, reason="systemd-analyze is missing")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    """The script need not be installed for that."""
    for path in (*SERVER.glob("*.service"), *SERVER.glob("*.timer")):
        text = path.read_text().replace("/usr/local/bin/reconcile-from-git", "/bin/true")
        (tmp_path / path.name).write_text(text)
    done = subprocess.run(
        [str(SYSTEMD_ANALYZE), "verify", *sorted(map(str, tmp_path.iterdir()))],
        env={"PATH": os.environ["PATH"], "SYSTEMD_UNIT_PATH": f"{tmp_path}:"},
        text=True,
        capture_output=True,
        check=False,
        timeout=LIMIT,
    )
    assert 0 == done.returncode, done.stderr
    assert str(tmp_path) not in done.stderr


@pytest.mark.skipif(SHELLCHECK is None, reason="shellcheck is missing")
def test_the_script_passes_shellcheck() -> None:
    """With what it sources."""
    done = subprocess.run(
        [str(SHELLCHECK), "--external-sources", "deploy/server/reconcile-from-git"],
        cwd=ROOT,
        text=True,
        capture_output=True,
        check=False,
        timeout=LIMIT,
    )
    assert (0, "") == (done.returncode, done.stdout)


def test_the_line_of_cron_is_one_of_a_system_table() -> None:
    """Five fields of time, a user, a command; the file's name without a dot when installed."""
    (line,) = re.findall(r"^\*.*$", (SERVER / "lambda-reconciler.cron").read_text(), re.MULTILINE)
    assert ["*/15", "*", "*", "*", "*", "lambda-reconciler", "chronic", "reconcile-from-git"] == (
        line.split()
    )
    assert f"{line}\n```" in (ROOT / "docs" / "cron.md").read_text()
