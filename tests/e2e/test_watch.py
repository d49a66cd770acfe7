"""``reconcile --watch`` as a process: what it tells, what it serves, and how it ends."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from reconciler.sandbox import Fault
from tests.e2e.command import LIMIT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

LISTEN = ("--listen", "127.0.0.1:0")
OFTEN = ("--watch", "--interval", "0.2s")
ONCE = ("--watch", "--interval", "1h")
CODE = "{code: {directory: code}}"


@dataclass
class Watched:
    """A process that watches; ``lines`` are what it has said so far."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def until(self, pattern: str) -> re.Match[str]:
        """Read its log up to a line."""
        assert self.process.stderr is not None
        for line in iter(self.process.stderr.readline, ""):
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError(f"{pattern!r} is not in {self.lines}")

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Send a signal, and give the exit code and the reports."""
        self.process.send_signal(number)
        output, errors = self.process.communicate(timeout=LIMIT)
        self.lines += errors.splitlines()
        return self.process.returncode, output


@pytest.fixture
def watch(command: Command) -> Iterator[Callable[..., Watched]]:
    """Begin to watch; a process that a failed test leaves is killed."""
    with contextlib.ExitStack() as stack:

        def begin(*arguments: str) -> Watched:
            process = stack.enter_context(command.start(*arguments))
            stack.callback(process.kill)
            return Watched(process)

        yield begin


@pytest.fixture
def app(command: Command, sandbox: Sandbox) -> Path:
    """Declare a function, which runs other code."""
    path = command.declare("app", CODE)
    command.seed(sandbox)
    return path


def get(url: str, method: str = "GET") -> tuple[int, str]:
    request = urllib.request.Request(url, method=method)  # noqa: S310 - our own URL
    try:
        with urllib.request.urlopen(request, timeout=LIMIT) as answer:  # noqa: S310 - the same
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_between_rounds_ends_the_watch(
    watch: Callable[..., Watched], number: signal.Signals, code: int
) -> None:
    """SIGTERM is how a controller ends, and no failure; nothing was left half-way."""
    watched = watch(*ONCE)
    watched.until(r"^20[0-9T:.-]+\+00:00 round 1: 1 updated; .* calls in")

    ended, output = watched.end(number)

    assert code == ended
    assert 1 == output.count("Applied: 1 updated")
    assert "Traceback" not in "".join(watched.lines)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_change_that_is_left_half_way_shows_in_the_exit_code(
    watch: Callable[..., Watched], sandbox: Sandbox, number: signal.Signals, code: int
) -> None:
    """The report says how far it came."""
    sandbox.inject(Fault("UpdateFunctionCode", settle=1e9))
    watched = watch(*ONCE, "-v", "--grace", "2s")
    watched.until("waiting")

    ended, output = watched.end(number)

    assert code == ended
    assert "in flight UpdateFunctionCode" in output


def test_drift_is_put_right_and_told(
    watch: Callable[..., Watched], command: Command, app: Path
) -> None:
    """A changed package, and then a changed manifest; quiet rounds have one line and no report."""
    watched = watch(*OFTEN, "-o", "json")
    watched.until("round 1: 1 updated")
    watched.until(r"round \d+: 1 unchanged")
    (command.folder / "manifests" / "code" / "app.py").write_text("new = 1\n")
    watched.until(r"round \d+: 1 updated")
    app.write_text(app.read_text().replace(CODE, "{code: {directory: code}, suspend: true}"))
    watched.until(r"round \d+: 1 suspended")

    code, output = watched.end(signal.SIGTERM)

    reports = [json.loads(report) for report in re.split(r"(?<=\n})\n", output) if report]
    assert 0 == code
    assert [1, 1, 0] == [report["summary"]["update"] for report in reports]
    assert [1, 1, 0] == [
        report["summary"]["writes"].get("UpdateFunctionCode", 0) for report in reports
    ]


def test_the_watch_says_how_it_is(watch: Callable[..., Watched], app: Path) -> None:
    """/healthz, /readyz and /metrics, on a port that the log names."""
    watched = watch(*OFTEN, *LISTEN)
    url = watched.until(r"listening on (http://127\.0\.0\.1:\d+)")[1]
    assert (200, "ok\n") == get(f"{url}/healthz")
    watched.until("round 3: 1 unchanged")
    assert (200, "ok\n") == get(f"{url}/readyz")
    assert (200, "") == get(f"{url}/readyz", "HEAD")
    assert 404 == get(f"{url}/secret")[0]
    assert 501 == get(f"{url}/healthz", "POST")[0]
    status, metrics = get(f"{url}/metrics")
    assert 200 == status
    for line in (
        'lambda_reconciler_functions{status="InSync"} 1.0',
        "lambda_reconciler_updated_functions_total 1.0",
        'lambda_reconciler_aws_calls_total{operation="UpdateFunctionCode"} 1.0',
        "lambda_reconciler_ready 1.0",
    ):
        assert line in metrics.splitlines()

    app.write_text("kind: Nonsense\n")
    watched.until("stay in force")
    status, why = get(f"{url}/readyz")
    assert (503, True) == (status, "app.yaml:1:" in why), why
    assert (200, "ok\n") == get(f"{url}/healthz")
    assert 0 == watched.end(signal.SIGTERM)[0]


def test_a_plan_is_watched_too(watch: Callable[..., Watched], sandbox: Sandbox, app: Path) -> None:
    """It shows the drift once, and writes nothing."""
    del app
    watched = watch(*OFTEN, "--plan")
    watched.until("round 3: 1 would change")

    code, output = watched.end(signal.SIGTERM)

    assert 0 == code
    assert 1 == output.count("Plan: ")
    assert {"GetFunction"} == {record.operation for record in sandbox.requests}


def test_manifests_that_are_broken_at_first_end_the_program(command: Command) -> None:
    """There are no last good ones."""
    command.declare("app", "{nonsense: 1}")
    ended = command.run(*OFTEN)
    assert 3 == ended.returncode
    assert "nothing was sent to AWS" in ended.stderr


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("place", ["192.0.2.1:80", "nowhere.invalid:80"])
def test_an_address_that_cannot_be_is_a_usage_error(command: Command, place: str) -> None:
    """Before anything is sent."""
    ended = command.run(*OFTEN, "--listen", place)
    assert 64 == ended.returncode
    assert f"--listen {place} cannot be used" in ended.stderr
