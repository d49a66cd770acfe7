"""What the reader of a plan should know beside the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.planner.comparison import Comparison


def notes(comparison: Comparison) -> Iterator[str]:
    """Give warnings and explanations, each one sentence."""
    if comparison.pins:
        yield (
            "Manual stops runtime security patches; "
            "AWS means it for a temporary roll-back of the runtime"
        )
    if comparison.pins and comparison.architecture_differs:
        yield (
            "Manual forbids an architecture change: "
            "the function runs unpinned between the change and the new pin"
        )
    if comparison.publishes and comparison.desired.runtime_management is not None:
        yield "the new version's runtime mode is read back and put where it differs"
    broken = comparison.broken
    if broken is not None and not comparison.owns_code:
        yield f"{broken.field} is {broken.old}, and its code is not declared here"
