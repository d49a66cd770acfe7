"""The signal to stop, and the time that is left after it."""

from __future__ import annotations

import asyncio

_FOR_THE_REPORT = 0.1
"""The share of the grace period that is kept for writing the report."""


class Stop:
    """
    The run's signal to stop, and the number of the signal that gave it.

    ``event`` is set at once: no new step. ``over`` is set when most of ``grace`` seconds
    have passed: no answer is waited for any more.
    """

    def __init__(self, grace: float = 30.0) -> None:
        self._grace = grace
        self.event = asyncio.Event()
        self.over = asyncio.Event()
        self.signal_number: int | None = None

    def request(self, signal_number: int) -> None:
        """Begin no new step from now on; to be called in the loop's thread."""
        self.signal_number = signal_number
        self.event.set()

    async def count_down(self) -> None:
        """Wait for the signal, and then for most of the grace period."""
        await self.event.wait()
        await asyncio.sleep(self._grace * (1 - _FOR_THE_REPORT))
        self.over.set()
