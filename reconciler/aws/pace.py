"""
When the next request of one quota may be sent: plain sums over times, without a clock of its own.

Times are seconds of any clock that only goes forward.
"""

from __future__ import annotations

from collections import deque

from reconciler.aws.backoff import Backoff

ROUNDING = 1e-6
"""Seconds that a clock and a timer may differ by; a turn is due as soon as this."""

_SECOND = 1 + 2 * ROUNDING
_LATENESS = 0.05
"""
Seconds by which turns may be late without being lost.

Timers fire some milliseconds late, more when other threads compute.
"""
_MOST_AT_ONCE = 0.2
"""
Of a second's quota, after a pause: how large a burst AWS takes is not documented, and who leaves
half of the quota to others does not want to take all of it now and then.
"""
_NO_RETRY_AFTER = 0.5
"""Seconds of silence when AWS refuses and asks for none: half a second's quota is back then."""
_LONGEST_SILENCE = 60.0
"""Seconds of it that one answer can impose on all others, whatever it asks for."""


class Pace:
    """
    Turns, evenly at the share of a quota (in requests a second), and a few at once after a pause.

    As many go out at once as the share leaves of the quota, but no more than a second of
    the share is worth. No second has more than the quota, even where late turns are made
    up for.
    """

    def __init__(self, quota: float, share: float) -> None:
        self._quota = quota
        self._backoff = Backoff(share)
        at_once = quota * min(1 - share, share, _MOST_AT_ONCE)
        self._slack = max(_LATENESS, (at_once - 1) / (quota * share))
        self._even = float("-inf")
        self._silent_until = float("-inf")
        self._given: deque[float] = deque(maxlen=max(1, int(quota)))

    def rate(self, now: float) -> float:
        """Give the requests a second that may be sent by now; a refusal has made them fewer."""
        return self._quota * self._backoff.share(now)

    def due(self) -> float:
        """Give the time of the next turn, which may have passed."""
        due = max(self._even, self._silent_until)
        if len(self._given) == self._given.maxlen:
            return max(due, self._given[0] + _SECOND)
        return due

    def give(self, now: float) -> None:
        """Count a request that is sent now; it must be due."""
        self._even = max(self._even, now - self._slack) + self._interval(now)
        self._given.append(now)

    def take_back(self, given: float) -> None:
        """Forget the turn that was given then: its request was never sent."""
        self._even -= self._interval(given)
        self._given.remove(given)

    def refused(self, given: float, now: float, retry_after: float | None) -> None:
        """
        Learn that AWS refused, for its quota, the request whose turn was given then.

        Nothing is due before ``retry_after`` seconds have passed.
        """
        silence = _NO_RETRY_AFTER if retry_after is None else min(retry_after, _LONGEST_SILENCE)
        self._silent_until = max(self._silent_until, now + silence)
        self._backoff.refused(given, now, self._silent_until)

    def _interval(self, now: float) -> float:
        return 1 / self.rate(now)
