"""What the watch serves over HTTP, and what clients cannot do to it."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click
import pytest
from prometheus_client.parser import text_string_to_metric_families

from reconciler import fleet
from reconciler.cli import serving
from reconciler.cli.metrics import Metrics
from reconciler.cli.run_options import Address
from reconciler.cli.serving import Server
from reconciler.model import FailureKind, Status
from tests.unit.builders import failure, result, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import FunctionResult

LOOPBACK = Address("127.0.0.1", 0)
LIMIT = 30


def healthy() -> fleet.Health:
    return fleet.Health(heartbeat=time.monotonic(), rounds=1, looked_at_all=True)


@contextmanager
def serving_of(health: fleet.Health, address: Address = LOOPBACK) -> Iterator[tuple[str, int]]:
    with Server(address, health, Metrics(health)) as server:
        url = urlsplit(server.url)
        assert url.hostname is not None
        assert url.port is not None
        yield url.hostname, url.port


def get(place: tuple[str, int], path: str, method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection(*place, timeout=LIMIT)
    connection.request(method, path)
    answer = connection.getresponse()
    content = answer.status, answer.read().decode()
    connection.close()
    return content


def test_a_loop_that_is_stuck_is_not_alive() -> None:
    """Half a minute without a heartbeat."""
    health = healthy()
    with serving_of(health) as place:
        assert (200, "ok\n") == get(place, "/healthz")
        health.heartbeat -= 40
        status, why = get(place, "/healthz")
    assert 503 == status
    assert why.startswith("no heartbeat for 4")


@pytest.mark.parametrize(
    ("health", "expected"),
    [
        (fleet.Health(), (503, "the first round has not ended\n")),
        (
            fleet.Health(rounds=1),
            (503, "not every function has been looked at yet, or AWS has not answered\n"),
        ),
        (fleet.Health(rounds=1, looked_at_all=True), (200, "ok\n")),
        (
            fleet.Health(looked_at_all=True, broken=("a.yaml:1:1: \x1b[2J", "b.yaml:2:2: no")),
            (
                503,
                "the manifests are broken, the last good ones are in force: a.yaml:1:1: \\x1b[2J\n",
            ),
        ),
    ],
    ids=["begun", "incomplete", "complete", "broken"],
)
def test_readiness_says_what_is_missing(health: fleet.Health, expected: tuple[int, str]) -> None:
    """In words that no terminal obeys."""
    with serving_of(health) as place:
        assert expected == get(place, "/readyz")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("HEAD", "/healthz", 200),
        ("GET", "/healthz?verbose=1", 200),
        ("GET", "/", 404),
        ("GET", "/../../etc/passwd", 404),
        ("POST", "/healthz", 501),
        ("DELETE", "/metrics", 501),
    ],
)
def test_only_its_pages_are_served(method: str, path: str, expected: int) -> None:
    """And they can only be read."""
    with serving_of(healthy()) as place:
        assert expected == get(place, path, method)[0]


def healthz_soon(place: tuple[str, int]) -> int:
    """Ask until a client's thread, whose socket was shut just now, has made room."""
    begun = time.monotonic()
    while True:
        try:
            return get(place, "/healthz")[0]
        except (HTTPException, OSError):
            assert time.monotonic() - begun < LIMIT
            threading.Event().wait(0.01)


def test_many_slow_clients_hold_nobody_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bounded number is waited for, each for a bounded time."""
    monkeypatch.setattr(serving, "_TIMEOUT", 0.2)  # else it takes 5 s
    before = threading.active_count()
    with serving_of(healthy()) as place:
        slow = [socket.create_connection(place, LIMIT) for _ in range(40)]
        for each in slow:
            each.settimeout(LIMIT)
            assert b"" == each.recv(1)  # hung up on: at once, or when its time was over
            each.close()
        assert 200 == healthz_soon(place)
        assert threading.active_count() <= before + 17


def test_clients_that_never_come_to_an_end_hold_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte in time is not enough: the whole request has to be."""
    monkeypatch.setattr(serving, "_TIMEOUT", 0.3)  # else it takes 5 s
    with serving_of(healthy()) as place:
        slow = [socket.create_connection(place, LIMIT) for _ in range(16)]
        begun = time.monotonic()
        dripping = list(slow)
        while dripping and time.monotonic() - begun < LIMIT:
            dripping = [each for each in dripping if drips(each)]
            threading.Event().wait(0.05)  # far less than a client may be silent for
        assert [] == dripping
        assert 200 == healthz_soon(place)
        for each in slow:
            each.close()


