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


@pytest.fixture
def no_watch_left() -> Iterator[None]:
    """Call off what would end the process when the grace is over."""
    yield
    for thread in threading.enumerate():
        if isinstance(thread, threading.Timer):
            thread.cancel()
            thread.join()


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
        if in_loop:
            signal.raise_signal(number)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return stop

    with Signals(_NEVER) as signals:
        stop = asyncio.run(work(signals))
        if not in_loop:
            signal.raise_signal(number)

    assert (False, None) == (stop.event.is_set(), stop.signal_number)
    assert [] == listener.mock_calls
