"""What a watch counts and what a run came to, in the form that Prometheus reads."""

from __future__ import annotations

import time
from collections import Counter as Counted
from functools import partial
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families

from reconciler import __version__
from reconciler.model import FailureKind, Status
from reconciler.report.exit_code import ExitCode

if TYPE_CHECKING:
    from reconciler.fleet import Health, Round
    from reconciler.model import RunResult

CONTENT_TYPE: str = prometheus_client.CONTENT_TYPE_LATEST

_PREFIX = "lambda_reconciler"
_FUNCTIONS = ("functions", "Functions by how they stood when they were looked at last.")
_LAST_ROUND = ("last_round_timestamp_seconds", "When the last round ended.")
_LAST_SUCCESS = "last_success_timestamp_seconds"
_INFO = ("info", "The version.")
_SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)

_RESULTS = _OK, _FAILED, _INCOMPLETE = "ok", "failed", "incomplete"
_SUCCESS = (ExitCode.OK, ExitCode.DIFFERENCES)


class Metrics:
    """
    Every name is in docs/metrics.md.

    Counted in the loop's thread when a round has ended, read by any other.
    """

    def __init__(self, health: Health) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs
        self._health = health
        self._registry = registry = CollectorRegistry()
        counter = partial(Counter, namespace=_PREFIX, registry=registry)
        self._rounds = counter("rounds", "Rounds that ended.", ["result"])
        self._retries = counter("retries", "Runs of failing functions beside the rounds.")
        self._updated = counter("updated_functions", "Functions that were changed.")
        self._failures = counter("failures", "Functions that failed.", ["kind"])
        self._calls = counter("aws_calls", "Requests to AWS that were sent.", ["operation"])
        self._seconds = Histogram(
            "round_duration_seconds",
            "How long rounds took.",
            namespace=_PREFIX,
            registry=registry,
            buckets=_SECONDS,
        )
        self._functions = Gauge(*_FUNCTIONS, ["status"], namespace=_PREFIX, registry=registry)
        self._times: dict[str, Gauge] = {}
        for known in _RESULTS:
            self._rounds.labels(known)
        for kind in FailureKind:
            self._failures.labels(kind.value)
        self._gauge("ready", "1 where /readyz answers 200.").set_function(
            lambda: health.not_ready is None
        )
        self._gauge("manifests_in_order", "0 where the last good ones are in force.").set_function(
            lambda: not health.broken
        )
        info = Gauge(*_INFO, ["version"], namespace=_PREFIX, registry=registry)
        info.labels(__version__).set(1)

    def note(self, finished: Round) -> None:
        """Count a round, or a run beside the rounds."""
        for operation, number in finished.result.calls.items():
            self._calls.labels(operation).inc(number)
        for each in finished.result.functions:
            self._updated.inc(each.status is Status.UPDATED)
            if each.status is Status.FAILED and each.failure is not None:
                self._failures.labels(each.failure.kind.value).inc()
        for status in Status:
            self._functions.labels(status.value).set(self._health.statuses.get(status, 0))
        if finished.number is None:
            self._retries.inc()
        else:
            self._note_round(finished)

    def text(self) -> bytes:
        """Write all of it."""
        return prometheus_client.generate_latest(self._registry)

    def _note_round(self, finished: Round) -> None:
        failing = self._health.statuses.get(Status.FAILED, 0)
        known = finished.complete and not self._health.unknown
        well = known and not failing and finished.result.too_many is None
        result = _INCOMPLETE if not known else _OK if well else _FAILED
        self._rounds.labels(result).inc()
        self._seconds.observe(finished.seconds)
        self._note_time(*_LAST_ROUND)
        if well:
            what = "When the last round ended after which no function was failing."
            self._note_time(_LAST_SUCCESS, what)

    def _note_time(self, name: str, text: str) -> None:
        """Before the first there is no such metric: 0 would be the year 1970."""
        if name not in self._times:
            self._times[name] = self._gauge(name, text)
        self._times[name].set(time.time())

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, namespace=_PREFIX, registry=self._registry)


class RunMetrics:
    """
    What one run came to, for the textfile collector of Prometheus' node exporter.

    ``name`` is the label ``run`` of all of them: two files in one folder must not have a
    metric with the same labels. Nothing is counted on from run to run, so all are gauges.
    """

    def __init__(self, name: str) -> None:
        self._registry = CollectorRegistry()
        self._name = name

    def note(self, exit_code: int, seconds: float, last_success: float | None) -> None:
        """Take note of any end; ``last_success`` is that of runs before, since 1970."""
        now = time.time()
        self._set("last_run_timestamp_seconds", "When the last run ended.", now)
        self._set("last_run_duration_seconds", "How long the last run took.", seconds)
        self._set("last_run_exit_code", "What the last run ended with.", exit_code)
        self._set(*_INFO, 1, version=__version__)
        last_success = now if exit_code in _SUCCESS else last_success
        if last_success is not None:
            what = "When the last run ended that succeeded."
            self._set(_LAST_SUCCESS, what, last_success)

    def note_result(self, result: RunResult) -> None:
        """Take note of what there is only when functions were looked at."""
        ended = Counted(each.status for each in result.functions)
        failed = Counted(
            each.failure.kind
            for each in result.functions
            if each.status is Status.FAILED and each.failure is not None
        )
        failed.update(each.failure.kind for each in result.undeclared)
        updated = "Functions that the last run changed."
        self._set("last_run_updated_functions", updated, ended[Status.UPDATED])
        functions = self._gauge(*_FUNCTIONS, "status")
        for status in Status:
            functions.labels(self._name, status.value).set(ended[status])
        failures = self._gauge("last_run_failures", "Functions that failed.", "kind")
        for kind in FailureKind:
            failures.labels(self._name, kind.value).set(failed[kind])
        calls = self._gauge("last_run_aws_calls", "Requests to AWS that were sent.", "operation")
        for operation, number in sorted(result.calls.items()):
            calls.labels(self._name, operation).set(number)

    def text(self) -> bytes:
        """Write all of it."""
        return prometheus_client.generate_latest(self._registry)

    def _set(self, name: str, text: str, value: float, **labels: str) -> None:
        self._gauge(name, text, *labels).labels(self._name, *labels.values()).set(value)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, ["run", *labels], namespace=_PREFIX, registry=self._registry)


def last_success(text: str) -> float | None:
    """Read when a run succeeded last from what an earlier one wrote; None if it cannot be."""
    try:
        samples = [each for one in text_string_to_metric_families(text) for each in one.samples]
    except ValueError:
        return None
    wanted = f"{_PREFIX}_{_LAST_SUCCESS}"
    return next((each.value for each in samples if each.name == wanted), None)
