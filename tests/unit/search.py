"""Every legal way through the model of AWS, to hold the planner's own against."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.model import (
    PublishVersion,
    PutRuntimeManagementConfig,
    RuntimeManagement,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)
from tests.unit.builders import ARM, AUTO, FUNCTION_UPDATE, X86
from tests.unit.world import RefusedError, carries, content, is_well

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import DesiredFunction, Step
    from tests.unit.world import World


def reached(desired: DesiredFunction, world: World) -> bool:
    """Whether everything that is declared is live, and what is live is well."""
    live, mode = world.latest, _mode(desired, world)
    wanted = (
        (desired.code, live.code),
        (desired.resolved_image_uri, live.resolved_image_uri),
        (desired.architecture, live.architecture),
        (desired.source_kms_key_arn, live.source_kms_key_arn),
        (mode, live.runtime_management),
    )
    if not is_well(live) or any(declared not in (None, found) for declared, found in wanted):
        return False
    if desired.publish is None:
        return True
    version = live.newest_version
    return carries(version, content(live)) and (
        mode is None or version is None or version.runtime_management == mode
    )


def fewest_calls(desired: DesiredFunction, world: World, most: int) -> int | None:
    """Search breadth-first for the shortest legal sequence; None where it is over ``most``."""
    seen, frontier = {world}, [world]
    for calls in range(most + 1):
        if any(reached(desired, found) for found in frontier):
            return calls
        following = {after for found in frontier for after in _successors(desired, found)}
        frontier = list(following - seen)
        seen |= following
    return None


def _successors(desired: DesiredFunction, world: World) -> Iterator[World]:
    for step in _calls(desired, world):
        with suppress(RefusedError):
            yield world.after(step)


def _calls(desired: DesiredFunction, world: World) -> Iterator[Step]:
    """Give every call that touches nothing but what is declared, sensible or not."""
    live = world.latest
    for architecture in (X86, ARM) if desired.architecture else (live.architecture,):
        for key in {desired.source_kms_key_arn, live.source_kms_key_arn}:
            yield UpdateFunctionCode(
                desired.code or live.code,
                architecture,
                key,
                by_reference=live.s3_location is not None,
                live_package=desired.code is None,
            )
    if desired.publish is not None:
        yield PublishVersion(live.code)
    if desired.runtime_management is None:
        return
    pins = [desired.runtime_management.on(architecture) for architecture in (X86, ARM)]
    for mode in {AUTO, FUNCTION_UPDATE, *filter(_complete, pins)}:
        yield PutRuntimeManagementConfig(mode)
        if desired.publish is not None and live.newest_version is not None:
            yield PutRuntimeManagementConfig(mode, live.newest_version.version)


def _complete(mode: RuntimeManagement) -> bool:
    """Whether a mode has the ARN that Manual needs."""
    manual = mode.update_runtime_on is UpdateRuntimeOn.MANUAL
    return manual == (mode.runtime_version_arn is not None)


def _mode(desired: DesiredFunction, world: World) -> RuntimeManagement | None:
    declared = desired.runtime_management
    architecture = desired.architecture or world.latest.architecture
    return None if declared is None else declared.on(architecture)
