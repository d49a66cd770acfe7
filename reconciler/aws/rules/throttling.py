"""
Answers that say "not now", in every spelling.

Lambda's model has TooManyRequestsException, and its front end says ThrottlingException
(DataDog/datadog-lambda-extension#1355); S3 says SlowDown; botocore's own table of
retryable codes (data/_retry.json) has the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.aws.rules.rule import Rule
from reconciler.model import FailureKind

if TYPE_CHECKING:
    from reconciler.model import Failure

_TOO_FAST = "AWS limits the calls of this account and region: run again later, or run less at once"
_SNAPSHOTS = (
    "AWS is making as many SnapStart snapshots as this account may have at once: run again later"
)


def _throttled(code: str, remedy: str = _TOO_FAST, *texts: str) -> Rule:
    return Rule(code, FailureKind.TEMPORARY, remedy, texts, throttled=True)


def over_the_rate(failure: Failure) -> bool:
    """Whether the calls of a second were too many; as many snapshots at once are another limit."""
    return failure.throttled and failure.remedy != _SNAPSHOTS


THROTTLED = _throttled("*")
"""What any 429 means."""

RULES = (
    _throttled("TooManyRequestsException", _SNAPSHOTS, "ConcurrentSnapshotCreateLimitExceeded"),
    _throttled("TooManyRequestsException"),
    _throttled("TooManyRequestsError"),
    _throttled("TooManyRequests"),
    _throttled("ThrottlingException"),
    _throttled("Throttling"),
    _throttled("ThrottledException"),
    _throttled("RequestThrottled"),
    _throttled("RequestThrottledException"),
    _throttled("RequestLimitExceeded"),
    _throttled("BandwidthLimitExceeded"),
    _throttled("ProvisionedThroughputExceededException"),
    _throttled("SlowDown"),
    _throttled("SlowDownException"),
    _throttled("PriorRequestNotComplete"),
)
