"""The calls, in the one order in which AWS accepts each and none does harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import (
    PublishVersion,
    PutRuntimeManagementConfig,
    RuntimeManagement,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import Step
    from reconciler.planner.comparison import Comparison

_RELAXED = RuntimeManagement(UpdateRuntimeOn.FUNCTION_UPDATE)


def steps(comparison: Comparison) -> Iterator[Step]:
    """Bring $LATEST into order, then publish it, then set the version's own mode."""
    desired = comparison.desired
    yield from _latest(comparison)
    if comparison.publishes and desired.publish is not None:
        yield PublishVersion(
            comparison.code, desired.publish.description, comparison.publishes_in_place
        )
    version = comparison.version_with_other_mode
    if version is not None and comparison.mode is not None:
        yield PutRuntimeManagementConfig(comparison.mode, version.version)


def _latest(comparison: Comparison) -> Iterator[Step]:
    """
    Order code, architecture and mode.

    A mode goes on before new code runs, with two exceptions. While $LATEST is Manual
    its architecture cannot change, and a pin's ARN is that of one architecture
    (developer guide, runtime-management-rollback): a new architecture goes first,
    unpinned, and is pinned after. And a function that lost its code may refuse
    anything but code.
    """
    mode = comparison.mode
    put = [PutRuntimeManagementConfig(mode)] if mode and comparison.mode_differs else []
    if mode is None or not _puts_mode_last(comparison):
        yield from put
        yield from _update(comparison)
        return
    if comparison.live_pin_forbids_architecture:
        yield PutRuntimeManagementConfig(_RELAXED)
        put = [PutRuntimeManagementConfig(mode)]
    yield from _update(comparison)
    yield from put


def _puts_mode_last(comparison: Comparison) -> bool:
    pins_new_architecture = comparison.pins and comparison.architecture_differs
    lost = comparison.artifact_lost and not comparison.live_pin_forbids_architecture
    return pins_new_architecture or lost


def _update(comparison: Comparison) -> Iterator[Step]:
    desired, live = comparison.desired, comparison.live
    if comparison.updates:
        yield UpdateFunctionCode(
            comparison.code,
            comparison.architecture,
            source_kms_key_arn=desired.source_kms_key_arn or live.source_kms_key_arn,
            by_reference=live.s3_location is not None,
            live_package=not comparison.owns_code,
        )
