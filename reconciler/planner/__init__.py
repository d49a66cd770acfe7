"""
The planner: what differs between desired and live, and the calls that close it.

Pure: no I/O, no clock, no AWS. ``plan`` expects a live function that has settled;
nothing that is read while an update is in progress can be trusted, because
CodeSha256 shows the new hash from the moment an update is accepted.

``comparison`` derives the facts, ``refusals`` finds what stands in the way, and
``steps`` puts the calls in their order.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import Plan
from reconciler.planner.comparison import Comparison, is_manual
from reconciler.planner.notes import notes
from reconciler.planner.refusals import failed_version, refusal
from reconciler.planner.steps import steps

if TYPE_CHECKING:
    from reconciler.model import DesiredFunction, LiveFunction, UpdateFunctionCode

__all__ = ["needs_relaxing", "plan", "reads_native_code", "sends_new_code"]


def plan(desired: DesiredFunction, live: LiveFunction) -> Plan:
    """Compare, and put the calls in the one order in which each of them is safe."""
    comparison = Comparison(desired, live)
    changes = tuple(comparison.changes())
    refused = refusal(comparison)
    if refused is not None:
        return Plan(changes=changes, refusal=refused)
    return Plan(
        changes=changes,
        steps=tuple(steps(comparison)),
        refusal=failed_version(comparison),
        notes=tuple(notes(comparison)),
    )


def reads_native_code(desired: DesiredFunction, live: LiveFunction) -> bool:
    """
    Whether the plan depends on ``desired.native_code``, which takes time to find out.

    It does not where something else stands in the way: the code may then be out of reach.
    """
    comparison = Comparison(replace(desired, native_code=None), live)
    return comparison.reads_native_code and refusal(comparison) is None


def sends_new_code(desired: DesiredFunction, live: LiveFunction) -> bool:
    """
    Whether what $LATEST is to run is not what it runs.

    Then it is sent and published, whatever was published before: nobody need look.
    """
    comparison = Comparison(desired, live)
    return comparison.updates and (comparison.code_differs or comparison.architecture_differs)


def needs_relaxing(step: UpdateFunctionCode, live: LiveFunction) -> bool:
    """Whether AWS refuses the step until a Manual mode is relaxed."""
    return step.architecture != live.architecture and is_manual(live.runtime_management)
