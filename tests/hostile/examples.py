"""How many examples a property is tried with."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_TIMES = int(os.environ.get("FUZZ", "1"))
"""FUZZ=50 pytest tests/hostile looks fifty times as long."""


def examples(number: int) -> settings:
    """Give settings for this many examples, or a multiple of it."""
    return settings(
        max_examples=number * _TIMES,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
