"""Spans of the installed command, at a receiver of OTLP that decodes them."""

from __future__ import annotations

import importlib.util
import json
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.e2e.command import LIMIT
from tests.e2e.receiver import Receiver, attributes, receiving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

CODE = "{code: {directory: code}}"
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PASSWORD = "hunter2hunter2"  # noqa: S105 - what must not be shown


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def differing(command: Command, sandbox: Sandbox) -> Command:
    """Set up a function whose code differs."""
    command.declare("app", CODE)
    command.seed(sandbox)
    return command


needs_the_extra = pytest.mark.skipif(
    importlib.util.find_spec("opentelemetry") is None, reason="the extra [otel] is not installed"
)


@needs_the_extra
def test_a_run_is_sent_as_it_was(differing: Command, receiver: Receiver) -> None:
    """One trace below the pipeline's span, of our service, with all requests that were counted."""
    ended = differing.run(
        "-f",
        "manifests",
        "-o",
        "json",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_EXPORTER_OTLP_HEADERS="x-team=orders",
        OTEL_RESOURCE_ATTRIBUTES="deployment.environment.name=test",
        TRACEPARENT=PARENT,
    )

    assert 0 == ended.returncode, ended.stderr
    spans = receiver.spans()
    assert {PARENT[3:35]} == {span.trace_id.hex() for span in spans}
    (whole,) = (span for span in spans if span.name == "reconcile")
    assert PARENT[36:52] == whole.parent_span_id.hex()
    requests = Counter(
        of["rpc.method"] for span in spans if "rpc.method" in (of := attributes(span))
    )
    assert json.loads(ended.stdout)["summary"]["calls"] == requests
    assert ("/v1/traces", "orders") == (receiver.requests[0][0], receiver.requests[0][1]["x-team"])
    service = receiver.resources()
    assert "lambda-reconciler" == service["service.name"]
    assert "test" == service["deployment.environment.name"]


@needs_the_extra
def test_the_environment_names_the_service(differing: Command, receiver: Receiver) -> None:
    """OTEL_SERVICE_NAME comes before our own name."""
    differing.run(
        "-f",
        "manifests",
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{receiver.url}/here",
        OTEL_SERVICE_NAME="orders-deploy",
    )
    assert "orders-deploy" == receiver.resources()["service.name"]
    assert "/here" == receiver.requests[0][0]


@needs_the_extra
def test_a_receiver_that_cannot_be_reached_changes_nothing(differing: Command) -> None:
    """One line says so, without the address, its password and a traceback."""
    ended = differing.run(
        "-f",
        "manifests",
        "-v",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://user:{PASSWORD}@127.0.0.1:1",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
        OTEL_EXPORTER_OTLP_HEADERS=f"authorization={PASSWORD},broken {PASSWORD}",
    )

    assert 0 == ended.returncode, ended.stderr
    assert "Applied: 1 updated" in ended.stdout
    assert "reconcile: not all traces could be sent: see the variables OTEL_*" in ended.stderr
    shown = ended.stdout + ended.stderr
    assert PASSWORD not in shown
    assert "@127.0.0.1" not in shown
    assert "Traceback" not in shown


@needs_the_extra
def test_a_receiver_that_refuses_is_told_too(differing: Command, receiver: Receiver) -> None:
    """A wrong token is an answer of 401, and no error of the run."""
    receiver.status = 401
    ended = differing.run("-f", "manifests", OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)
    assert 0 == ended.returncode
    assert "not all traces could be sent" in ended.stderr


@needs_the_extra
def test_a_receiver_that_hangs_does_not_hold_up_the_end(
    differing: Command, receiver: Receiver
) -> None:
    """The command is gone while the receiver has not answered yet."""
    receiver.hangs = True
    ended = differing.run(
        "-f",
        "manifests",
        "--grace",
        "1s",
        "--metrics-file",
        "run.prom",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_EXPORTER_OTLP_TIMEOUT="600",
    )
    assert 0 == ended.returncode
    assert "not all traces could be sent" in ended.stderr
    assert "last_run_exit_code" in (differing.folder / "run.prom").read_text()


@needs_the_extra
def test_a_signal_ends_the_wait_for_a_receiver(differing: Command, receiver: Receiver) -> None:
    """All is done and written by then: the exit code stays that of the run."""
    receiver.hangs = True
    process = differing.start(
        "-f",
        "manifests",
        "--grace",
        "10m",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_EXPORTER_OTLP_TIMEOUT="600",
        OTEL_BSP_SCHEDULE_DELAY="600000",  # nothing is sent before the end
    )
    assert receiver.came.wait(LIMIT)
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=LIMIT)
    assert 0 == process.returncode
    assert "Applied: 1 updated" in output


@needs_the_extra
def test_a_watch_sends_its_rounds_as_they_end(differing: Command, receiver: Receiver) -> None:
    """Not only when it ends; what it finds out beforehand belongs to a span as well."""
    process = differing.start(
        "-f",
        "manifests",
        "--watch",
        "--interval",
        "0.2s",
        OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url,
        OTEL_BSP_SCHEDULE_DELAY="50",
    )
    try:
        while sum(span.name == "reconcile" for span in receiver.spans()) <= 1:
            receiver.came.clear()
            assert receiver.came.wait(LIMIT)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)
    spans = receiver.spans()
    inside = {span.span_id for span in spans if not attributes(span).get("rpc.method")}
    requests = [span for span in spans if attributes(span).get("rpc.method")]
    assert "survey" in {span.name for span in spans}
    assert inside >= {span.parent_span_id for span in requests}


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OTEL_TRACES_EXPORTER", PASSWORD, "OTEL_TRACES_EXPORTER must be otlp or none"),
        (
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "grpc",
            "OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf",
        ),
        pytest.param(
            "OTEL_ATTRIBUTE_COUNT_LIMIT",
            PASSWORD,
            "ValueError, correct the variables OTEL_*",
            marks=needs_the_extra,
        ),
    ],
)
def test_a_setting_that_is_no_good_changes_nothing(
    differing: Command, receiver: Receiver, variable: str, value: str, said: str
) -> None:
    """The run goes on without traces, and says why, without the value."""
    given = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url} | {variable: value}
    ended = differing.run("-f", "manifests", "--plan", **given)
    assert 0 == ended.returncode
    assert f"reconcile: there are no traces: {said}\n" in ended.stderr
    assert PASSWORD not in ended.stderr
    assert [] == receiver.requests


def test_without_the_extra_there_are_no_traces(differing: Command, tmp_path: Path) -> None:
    """A cluster that sets the address for all that runs in it does not break the run."""
    package = tmp_path / "hidden" / "opentelemetry"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(
        "raise ModuleNotFoundError('hidden by a test', name='opentelemetry')\n"
    )
    hidden = f"{package.parent}:{differing.environment['PYTHONPATH']}"
    ended = differing.run(
        "-f",
        "manifests",
        "--plan",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        PYTHONPATH=hidden,
    )
    assert 0 == ended.returncode
    assert "opentelemetry is missing, install this package with its extra [otel]" in ended.stderr


def test_where_nobody_asks_the_library_is_not_even_imported(differing: Command) -> None:
    """Installed, it would cost each run some tenths of a second."""
    ended = differing.run("-f", "manifests", "--plan", PYTHONPROFILEIMPORTTIME="1")
    assert 0 == ended.returncode
    assert "opentelemetry" not in ended.stderr
