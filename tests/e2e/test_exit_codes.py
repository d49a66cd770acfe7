"""The exit codes of docs/exit-codes.md, each from a real process."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Fault

if TYPE_CHECKING:
    import subprocess

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

DIFFERS = "{code: {directory: code}}"
IN_SYNC = "{architecture: x86_64}"

FROM_THE_LIVE_STATE = {
    "in sync": (IN_SYNC, [], 0),
    "in sync, planned": (IN_SYNC, ["--plan", "--detailed-exitcode"], 0),
    "differences, planned": (DIFFERS, ["--plan"], 0),
    "differences, planned with detail": (DIFFERS, ["--plan", "--detailed-exitcode"], 2),
    "differences, applied": (DIFFERS, [], 0),
}


@pytest.mark.parametrize("case", FROM_THE_LIVE_STATE.values(), ids=FROM_THE_LIVE_STATE)
def test_differences_are_2_only_where_asked_for(
    command: Command, sandbox: Sandbox, case: tuple[str, list[str], int]
) -> None:
    """0 unless --detailed-exitcode meets a difference."""
    spec, arguments, expected = case
    command.declare("app", spec)
    command.seed(sandbox)

    assert expected == command.run(*arguments).returncode


FROM_FAULTS = {
    "a temporary refusal": (Fault(status=503, times=1000), ["--function-timeout", "0.5s"], 1),
    "no permission": (Fault(status=403, code="AccessDeniedException"), [], 4),
    "expired credentials": (Fault(status=403, code="ExpiredTokenException"), [], 4),
    "a failed update": (
        Fault(operation="UpdateFunctionCode", fail_update=("InvalidRuntime", "too old")),
        [],
        4,
    ),
    "a failed update that may work later": (
        Fault(operation="UpdateFunctionCode", fail_update=("InternalError", "oops")),
        [],
        1,
    ),
}


@pytest.mark.parametrize("case", FROM_FAULTS.values(), ids=FROM_FAULTS)
def test_failures_say_whether_trying_again_helps(
    command: Command, sandbox: Sandbox, case: tuple[Fault, list[str], int]
) -> None:
    """1 is worth another try, 4 is not."""
    fault, arguments, expected = case
    command.declare("app", DIFFERS)
    command.seed(sandbox)
    sandbox.inject(fault)

    assert expected == command.run(*arguments).returncode


def test_a_function_that_does_not_exist_is_4(command: Command) -> None:
    """Nothing that a retry could mend."""
    command.declare("missing", IN_SYNC)

    finished = command.run()

    assert 4 == finished.returncode
    assert "ResourceNotFoundException" in finished.stdout


def test_no_credentials_is_4_and_is_said_once(command: Command) -> None:
    """Without credentials no function is tried at all."""
    command.declare("one", IN_SYNC)
    command.declare("two", IN_SYNC)
    command.without("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    finished = command.run()

    assert (4, "") == (finished.returncode, finished.stdout)
    assert 1 == finished.stderr.count("credentials")


def test_an_unknown_profile_is_4(command: Command) -> None:
    """The profile is named in the message."""
    command.declare("app", IN_SYNC)

    finished = command.run(AWS_PROFILE="nobody")

    assert 4 == finished.returncode
    assert "nobody" in finished.stderr


INVALID = {
    "an unknown field": "{architectur: arm64}",
    "a missing package": "{code: {zipFile: nowhere.zip}}",
    "a package that is no zip": "{code: {zipFile: app.yaml}}",
    "an image that Lambda cannot run": "{code: {imageUri: 1.dkr.ecr.x.amazonaws.com/a:b}}",
}


@pytest.mark.parametrize("spec", INVALID.values(), ids=INVALID)
def test_invalid_input_is_3_and_calls_nobody(command: Command, sandbox: Sandbox, spec: str) -> None:
    """The place is named, and AWS is not asked anything."""
    command.declare("app", spec)

    finished = command.run()

    assert (3, "") == (finished.returncode, finished.stdout)
    assert "manifests/app.yaml:4:" in finished.stderr
    assert () == sandbox.requests


def test_no_region_is_3(command: Command, sandbox: Sandbox) -> None:
    """A function without any region could be anywhere."""
    command.declare("app", IN_SYNC)
    command.without("AWS_REGION")

    finished = command.run()

    assert 3 == finished.returncode
    assert "no region is known" in finished.stderr
    assert () == sandbox.requests


USAGE = {
    "an unknown flag": ["--plann"],
    "a bad time": ["--function-timeout", "soon"],
    "a bad selector": ["-l", "team"],
    "an unknown output": ["-o", "xml"],
    "an unknown command": ["aply"],
    "a selection of nothing": ["--only", "ap"],
    "a label that nothing has": ["-l", "team=nobody"],
    "a sandbox elsewhere": ["--sandbox", "--endpoint-url", "http://127.0.0.1:1"],
    "a scenario of AWS itself": ["--scenario", "scenario.yaml"],
    "a scenario that is a folder": ["--sandbox", "--scenario", "manifests"],
    "a quota that nobody has": ["sandbox", "--quota", "half"],
    "loud and quiet": ["-v", "-q"],
    "a flag before a command that has it too": ["-f", "manifests", "validate"],
    "an unknown schema": ["schema", "policy"],
}


@pytest.mark.parametrize("arguments", USAGE.values(), ids=USAGE)
def test_a_usage_error_is_64(command: Command, sandbox: Sandbox, arguments: list[str]) -> None:
    """A typo must never read as differences, and changes nothing."""
    command.declare("app", DIFFERS)

    finished = command.run(*arguments)

    assert (64, "") == (finished.returncode, finished.stdout)
    assert "Error:" in finished.stderr
    assert () == sandbox.requests


def test_the_most_permanent_wins(command: Command, sandbox: Sandbox) -> None:
    """A temporary failure, a permanent one and a difference: 4."""
    for name in ("denied", "slow"):
        command.declare(name, DIFFERS)
    command.seed(sandbox)
    sandbox.inject(Fault(function="denied", status=403, code="AccessDeniedException"))
    sandbox.inject(Fault(function="slow", status=503, times=1000))

    assert 4 == command.run("--function-timeout", "4s").returncode


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_reports_and_leaves_with_the_signal(
    command: Command, sandbox: Sandbox, number: signal.Signals, expected: int
) -> None:
    """The update is in flight, the report says so, and the next run goes on from there."""
    command.declare("app", "{code: {directory: code}, publish: true}")
    command.seed(sandbox)
    waiting = threading.Event()
    sandbox.control_plane.settle = 1e9
    sandbox.inject(Fault(operation="GetFunction", skip=2, run=waiting.set))

    with command.start() as process:
        assert waiting.wait(60)
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)

    assert expected == process.returncode
    assert "interrupted while waiting for UpdateFunctionCode" in output
    assert "Traceback" not in errors
    assert ["UpdateFunctionCode"] == [
        each.operation
        for each in sandbox.requests
        if not each.operation.startswith(("Get", "List"))
    ]


def test_a_run_killed_between_update_and_publish_is_finished_by_the_next(
    command: Command, sandbox: Sandbox
) -> None:
    """SIGKILL before PublishVersion: the next run publishes once and updates nothing."""
    command.declare("app", "{code: {directory: code}, publish: true}")
    command.seed(sandbox)
    processes: list[subprocess.Popen[str]] = []

    def kill() -> None:
        processes[0].kill()

    sandbox.inject(Fault(operation="PublishVersion", run=kill, close_before=True))
    with command.start() as process:
        processes.append(process)
        process.communicate(timeout=60)
    assert -signal.SIGKILL == process.returncode
    before = len(sandbox.requests)

    assert 0 == command.run().returncode

    writes = [
        each.operation
        for each in sandbox.requests[before:]
        if not each.operation.startswith(("Get", "List"))
    ]
    assert ["PublishVersion"] == writes
    versions = sandbox.control_plane.list_versions_by_function("app", region="eu-west-1")
    assert ["$LATEST", "1"] == [each.version for each in versions]
