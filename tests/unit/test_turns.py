"""Who gets the next turn, and who leaves without one."""

from __future__ import annotations

import asyncio
import contextlib
import math
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.aws.calls import Caller
from reconciler.aws.pace import Pace
from reconciler.aws.turns import Turns
from tests.unit.virtual_time import BEGINNING, VirtualTimeLoop, elapsed, run


@dataclass(slots=True)
class Line:
    """Calls that wait for the same turns, and when each was sent: one a second."""

    turns: Turns = field(default_factory=lambda: Turns(Pace(1, 1)))
    sent: list[tuple[str, float]] = field(default_factory=list)

    async def call(self, name: str, *, in_flight: bool = False, until: float = math.inf) -> None:
        """Send one call, which nobody wants any more after ``until``."""

        def check() -> None:
            if elapsed() > until:
                raise InterruptedError(name)

        await self.turns.take(Caller(check, lambda: in_flight))
        self.sent.append((name, elapsed()))

    def begin(
        self, name: str, *, in_flight: bool = False, until: float = math.inf
    ) -> asyncio.Task[None]:
        """Let it wait beside others."""
        return asyncio.ensure_future(self.call(name, in_flight=in_flight, until=until))

    @property
    def names(self) -> list[str]:
        """In the order of the turns."""
        return [name for name, _ in self.sent]


def test_what_is_in_flight_comes_first() -> None:
    """What a begun function needs is sent before all that would begin, however long they wait."""

    async def work() -> list[str]:
        line = Line()
        begins = [line.begin(f"begins {number}") for number in range(5)]
        await asyncio.sleep(1.5)
        ends = [line.begin(f"ends {number}", in_flight=True) for number in range(3)]
        await asyncio.gather(*begins, *ends)
        return line.names

    ends = [f"ends {number}" for number in range(3)]
    begins = [f"begins {number}" for number in range(5)]
    assert [*begins[:2], *ends, *begins[2:]] == run(work())


def test_who_begins_waits_no_longer_than_what_is_in_flight() -> None:
    """Functions in flight that make ten calls each, one after the other, delay it by that much."""

    async def function(line: Line, name: str) -> None:
        for _ in range(10):
            await line.call(name, in_flight=True)

    async def work() -> list[tuple[str, float]]:
        line = Line()
        in_flight = [function(line, f"ends {number}") for number in range(3)]
        await asyncio.gather(*in_flight, line.call("begins"))
        return line.sent

    last, when = run(work())[-1]

    assert "begins" == last
    assert pytest.approx(30, abs=0.01) == when


def test_a_call_alone_goes_at_once() -> None:
    """No turn of the loop passes between the call and its turn."""

    async def work() -> float:
        await asyncio.sleep(1)
        return await Turns(Pace(1, 1)).take(Caller(lambda: None))

    assert BEGINNING + 1 == run(work())


def test_a_cancelled_call_takes_no_turn() -> None:
    """Those behind it move up."""

    async def work() -> list[tuple[str, float]]:
        line = Line()
        tasks = [line.begin(str(number)) for number in range(6)]
        await asyncio.sleep(0.05)
        for task in tasks[1:4]:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return line.sent

    sent = run(work())

    assert ["0", "4", "5"] == [name for name, _ in sent]
    assert pytest.approx([0, 1, 2], abs=1e-3) == [when for _, when in sent]


@pytest.mark.parametrize("end", ["cancelled", "stopped"])
def test_a_turn_that_comes_too_late_goes_to_the_next(end: str) -> None:
    """The call ends between its turn and its sending: the next one has it, without delay."""

    async def work() -> list[tuple[str, float]]:
        line, stopped = Line(), asyncio.Event()

        def check() -> None:
            if stopped.is_set():
                raise InterruptedError
            if elapsed() > 0.9:  # asked as the turn is given
                asyncio.get_running_loop().call_soon(ends)

        await line.call("first")
        await asyncio.sleep(0.1)
        late = asyncio.ensure_future(line.turns.take(Caller(check)))
        ends = late.cancel if end == "cancelled" else stopped.set
        last = line.begin("last")
        await asyncio.gather(late, last, return_exceptions=True)
        assert late.cancelled() or isinstance(late.exception(), InterruptedError)
        return line.sent

    ((first, _), (last, when)) = run(work())

    assert ("first", "last") == (first, last)
    assert pytest.approx(1, abs=1e-3) == when


