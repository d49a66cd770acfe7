"""What the reconciler costs beside a script that makes the same calls blindly."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.stage import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.processes import Cost

_THREADS = 32
_UNPACED = ("--quota-share", "none", "--parallelism", str(_THREADS))
_FUNCTIONS = 1000
_APPLIED = 300
_ROUNDS = 5
_ROUNDS_OF_APPLY = 4  # each with a sandbox of its own


def plan() -> Iterator[Figure]:
    """1,000 functions in sync; the better of some rounds each, in turn, of one sandbox."""
    with set_up(_FUNCTIONS, deployed=True) as stage:
        rounds = [
            (stage.reconcile("--plan", *_UNPACED), stage.floor("plan", _THREADS))
            for _ in range(_ROUNDS)
        ]
    yield from _figures("plan without quotas", rounds)


def apply() -> Iterator[Figure]:
    """300 functions with new code and publish; each of both gets functions of its own."""
    rounds, note = [], ""
    for _ in range(_ROUNDS_OF_APPLY):
        (ours, calls), (floor, floor_calls) = (_applied(by_floor=each) for each in (False, True))
        rounds.append((ours, floor))
        note = f"{calls:,} calls, the script {floor_calls:,}"
    yield from _figures("apply without quotas", rounds, note)


def _applied(*, by_floor: bool) -> tuple[Cost, int]:
    with set_up(_APPLIED, more=", publish: true", settle=0.2) as stage:
        cost = stage.floor("apply", _THREADS) if by_floor else stage.reconcile(*_UNPACED)
        return cost, stage.calls.total()


def _figures(what: str, rounds: list[tuple[Cost, Cost]], note: str = "") -> Iterator[Figure]:
    ours, floor = zip(*rounds, strict=True)
    wall, floor_wall = (min(cost.wall for cost in costs) for costs in (ours, floor))
    cpu, floor_cpu = (min(cost.cpu for cost in costs) for costs in (ours, floor))
    yield Figure(f"{what}: wall over a blind script's", wall, floor_wall, 1.5)
    yield Figure(f"{what}: CPU over a blind script's", cpu, floor_cpu, 1.5, note=note)
