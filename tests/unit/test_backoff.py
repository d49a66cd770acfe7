"""The share of a quota after refusals: cut at once, and back along a curve."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.backoff import Backoff

FULL = 0.8
SECONDS = range(60)


def refused(*times: float, full: float = FULL) -> Backoff:
    """Meet a refusal at each of these times, of a call sent just before it."""
    backoff = Backoff(full)
    for time in times:
        backoff.refused(time - 0.01, time, time)
    return backoff


def test_nothing_is_cut_before_a_refusal() -> None:
    """The full share is there from the first moment on, for ever."""
    backoff = Backoff(FULL)

    assert {FULL} == {backoff.share(time) for time in (-1e9, 0.0, 1e9)}


def test_a_refusal_leaves_70_percent() -> None:
    """The cut is as deep as CUBIC's."""
    assert pytest.approx(0.7 * FULL) == refused(0).share(0)


def test_the_share_comes_back_fast_then_slowly() -> None:
    """Most of what was cut is back after half of the time, and the last tenth takes long."""
    backoff = refused(0)
    shares = [backoff.share(time) for time in SECONDS]

    assert all(before <= after for before, after in pairwise(shares))
    assert 0.95 * FULL < backoff.share(7)
    assert backoff.share(12) < FULL == backoff.share(14)


def test_a_share_that_is_refused_lower_becomes_level_lower() -> None:
    """Refused at 80 and then at 56 % of the quota, it lingers below 56, and then probes upward."""
    backoff = Backoff(FULL)
    backoff.refused(0, 1, 5)
    backoff.refused(5, 5, 6)
    lingering = [backoff.share(6 + time) for time in (8, 10, 12)]

    assert pytest.approx(0.7 * 0.56) == backoff.share(6)
    assert pytest.approx([0.85 * 0.56] * 3, abs=0.01) == lingering
    assert FULL == backoff.share(6 + 30)


def test_refusals_of_what_was_under_way_are_one_cut() -> None:
    """Ten calls that were sent before the first refusal came back teach nothing more."""
    backoff = Backoff(FULL)
    for number in range(10):
        backoff.refused(number / 100, 0.1 + number / 100, 0.2)

    assert pytest.approx(0.7 * FULL) == backoff.share(0.2)


def test_it_grows_from_the_end_of_the_silence_on() -> None:
    """While nobody sends, nothing is learnt."""
    backoff = Backoff(FULL)
    backoff.refused(0, 1, 31)

    assert pytest.approx(0.7 * FULL) == backoff.share(31)
    assert FULL == backoff.share(45)


@given(st.lists(st.floats(0, 1000)), st.floats(0.001, 1), st.floats(0, 1000))
def test_there_is_always_something_and_never_too_much(
    times: list[float], full: float, later: float
) -> None:
    """Whatever is refused whenever, a twentieth of the full share is left, and all comes back."""
    end = max(times, default=0)
    backoff = refused(*sorted(times), full=full)

    assert full / 20 <= backoff.share(end + later) <= full
    assert full == backoff.share(end + 60)
