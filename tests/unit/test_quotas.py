"""The sandbox's token buckets, on a clock of numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.sandbox.quotas import TokenBucket


@given(rate=st.integers(1, 100), pauses=st.lists(st.floats(0, 2), max_size=100))
def test_no_stretch_of_time_has_more_than_its_share(rate: int, pauses: list[float]) -> None:
    """In t seconds at most one burst and ``rate`` times t requests pass."""
    now, bucket, passed = 0.0, TokenBucket(rate, 0.0), 0
    for pause in pauses:
        now += pause
        passed += bucket.take(now) == 0
        assert passed <= rate + rate * now + 1e-6


@given(rate=st.integers(1, 100), refused=st.integers(1, 100))
def test_who_waits_as_told_is_served(rate: int, refused: int) -> None:
    """A full bucket serves its rate at once, and then says when it has a token again."""
    bucket = TokenBucket(rate, 0.0)
    waits = [bucket.take(0.0) for _ in range(rate + refused)]
    assert [True] * rate + [False] * refused == [wait == 0 for wait in waits]
    assert 1 / rate == pytest.approx(waits[-1])
    assert 0 == bucket.take(waits[-1] + 1e-9)
