"""What all runs of a process share, however many go on side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.artifacts import Room
from reconciler.fleet.places import Places

if TYPE_CHECKING:
    from collections.abc import Callable


class Limits:
    """Places by account and region, and ``room`` for the packages that are being sent."""

    def __init__(self, parallelism: int) -> None:
        self.room = Room()
        self._parallelism = parallelism
        self._places: dict[tuple[str | None, str], Places] = {}

    def places(self, account: str | None, region: str, rate: Callable[[], float]) -> Places:
        """
        Give those of an account and region, whichever credentials lead there.

        ``rate`` gives the GetFunction requests a second that may be sent there at the moment.
        """
        key = (account, region)
        if key not in self._places:
            self._places[key] = Places(self._parallelism, rate)
        return self._places[key]
