"""When requests are due: the sums alone, on made-up times."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.pace import ROUNDING, Pace
from tests.unit.pacing import busiest_second

QUOTAS = pytest.mark.parametrize("quota", [100, 15])


def times(pace: Pace, lateness: list[float], number: int) -> list[float]:
    """Send whenever it is due and the next timer fires, so much too late."""
    now, sent = 1000.0, list[float]()
    while len(sent) < number:
        if pace.due() > now + ROUNDING:
            now = pace.due() + lateness[len(sent) % len(lateness)]
        pace.give(now)
        sent.append(now)
    return sent


@QUOTAS
@pytest.mark.parametrize("share", [0.8, 1])
@pytest.mark.parametrize("late", [[0.005], [0.001, 0.003, 0.005], [0.0, 0.0, 0.0, 0.02]])
def test_late_timers_cost_no_turns(quota: int, share: float, late: list[float]) -> None:
    """Turns that a timer misses by some milliseconds are made up for: 97 % and more go out."""
    number = quota * 30
    sent = times(Pace(quota, share), late, number)

    assert quota * share * 0.97 <= (number - 1) / (sent[-1] - sent[0])
    assert quota >= busiest_second(sent)


@QUOTAS
def test_turns_missed_for_long_are_lost(quota: int) -> None:
    """A loop that stood still for ten seconds sends no more at once than after any pause."""
    pace = Pace(quota, 0.8)
    sent = times(pace, [0], quota)
    now = sent[-1] + 10
    at_once = 0
    while pace.due() <= now + ROUNDING:
        pace.give(now)
        at_once += 1

    assert quota // 5 == at_once


@given(
    st.sampled_from([100, 15]),
    st.floats(0.01, 1),
    st.lists(st.floats(0, 0.3), min_size=1, max_size=50),
)
def test_no_second_has_more_than_the_quota(quota: int, share: float, late: list[float]) -> None:
    """Whatever the share and however late the timers fire."""
    assert quota >= busiest_second(times(Pace(quota, share), late, quota * 3))


@given(
    st.sampled_from([100, 15]),
    st.floats(0.01, 1),
    st.lists(st.floats(0, 0.3), min_size=1, max_size=50),
)
def test_the_share_is_kept_in_the_long_run(quota: int, share: float, late: list[float]) -> None:
    """Beyond what goes at once, no more is sent than the time that passed is worth."""
    sent = times(Pace(quota, share), late, quota * 3)
    at_once = max(quota * min(share, 1 - share, 0.2), 1 + quota * share * 0.05)

    for number, when in enumerate(sent, 1):
        assert number <= at_once + (when - sent[0]) * quota * share + 0.001


@pytest.mark.parametrize(("share", "at_once"), [(0.1, 10), (0.5, 20), (0.8, 20), (1, 6)])
def test_so_many_go_at_once(share: float, at_once: int) -> None:
    """What the share leaves of the quota, but no more than a second of a small share."""
    sent = times(Pace(100, share), [0], 100)

    assert at_once == sent.count(sent[0])


def test_a_turn_given_back_is_due_again() -> None:
    """What was not sent costs nothing: the turns after it are as if it had never been."""
    pace, same = Pace(15, 1), Pace(15, 1)
    times(pace, [0], 20)
    times(same, [0], 20)
    due = pace.due()
    pace.give(due)
    pace.take_back(due)

    assert pytest.approx(same.due()) == pace.due()


@pytest.mark.parametrize(
    ("asked", "silence"), [(None, 0.5), (0.0, 0.0), (3.0, 3.0), (60.0, 60.0), (1e9, 60.0)]
)
def test_a_refusal_is_followed_by_silence(asked: float | None, silence: float) -> None:
    """As long as AWS asks for, but not without end; a short one when it does not say."""
    pace = Pace(100, 0.8)
    pace.give(1000)
    pace.refused(1000, 1000.1, asked)

    assert pytest.approx(1000.1 + silence) == max(pace.due(), 1000.1)


def test_the_longest_silence_holds() -> None:
    """A later refusal that asks for less ends no silence."""
    pace = Pace(100, 0.8)
    pace.refused(1000, 1000, 5)
    pace.refused(1000, 1001, 1)

    assert 1005 == pace.due()


def test_turns_are_fewer_after_a_refusal() -> None:
    """They come at 70 % of the share, evenly too."""
    pace = Pace(100, 0.8)
    pace.refused(1000, 1001, 0)
    sent = times(pace, [0], 25)

    intervals = [after - before for before, after in pairwise(sent[15:25])]
    assert pytest.approx([1 / 56] * 9, rel=0.05) == intervals
