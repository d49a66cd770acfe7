"""How large a share of a quota is used after a refusal: somebody else uses it too."""

from __future__ import annotations

_CUT = 0.7
"""What is left of the share after a refusal (RFC 9438, section 4.6)."""
_GROWTH = 1e-4
"""Of the quota, per cubic second: a share of 0.8 is full again 13 s after one cut."""
_FLOOR = 0.05
"""Of the full share, and never less: a run goes on, however much others use."""


class Backoff:
    """
    The share of a quota in the manner of CUBIC (RFC 9438), of which this is the idea.

    A refusal cuts the share to 70 %. It comes back along a cubic curve of the time: fast
    at first, slowly where it was refused, for that is probably what others leave, and then
    faster and faster, for they may have gone. A share that is refused before it is back
    where it was has to leave more room: the curve becomes level lower (fast convergence).
    """

    def __init__(self, full: float) -> None:
        self._full = full
        self._level = full  # where the curve is level
        self._seconds_to_level = 0.0
        self._begin = float("-inf")
        self._last_cut = float("-inf")

    def share(self, now: float) -> float:
        """Give the share, over 0 and at most the full one."""
        growing = max(now - self._begin, 0) - self._seconds_to_level
        grown = self._level + _GROWTH * growing**3
        return min(max(grown, self._full * _FLOOR), self._full)

    def refused(self, sent: float, now: float, until: float) -> None:
        """
        Cut the share, which grows again from ``until`` on, when everybody may send again.

        What was ``sent`` before the last cut says nothing about the share since then.
        """
        if sent > self._last_cut:
            share = self.share(now)
            self._level = share if share >= self._level else share * (1 + _CUT) / 2
            lost = max(self._level - share * _CUT, 0)
            self._seconds_to_level = (lost / _GROWTH) ** (1 / 3)
            self._last_cut = now
        self._begin = until
