"""
AWS's request quotas, for an account and region: two token buckets.

GetFunction has 100 requests a second, and all other calls of the control plane share
15 (developer guide: gettingstarted-limits). How large a burst AWS takes beyond that is
not documented; the sandbox is strict, and takes what one second allows.
"""

from __future__ import annotations

import math
import threading
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Callable

GET_FUNCTION = 100
"""GetFunction's own requests a second."""
EVERYTHING_ELSE = 15
"""The requests a second of all other operations together; GetPolicy is not served."""


class Quota(StrEnum):
    """Whose quotas hold."""

    OFF = "off"
    AWS = "aws"


class TokenBucket:
    """A token for each request: ``rate`` come back each second, and no more are kept."""

    def __init__(self, rate: int, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate)
        self._filled = now

    def take(self, now: float) -> float:
        """Take a token and give 0, or give the seconds after which there will be one."""
        elapsed = max(0.0, now - self._filled)  # the clock may have been put in its place just now
        self._tokens = min(self._rate, self._tokens + elapsed * self._rate)
        self._filled = now
        if self._tokens < 1:
            return (1 - self._tokens) / self._rate
        self._tokens -= 1
        return 0.0


class Quotas:
    """
    The buckets of all accounts and regions.

    ``clock`` gives seconds. Whose quota AWS takes a request from that names another
    account's function is unknown; here it is that account's.
    """

    def __init__(self, quota: Quota, clock: Callable[[], float]) -> None:
        self._quota = quota
        self._clock = clock
        self._buckets: dict[tuple[str, str, int], TokenBucket] = {}
        self._lock = threading.Lock()

    def check(self, operation: str, account: str, region: str) -> None:
        """Count a request, or refuse it: a LambdaError with status 429."""
        if self._quota is Quota.OFF:
            return
        rate = GET_FUNCTION if operation == "GetFunction" else EVERYTHING_ELSE
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault((account, region, rate), TokenBucket(rate, now))
            seconds = bucket.take(now)
        if seconds > 0:
            raise errors.rate_exceeded(max(1, math.ceil(seconds)))