def drips(client: socket.socket) -> bool:
    """Send one more byte; False when the server has hung up."""
    try:
        client.sendall(b"G")
    except OSError:
        return False
    return True


def test_a_port_that_is_taken_is_a_usage_error() -> None:
    """Named with the flag."""
    with serving_of(healthy()) as (host, port), pytest.raises(click.UsageError, match="--listen"):
        Server(Address(host, port), healthy(), Metrics(healthy()))


def samples(metrics: Metrics) -> dict[str, float]:
    """Read the exposition as Prometheus does; names with their labels, without the prefix."""
    return {
        sample.name.removeprefix("lambda_reconciler_")
        + "".join(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def a_round(
    *functions: FunctionResult, number: int | None = 1, complete: bool = True, **calls: int
) -> fleet.Round:
    return fleet.Round(
        number, run(*functions, calls=calls), 3, 0, 2.0, news=True, complete=complete
    )


def test_rounds_are_counted() -> None:
    """By how they ended, with the functions and calls of each."""
    health = healthy()
    metrics = Metrics(health)
    health.statuses = {Status.IN_SYNC: 2, Status.FAILED: 1}
    failed = result(Status.FAILED, "a", failure=failure(FailureKind.PERMANENT))
    metrics.note(a_round(result(Status.UPDATED, "b"), failed, GetFunction=3))
    metrics.note(a_round(failed, number=None, GetFunction=1))
    metrics.note(a_round(complete=False, ListFunctions=1))

    found = samples(metrics)
    assert {
        "rounds_totalfailed": 1,
        "rounds_totalincomplete": 1,
        "retries_total": 1,
        "updated_functions_total": 1,
        "failures_totalPermanent": 2,
        "aws_calls_totalGetFunction": 4,
        "aws_calls_totalListFunctions": 1,
        "functionsInSync": 2,
        "functionsFailed": 1,
        "functionsPlanned": 0,
        "round_duration_seconds_count": 2,
        "round_duration_seconds_sum": 4,
        "ready": 1,
        "manifests_in_order": 1,
    }.items() <= found.items()
    assert "last_success_timestamp_seconds" not in found  # 0 would be 1970
    assert abs(found["last_round_timestamp_seconds"] - time.time()) < LIMIT


def test_a_success_is_a_round_after_which_nothing_fails() -> None:
    """What an alert can be made of."""
    health = healthy()
    metrics = Metrics(health)
    health.statuses = {Status.IN_SYNC: 3}
    metrics.note(a_round())
    found = samples(metrics)
    assert 1 == found["rounds_totalok"]
    assert abs(found["last_success_timestamp_seconds"] - time.time()) < LIMIT


def test_a_round_that_knows_too_little_is_no_success() -> None:
    """Functions that earlier rounds are still at may stand in any way."""
    health = healthy()
    metrics = Metrics(health)
    health.statuses, health.unknown = {Status.IN_SYNC: 2}, 1
    metrics.note(a_round())
    found = samples(metrics)
    assert 1 == found["rounds_totalincomplete"]
    assert 0 == found["rounds_totalok"]


def test_broken_manifests_show() -> None:
    """As soon as they are known."""
    health = healthy()
    metrics = Metrics(health)
    health.broken = ("a.yaml:1:1: no",)
    found = samples(metrics)
    assert (0, 0) == (found["ready"], found["manifests_in_order"])
