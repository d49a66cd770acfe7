"""What a watch counts, in the form that Prometheus reads."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from reconciler import __version__
from reconciler.model import Status

if TYPE_CHECKING:
    from reconciler.fleet import Health, Round

CONTENT_TYPE: str = prometheus_client.CONTENT_TYPE_LATEST

_PREFIX = "lambda_reconciler"
_SECONDS = (0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


class Metrics:
    """
    Every name is in docs/watch.md.

    Counted in the loop's thread when a round has ended, read by any other.
    """

    def __init__(self, health: Health) -> None:
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs
        self._health = health
        self._registry = registry = CollectorRegistry()
        self._rounds = Counter(
            "rounds", "Rounds that ended.", ["result"], namespace=_PREFIX, registry=registry
        )
        self._retries = Counter(
            "retries",
            "Runs of failing functions beside the rounds.",
            namespace=_PREFIX,
            registry=registry,
        )
        self._updated = Counter(
            "updated_functions",
            "Functions that were changed.",
            namespace=_PREFIX,
            registry=registry,
        )
        self._failures = Counter(
            "failures",
            "Functions that failed.",
            ["kind"],
            namespace=_PREFIX,
            registry=registry,
        )
        self._calls = Counter(
            "aws_calls",
            "Requests to AWS that were sent.",
            ["operation"],
            namespace=_PREFIX,
            registry=registry,
        )
        self._seconds = Histogram(
            "round_duration_seconds",
            "How long rounds took.",
            namespace=_PREFIX,
            registry=registry,
            buckets=_SECONDS,
        )
        self._functions = Gauge(
            "functions",
            "Functions by how they stood when they were looked at last.",
            ["status"],
            namespace=_PREFIX,
            registry=registry,
        )
        self._last_round = self._gauge("last_round_timestamp_seconds", "When the last round ended.")
        self._last_success: Gauge | None = None
        self._gauge("ready", "1 where /readyz answers 200.").set_function(
            lambda: health.not_ready is None
        )
        self._gauge("manifests_in_order", "0 where the last good ones are in force.").set_function(
            lambda: not health.broken
        )
        info = Gauge("info", "The version.", ["version"], namespace=_PREFIX, registry=registry)
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
        result = "incomplete" if not known else "ok" if well else "failed"
        self._rounds.labels(result).inc()
        self._seconds.observe(finished.seconds)
        self._last_round.set(time.time())
        if well:
            self._note_success()

    def _note_success(self) -> None:
        """Before the first there is no such metric: 0 would be the year 1970."""
        if self._last_success is None:
            self._last_success = self._gauge(
                "last_success_timestamp_seconds",
                "When the last round ended after which no function was failing.",
            )
        self._last_success.set(time.time())

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, namespace=_PREFIX, registry=self._registry)
