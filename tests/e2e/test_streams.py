"""Output streams, settings and files as they may be on somebody's machine."""

from __future__ import annotations

import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

DIFFERS = "{code: {directory: code}}"


def test_colour_that_is_asked_for_is_given_in_a_pipe(command: Command, sandbox: Sandbox) -> None:
    """--color always wins over everything, FORCE_COLOR over the pipe."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    assert "\x1b[" in command.run("--plan", "--color", "always").stdout
    assert "\x1b[" in command.run("--plan", FORCE_COLOR="1").stdout
    assert "\x1b[" not in command.run("--plan", "--color", "never", FORCE_COLOR="1").stdout


def redirected(
    command: Command, arguments: str, redirection: str
) -> subprocess.CompletedProcess[str]:
    """Run under a shell that takes a stream away."""
    return subprocess.run(
        ["sh", "-c", f'"$0" -m reconciler {arguments} {redirection}', sys.executable],  # noqa: S607 - any sh
        cwd=command.folder,
        env=command.environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", "<&-"])
@pytest.mark.parametrize("arguments", ["", "--plan", "validate", "schema function"])
def test_a_closed_stream_changes_nothing_else(
    command: Command, sandbox: Sandbox, arguments: str, redirection: str
) -> None:
    """The job is done and the exit code is its own."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    finished = redirected(command, arguments, redirection)

    assert (0, "Traceback" in finished.stderr) == (finished.returncode, False)


def test_a_full_disk_is_told_and_is_1(command: Command, sandbox: Sandbox) -> None:
    """The report could not be written: in words, and not as success."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    finished = redirected(command, "", ">/dev/full")

    assert (1, True) == (finished.returncode, "Error: standard output: " in finished.stderr)


def test_a_reader_that_leaves_early_does_not_make_a_failure(
    command: Command, sandbox: Sandbox
) -> None:
    """``| true`` after an apply that worked."""
    command.declare("app", DIFFERS)
    command.seed(sandbox)

    finished = redirected(command, "", "| true")

    assert (0, "") == (finished.returncode, finished.stdout)
    assert "Traceback" not in finished.stderr


CREDENTIALS = {
    "a config file that is none": "[profile",
    "a process that does not exist": "[default]\ncredential_process = /nowhere/at/all\n",
    "a process that prints no JSON": "[default]\ncredential_process = echo no\n",
    "a token file that is missing": (
        "[default]\nrole_arn = arn:aws:iam::123456789012:role/r\n"
        "web_identity_token_file = /nowhere\n"
    ),
}


@pytest.mark.parametrize("config", CREDENTIALS.values(), ids=CREDENTIALS)
def test_credentials_that_cannot_be_had_are_4_and_in_words(command: Command, config: str) -> None:
    """Said once, before any function is tried."""
    command.declare("app", DIFFERS)
    command.without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    path = command.folder / "config"
    path.write_text(config)

    finished = command.run(AWS_CONFIG_FILE=str(path))

    assert (4, "") == (finished.returncode, finished.stdout)
    assert "Traceback" not in finished.stderr
    assert finished.stderr.startswith("reconcile: ")


def test_broken_manifests_are_told_before_a_broken_profile(command: Command) -> None:
    """3 is the more permanent of the two."""
    command.declare("app", "{architecture: arm}")

    finished = command.run(AWS_PROFILE="nobody")

    assert 3 == finished.returncode
    assert "manifests/app.yaml:4:22: " in finished.stderr


def test_errors_of_manifests_and_of_packages_come_together(command: Command) -> None:
    """A broken field in one document does not hide a broken package in another."""
    command.declare("field", "{architecture: arm}")
    command.declare("package", "{code: {zipFile: package.yaml}}")

    for arguments in (["validate"], ["--plan"]):
        finished = command.run(*arguments)

        assert 3 == finished.returncode
        assert "is not a zip file" in finished.stderr
        assert "not one of x86_64, arm64" in finished.stderr
        assert finished.stderr.endswith("2 errors; nothing was sent to AWS.\n")


@pytest.mark.parametrize("arguments", [["validate"], ["--plan"]], ids=str)
def test_manifests_without_any_function_are_3(command: Command, arguments: list[str]) -> None:
    """An empty file is more likely a mistake than a wish."""
    command.declare("app", DIFFERS).write_text("# nothing yet\n")

    finished = command.run(*arguments)

    assert 3 == finished.returncode
    assert "declare no function" in finished.stderr


def test_a_name_cannot_move_the_cursor(command: Command) -> None:
    """Control characters of a file name are shown, not sent."""
    command.declare("app", '{code: {zipFile: "e\\x1bsc.zip"}}')
    (command.folder / "manifests" / "e\x1bsc.zip").write_text("no zip")

    finished = command.run("--plan")

    assert (3, False) == (finished.returncode, "\x1b" in finished.stderr)


def test_a_port_that_is_taken_is_a_usage_error(command: Command) -> None:
    """One line, and 64."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finished = command.run("sandbox", "--port", str(taken.getsockname()[1]))

    assert (64, True) == (finished.returncode, "cannot be used" in finished.stderr)


def test_a_log_that_cannot_be_written_is_a_usage_error(command: Command, tmp_path: Path) -> None:
    """It is tried at the start, not at the first request."""
    finished = command.run("sandbox", "--log", str(tmp_path / "missing" / "log"))

    assert (64, True) == (finished.returncode, "cannot be used" in finished.stderr)


@pytest.mark.parametrize("settle", ["nan", "inf", "-1", "soon"])
def test_a_settle_that_is_no_time_is_a_usage_error(command: Command, settle: str) -> None:
    """An update that never ends would only confuse."""
    assert 64 == command.run("sandbox", "--settle", settle).returncode


@pytest.mark.parametrize(
    "variable",
    ["AWS_STS_REGIONAL_ENDPOINTS", "AWS_DEFAULTS_MODE", "AWS_REQUEST_CHECKSUM_CALCULATION"],
)
def test_a_broken_setting_does_not_reach_the_embedded_sandbox(
    command: Command, variable: str
) -> None:
    """--sandbox looks at nothing that the machine is set up with."""
    command.declare("app", DIFFERS)

    assert 0 == command.run("--sandbox", "--plan", **{variable: "nonsense"}).returncode