def test_what_is_not_wanted_any_more_leaves_soon() -> None:
    """Within a quarter of a second, from wherever in the line, and it takes no turn."""

    async def work() -> tuple[list[str], list[float]]:
        line, left = Line(), []

        async def call(number: int) -> None:
            try:
                await line.call(str(number), until=3.1 if number % 2 else math.inf)
            except InterruptedError:
                left.append(elapsed())

        await asyncio.gather(*(call(number) for number in range(20)))
        return line.names, left

    names, left = run(work())

    assert ["0", "1", "2", "3", *map(str, range(4, 20, 2))] == names
    assert [True] * 8 == [3.1 < when <= 3.1 + 0.25 for when in left]


def test_what_is_not_wanted_does_not_even_wait() -> None:
    """It is refused where it stands, whoever waits."""

    async def work() -> float:
        line = Line()
        await line.call("first")
        waiting = line.begin("second")
        await asyncio.sleep(0.5)
        with pytest.raises(InterruptedError):
            await line.call("late", until=0.4)
        left = elapsed()
        await waiting
        return left

    assert 0.5 == run(work())


def test_nothing_is_left_behind_for_another_loop() -> None:
    """Whoever is cancelled with its loop leaves no timer on which the next one would wait."""
    line = Line()

    async def work(since: float) -> list[str]:
        await asyncio.sleep(since)
        tasks = [line.begin(str(number)) for number in range(5)]
        await asyncio.sleep(1.5)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return line.names

    assert ["0", "1"] == run(work(0))
    assert ["0", "1", "0", "1"] == run(work(10))


def test_many_who_wait_share_two_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand calls set a timer for each turn and each look, and none of their own."""
    timers = 0
    call_at = VirtualTimeLoop.call_at

    def counting(self: VirtualTimeLoop, *given: object, **rest: object) -> object:
        nonlocal timers
        timers += 1
        return call_at(self, *given, **rest)  # type: ignore[arg-type] # whatever the loop was given

    async def work() -> float:
        line = Line(Turns(Pace(100, 1)))
        await asyncio.gather(*(line.call(str(number)) for number in range(1000)))
        return elapsed()

    monkeypatch.setattr(VirtualTimeLoop, "call_at", counting)
    seconds = run(work())

    assert pytest.approx(10, abs=0.1) == seconds
    assert timers <= 1000 + seconds / 0.25 + 1


@dataclass(frozen=True, slots=True)
class Plan:
    """A call: when it comes, whether of what is in flight, and when nobody wants it any more."""

    comes: float
    in_flight: bool
    leaves: float
    cancelled: bool


PLANS = st.lists(
    st.builds(
        Plan,
        comes=st.integers(0, 80).map(lambda halves: halves / 2),
        in_flight=st.booleans(),
        leaves=st.just(1e9) | st.floats(0.01, 20),
        cancelled=st.booleans(),
    ),
    max_size=60,
)


@settings(max_examples=60)
@given(PLANS)
def test_turns_are_given_in_order_and_none_is_lost(plans: list[Plan]) -> None:
    """Whoever comes and leaves: in flight first, then in line; no turn is lost or given twice."""
    came, sent = run(_lived_through(plans))

    for number, when in sent.items():
        overtaken = [
            other
            for other in came
            if _rank(plans, came, other) < _rank(plans, came, number)
            and plans[other].comes < when - 0.01
            and plans[other].comes + plans[other].leaves > when + 0.01
            and sent.get(other, math.inf) > when
        ]
        assert [] == overtaken
    times = sorted(sent.values())
    assert all(after - before >= 1 for before, after in pairwise(times))
    assert [] == [n for n, plan in enumerate(plans) if plan.leaves > 1e6 and n not in sent]
    assert all(when <= 40 + 1.001 * len(times) for when in times)


def _rank(plans: list[Plan], came: list[int], number: int) -> tuple[bool, int]:
    return not plans[number].in_flight, came.index(number)


async def _lived_through(plans: list[Plan]) -> tuple[list[int], dict[int, float]]:
    """Let all come and leave as planned; give the order of coming, and when each was sent."""
    line, came = Line(), list[int]()

    async def one(number: int, plan: Plan) -> None:
        await asyncio.sleep(plan.comes)
        came.append(number)
        until = math.inf if plan.cancelled else plan.comes + plan.leaves
        call = line.call(str(number), in_flight=plan.in_flight, until=until)
        leaves = plan.leaves if plan.cancelled else None
        with contextlib.suppress(InterruptedError, TimeoutError):
            async with asyncio.timeout(leaves):
                await call

    await asyncio.gather(*(one(*each) for each in enumerate(plans)))
    return came, {int(name): when for name, when in line.sent}
