"""Spans for OpenTelemetry, where the environment asks for them (docs/traces.md)."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import TYPE_CHECKING

from reconciler.cli import streams
from reconciler.cli.signals import heard_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.cli.open_telemetry import Spans
    from reconciler.model import Tracing

_LONGEST = 5.0
"""Seconds that the last spans may take to be sent."""
_SHARE = 0.8
"""Of the grace that is left; the rest is for leaving."""

_PROTOCOL = "http/protobuf"
_ASKING = (
    "OTEL_EXPORTER_OTLP_ENDPOINT",
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_TRACES_EXPORTER",
)


@contextlib.contextmanager
def traced(seconds_left: Callable[[], float]) -> Iterator[Tracing]:
    """
    Give who is to be told of the run; at the end wait until all is sent, but not for long.

    ``seconds_left`` is asked then: when they are over the process ends at once, and with
    another exit code. Whatever keeps spans from being sent is told in a line, and changes
    nothing else.
    """
    from reconciler.model import NotTraced  # noqa: PLC0415 - a command's help does without

    if not wanted(os.environ):
        yield NotTraced()
        return
    with _silence():
        spans = _opened(os.environ)
        try:
            yield spans or NotTraced()
        finally:
            if spans is not None:
                _finish(spans, min(seconds_left() * _SHARE, _LONGEST))


def wanted(environment: Mapping[str, str]) -> bool:
    """
    Whether the standard variables ask for spans; one that is empty counts as unset.

    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
    """
    if _word(environment, "OTEL_SDK_DISABLED") == "true":
        return False
    if _word(environment, "OTEL_TRACES_EXPORTER") == "none":
        return False
    return any(_word(environment, name) for name in _ASKING)


def unsupported(environment: Mapping[str, str]) -> str | None:
    """Say what is asked for that we do not have."""
    if _word(environment, "OTEL_TRACES_EXPORTER") not in ("", "otlp"):
        return "OTEL_TRACES_EXPORTER must be otlp or none"
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if protocol := _word(environment, name):
            return None if protocol == _PROTOCOL else f"{name} must be {_PROTOCOL}"
    return None


def _word(environment: Mapping[str, str], name: str) -> str:
    return environment.get(name, "").strip().lower()


def _opened(environment: Mapping[str, str]) -> Spans | None:
    """Begin to collect; None where that cannot be. The library's words may quote a secret."""
    why = unsupported(environment)
    if why is None:
        try:
            from reconciler.cli import open_telemetry  # noqa: PLC0415 - it takes a moment

            return open_telemetry.opened(environment)
        except ModuleNotFoundError as error:
            why = f"{error.name} is missing, install this package with its extra [otel]"
        except Exception as error:  # noqa: BLE001 - of a setting that the library trips over
            why = f"{type(error).__name__}, correct the variables OTEL_*"
    streams.complain(f"reconcile: there are no traces: {why}")
    return None


def _finish(spans: Spans, seconds: float) -> None:
    """Wait for what is still to be sent; a signal ends the wait, and nothing else."""
    done = threading.Event()

    def close() -> None:
        spans.close()
        done.set()

    with heard_by(lambda _: done.set()):
        threading.Thread(target=close, name="traces", daemon=True).start()
        done.wait(seconds)
    if not spans.sent:
        streams.complain("reconcile: not all traces could be sent: see the variables OTEL_*")


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Let nothing print what the exporter logs: addresses, with passwords, and tracebacks."""
    nothing = logging.NullHandler()
    logging.getLogger().addHandler(nothing)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(nothing)
