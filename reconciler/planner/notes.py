"""What the reader of a plan should know beside the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import LATEST_PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.planner.comparison import Comparison

_CUSTOM_RUNTIME = "custom"


def notes(comparison: Comparison) -> Iterator[str]:
    """Give warnings and explanations, each one sentence."""
    yield from _about_code(comparison)
    yield from _about_mode(comparison)
    yield from _about_versions(comparison)


def _about_code(comparison: Comparison) -> Iterator[str]:
    broken = comparison.broken
    if broken is not None and not comparison.owns_code:
        yield f"{broken.field} is {broken.old}, and its code is not declared here"
    if comparison.resends:
        yield "no code is declared: the live package is sent again, for the new architecture"
    if comparison.architecture_differs and not comparison.desired.native_check:
        yield "nativeCheck is off: nobody looks whether the package runs on the new architecture"


def _about_mode(comparison: Comparison) -> Iterator[str]:
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
    if comparison.mode is not None and comparison.live.runtime == _CUSTOM_RUNTIME:
        yield "the runtime is customer-managed: its versions are those of its owner, not of AWS"
    if comparison.publishes and comparison.mode is not None:
        yield "the new version's runtime mode is read back and put where it differs"


def _about_versions(comparison: Comparison) -> Iterator[str]:
    """Say what traffic goes on to run, where it is not what is deployed."""
    live = comparison.live
    moves = comparison.updates or comparison.publishes
    if live.snap_start and comparison.publishes:
        yield "the new version is a SnapStart snapshot, which takes AWS some minutes"
    if live.managed_instances and moves and not comparison.publishes_in_place:
        yield (
            f"unqualified invocations run {LATEST_PUBLISHED} on Lambda Managed Instances; "
            "spec.publish.publishTo: LATEST_PUBLISHED keeps it up to date"
        )
    if live.durable and comparison.updates and comparison.desired.publish is None:
        yield "a durable function is invoked by version or alias: declare spec.publish"
