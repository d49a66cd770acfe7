"""What a signal means once the run is over, and nothing but its report is left."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest

from reconciler import fleet
from reconciler.cli.signals import Signals

if TYPE_CHECKING:
    from collections.abc import Iterator

_NEVER = 100_000.0  # seconds of grace that no test lasts
_LIMIT = 30.0  # seconds, for what takes none


@pytest.fixture
def no_watch_left() -> Iterator[None]:
    """Call off what would end the process when the grace is over."""
    yield
    for thread in _timers():
        thread.cancel()
        thread.join()


def _timers() -> list[threading.Timer]:
    threads = threading.enumerate()  # among them those that are about to start
    return [each for each in threads if isinstance(each, threading.Timer) and each.is_alive()]


def _until_heard() -> None:
    """Wait until the grace runs, which begins as soon as a signal is heard."""
    for _ in range(int(_LIMIT * 1000)):
        if _timers():
            return
        threading.Event().wait(0.001)
    raise AssertionError


@pytest.mark.usefixtures("no_watch_left")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("in_loop", [True, False], ids=["before the loop ends", "after it"])
def test_a_first_signal_while_the_report_is_written_changes_nothing(
    number: signal.Signals, *, in_loop: bool
) -> None:
    """The run has its result: it is not stopped, nothing is said, and nothing is raised."""
    listener = Mock()

    async def work(signals: Signals) -> fleet.Stop:
        stop = fleet.Stop()
        signals.begin(stop, listener)
        signals.finish()
        assert _NEVER == signals.seconds_left()
        if in_loop:
            signal.raise_signal(number)
            _until_heard()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return stop

    signals = Signals(_NEVER)
    with signals.heeded():
        stop = asyncio.run(work(signals))
        if not in_loop:
            signal.raise_signal(number)
            _until_heard()

    assert 0 < signals.seconds_left() < _NEVER
    assert (False, None) == (stop.event.is_set(), stop.signal_number)
    assert [] == listener.mock_calls


@pytest.mark.usefixtures("no_watch_left")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_that_does_not_wake_the_main_thread_is_heard(number: signal.Signals) -> None:
    """As one that comes just before it falls asleep; here another thread is interrupted."""

    async def work(signals: Signals) -> int | None:
        stop = fleet.Stop()
        signals.begin(stop, Mock())
        aside = threading.Timer(0, lambda: signal.pthread_kill(threading.get_ident(), number))
        asyncio.get_running_loop().call_later(_LIMIT, stop.event.set)
        aside.start()
        await stop.event.wait()
        return stop.signal_number

    signals = Signals(_NEVER)
    with signals.heeded():
        assert number == asyncio.run(work(signals))
