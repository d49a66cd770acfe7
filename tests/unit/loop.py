"""The reconciler's loop without AWS: observe, plan, perform the first step, until none is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.planner import plan

if TYPE_CHECKING:
    from reconciler.model import DesiredFunction, Step
    from tests.unit.world import World

MOST_CALLS = 6
"""relax, code, put, publish, put of the version, and one more that must not happen."""


def planned(declared: DesiredFunction, world: World) -> tuple[Step, ...]:
    """Plan from what the reconciler would read."""
    return plan(declared, world.seen(declared)).steps


def converge(declared: DesiredFunction, world: World) -> tuple[World, list[Step]]:
    """Give where the loop ends and what it performed; what AWS refuses raises."""
    performed: list[Step] = []
    while (steps := planned(declared, world)) and len(performed) < MOST_CALLS:
        world = world.after(steps[0])
        performed.append(steps[0])
    return world, performed
