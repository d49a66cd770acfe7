"""SIGINT and SIGTERM as a process gets them: before, during and after the run."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

_MORE_THAN_A_PIPE_HOLDS = 1_000_000
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]


@pytest.fixture
def hanging(command: Command, sandbox: Sandbox) -> Iterator[threading.Event]:
    """Let UpdateFunctionCode be without an answer until the test is over."""
    command.declare("app", "{code: {directory: code}, publish: true}")
    command.declare("other", "{architecture: x86_64}")
    command.seed(sandbox)
    reached, over = threading.Event(), threading.Event()

    def hang() -> None:
        reached.set()
        over.wait(120)

    sandbox.inject(Fault("UpdateFunctionCode", run=hang))
    yield reached
    over.set()


@pytest.mark.parametrize(("number", "expected"), SIGNALS)
def test_a_call_that_hangs_is_left_within_the_grace(
    command: Command, hanging: threading.Event, number: signal.Signals, expected: int
) -> None:
    """Its own time-out is a minute, which nobody waits for; the report is whole."""
    with command.start("--grace", "1s") as process:
        assert hanging.wait(60)
        process.send_signal(number)
        output, errors = process.communicate(timeout=30)

    assert expected == process.returncode
    assert "in flight UpdateFunctionCode: sent, no answer came" in output
    assert "not attempted PublishVersion" in output
    assert f"Interrupted by {number.name}: the next run goes on from there." in output
    assert "Traceback" not in errors


@pytest.mark.parametrize(("number", "expected"), SIGNALS)
def test_a_second_signal_leaves_at_once(
    command: Command, hanging: threading.Event, number: signal.Signals, expected: int
) -> None:
    """Without a report; whoever insists has a reason."""
    with command.start("--grace", "10m") as process:
        assert hanging.wait(60)
        process.send_signal(number)
        assert process.stderr is not None
        while "stopping" not in (line := process.stderr.readline()):
            assert line
        process.send_signal(number)
        output, _ = process.communicate(timeout=30)

    assert (expected, "") == (process.returncode, output)


@pytest.mark.parametrize(("number", "expected"), SIGNALS)
def test_a_signal_before_the_run_ends_the_program(
    command: Command, number: signal.Signals, expected: int
) -> None:
    """While manifests are read, here from a pipe that goes on and on, nothing is sent."""
    with command.start("-f", "-", stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write("#" * _MORE_THAN_A_PIPE_HOLDS)  # so that it is being read by then
        process.send_signal(number)
        process.wait(30)
        assert process.stdout is not None
        assert process.stderr is not None
        output, errors = process.stdout.read(), process.stderr.read()

    assert (expected, "") == (process.returncode, output)
    assert f"reconcile: ended by {number.name} before the run began\n" == errors


@pytest.mark.parametrize("blocked", ["stdout", "stderr"])
def test_a_stream_that_nobody_reads_does_not_hold_up_the_end(
    command: Command, sandbox: Sandbox, blocked: str
) -> None:
    """Neither the log of a run nor its report may outlast the grace."""
    for number in range(4):
        command.declare(f"app-{number}", "{code: {directory: code}}")
    command.seed(sandbox)
    waiting = threading.Event()
    sandbox.control_plane.settle = 1e9
    sandbox.inject(Fault("GetFunction", skip=6, run=waiting.set))
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"x" * 4096)
    os.set_blocking(writer, True)

    with command.start("-v", "--grace", "1s", streams={blocked: writer}) as process:
        try:
            assert waiting.wait(60)
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        finally:
            process.kill()

    assert 143 == process.returncode
    for end in (reader, writer):
        os.close(end)


def test_a_reading_that_was_given_up_does_not_hold_up_the_end(
    command: Command, sandbox: Sandbox
) -> None:
    """Its thread may wait for a minute; the report is all that anybody waits for."""
    command.declare("app", "{code: {directory: code}}")
    command.seed(sandbox)
    over = threading.Event()
    sandbox.inject(Fault("GetFunction", run=lambda: over.wait(120)))

    with command.start("--function-timeout", "1s") as process:
        output, _ = process.communicate(timeout=30)
    over.set()

    assert (1, True) == (process.returncode, "1 s were not enough" in output)


IN_A_CALLBACK = """
import os, sys
from reconciler.__main__ import main

seen = 0

def watch(frame, event, _):
    global seen
    seen += event == "call" and frame.f_code.co_name == "cb"
    if seen == 5:
        sys.setprofile(None)
        os.kill(os.getpid(), NUMBER)

sys.setprofile(watch)
sys.argv[1:] = ["schema", "function"]
main()
"""
"""The signal comes while the import system lets go of a lock, where exceptions are lost."""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_is_not_lost_in_a_callback(number: signal.Signals) -> None:
    """The program ends, and does not go on to write."""
    source = IN_A_CALLBACK.replace("NUMBER", str(int(number)))
    ended = subprocess.run([sys.executable, "-c", source], check=False, capture_output=True)
    assert (128 + number, b"") == (ended.returncode, ended.stdout)
