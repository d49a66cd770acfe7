"""What a seed makes of the world: how fast it is, what goes wrong in it, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


class Trouble(StrEnum):
    """What can befall one call."""

    THROTTLED = "429"
    THROTTLED_PAUSE = "429 with Retry-After"
    SERVER_ERROR = "5xx without effect"
    SERVER_ERROR_AFTER = "5xx after the effect"
    LOST = "answer lost"
    REFUSED = "connection refused"
    RESET = "connection reset before the effect"
    TIME_OUT = "read time-out without effect"
    TIME_OUT_AFTER = "read time-out after the effect"
    LATE = "effect after the read time-out"
    UNREADABLE = "unreadable answer"
    CONFLICT = "409 update in progress"
    OTHER_CONFLICT = "409 other"
    STORAGE_FULL = "code storage exceeded"
    EXPIRED = "expired token"
    STALE = "stale read"
    FAILS = "update ends Failed"


RARE = (Trouble.STORAGE_FULL, Trouble.EXPIRED)
"""These end a whole run, so that little else would be seen if they came often."""

OF_WRITES = (
    Trouble.CONFLICT,
    Trouble.OTHER_CONFLICT,
    Trouble.STORAGE_FULL,
    Trouble.FAILS,
    Trouble.LATE,
)
OF_LAMBDA = (Trouble.STALE, Trouble.EXPIRED, *OF_WRITES)
STALE_READS = ("GetFunction", "ListVersionsByFunction", "GetRuntimeManagementConfig")


class Act(StrEnum):
    """What a rival does."""

    CONFIGURATION = "rival: configuration"
    CODE = "rival: code"
    MODE = "rival: mode"
    PUBLISH = "rival: publish"
    ARTIFACT = "rival: tag or object"


@dataclass(frozen=True, slots=True)
class Weather:
    """
    The chances of one seed, each between 0 and 1, and its times in seconds.

    ``trouble`` is the chance of one call, ``special`` that of a stale reading and of an update
    that fails, and ``rival`` that of an act beside one call.
    ``stale_for`` is how old a reading can be.
    """

    troubles: tuple[Trouble, ...]
    acts: tuple[Act, ...]
    trouble: float
    special: float
    rival: float
    crash: float
    second: float
    stop: float
    plan_only: float
    latency: float
    settle: float
    stale_for: float
    storm_runs: int

    @classmethod
    def of(cls, chances: random.Random) -> Weather:
        """
        Choose at random which kinds there are at all, so that each is also seen alone.

        One seed in eight is calm from the beginning.
        """
        storm = chances.random() < 7 / 8
        kinds = [kind for kind in Trouble if chances.random() < (0.05 if kind in RARE else 0.5)]
        acts = [act for act in Act if chances.random() < 0.6] if chances.random() < 0.5 else []
        return cls(
            troubles=tuple(kinds) if storm else (),
            acts=tuple(acts) if storm else (),
            trouble=chances.choice((0.02, 0.08, 0.2)),
            special=chances.choice((0.1, 0.3)),
            rival=chances.choice((0.03, 0.1, 0.3)),
            crash=chances.choice((0.0, 0.4, 0.8)) if storm else 0.0,
            second=chances.choice((0.0, 0.5)) if storm else 0.0,
            stop=chances.choice((0.0, 0.2)) if storm else 0.0,
            plan_only=0.1,
            latency=chances.choice((0.02, 0.08, 0.5)),
            settle=chances.choice((0.0, 1.0, 5.0, 40.0)),
            stale_for=chances.choice((0.5, 2.0, 8.0)),
            storm_runs=chances.choice((1, 1, 2, 3)) if storm else 0,
        )


CALM = Weather(
    troubles=(),
    acts=(),
    trouble=0.0,
    special=0.0,
    rival=0.0,
    crash=0.0,
    second=0.0,
    stop=0.0,
    plan_only=0.0,
    latency=0.05,
    settle=2.0,
    stale_for=0.0,
    storm_runs=0,
)
"""Nothing goes wrong and nobody else is about."""
