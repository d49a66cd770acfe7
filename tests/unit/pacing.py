"""What the tests of the budget have in common."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def busiest_second(sent: Sequence[float]) -> int:
    """Count the requests of the fullest second; each begins with a request."""
    return max(bisect_left(sent, when + 1) - place for place, when in enumerate(sent))
