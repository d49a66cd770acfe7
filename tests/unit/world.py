"""
A tiny AWS for one function: pure values, and every call that AWS would refuse raises.

It is stricter than AWS where a call would be needless: an update that changes nothing
burns a version number, so a planner that asks for one has a bug.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import (
    LATEST,
    LastUpdateStatus,
    PackageType,
    PublishedVersion,
    PublishVersion,
    PutRuntimeManagementConfig,
    State,
    UpdateFunctionCode,
    UpdateRuntimeOn,
)
from tests.unit.builders import ARM, AUTO, X86, manual

if TYPE_CHECKING:
    from reconciler.model import (
        DesiredFunction,
        LiveFunction,
        RuntimeManagement,
        Step,
    )

_PINS = {manual(name, architecture): architecture for name in "ab" for architecture in (X86, ARM)}


class RefusedError(Exception):
    """AWS would answer 4xx, or the call would change nothing."""


@dataclass(frozen=True, slots=True)
class World:
    """
    One function as it really is.

    ``image_uri`` is where the manifest's image lies.
    ``changed`` says that $LATEST was updated since the newest version was published:
    AWS publishes then, and answers with the version that is there otherwise.
    """

    latest: LiveFunction
    changed: bool
    image_uri: str | None = None

    def seen(self, desired: DesiredFunction) -> LiveFunction:
        """Show what the reconciler reads: no more than the manifest declares."""
        live = self.latest
        version = live.newest_version
        if desired.runtime_management is None:
            live = replace(live, runtime_management=None)
            version = version and replace(version, runtime_management=None)
        if desired.publish is None:
            return replace(live, newest_version=None)
        return replace(live, newest_version=version)

    def after(self, step: Step) -> World:
        """Perform one call, and let it settle."""
        match step:
            case UpdateFunctionCode():
                return self._updated(step)
            case PutRuntimeManagementConfig(runtime_management=mode, qualifier=qualifier):
                return self._latest_put(mode) if qualifier == LATEST else self._put(step)
            case PublishVersion():
                return self._published(step)

    def _updated(self, step: UpdateFunctionCode) -> World:
        live = self.latest
        _refuse_harm(step, live)
        image_uri = live.resolved_image_uri if step.live_package else self.image_uri
        updated = replace(
            live,
            code=step.code,
            architecture=step.architecture,
            source_kms_key_arn=step.source_kms_key_arn,
            resolved_image_uri=image_uri,
            state=State.ACTIVE,
            state_reason_code=None,
            last_update_status=LastUpdateStatus.SUCCESSFUL,
        )
        if is_well(live) and _package(updated) == _package(live):
            raise RefusedError("nothing to update")
        return replace(self, latest=updated, changed=True)

    def _latest_put(self, mode: RuntimeManagement) -> World:
        if mode == self.latest.runtime_management:
            raise RefusedError("the mode is put already")
        if _is_manual(mode) and _PINS[mode] != self.latest.architecture:
            raise RefusedError("the pin is that of another architecture")
        return replace(self, latest=replace(self.latest, runtime_management=mode))

    def _put(self, step: PutRuntimeManagementConfig) -> World:
        mode, version = step.runtime_management, self._newest(step.qualifier)
        if mode == version.runtime_management:
            raise RefusedError("the mode is put already")
        if _is_manual(mode) and _PINS[mode] != version.architecture:
            raise RefusedError("the pin is that of another architecture")
        put = replace(version, runtime_management=mode)
        return replace(self, latest=replace(self.latest, newest_version=put))

    def _published(self, step: PublishVersion) -> World:
        live = self.latest
        if step.code != live.code:
            raise RefusedError("CodeSHA256 is different from current CodeSHA256 in $LATEST")
        if not is_well(live):
            raise RefusedError("$LATEST is not well")
        if not self.changed:
            raise RefusedError("nothing to publish")
        number = int(live.newest_version.version) + 1 if live.newest_version else 1
        version = PublishedVersion(
            str(number),
            live.code,
            live.architecture,
            State.ACTIVE,
            resolved_image_uri=live.resolved_image_uri,
            runtime_management=AUTO,
        )
        return replace(self, latest=replace(live, newest_version=version), changed=False)

    def _newest(self, number: str) -> PublishedVersion:
        version = self.latest.newest_version
        if version is None or version.version != number or version.state is State.FAILED:
            raise RefusedError(f"version {number} cannot be changed")
        return version


def _package(live: LiveFunction) -> tuple[object, ...]:
    return (*content(live), live.source_kms_key_arn)


def _refuse_harm(step: UpdateFunctionCode, live: LiveFunction) -> None:
    """Refuse what AWS refuses, and what it would take away without a word."""
    if step.architecture != live.architecture and _is_manual(live.runtime_management):
        raise RefusedError("Manual mode forbids another architecture")
    if live.source_kms_key_arn is not None and step.source_kms_key_arn is None:
        raise RefusedError("the key of the package would be taken away")
    if step.by_reference != (live.s3_location is not None):
        raise RefusedError("the storage mode of the package is not ours to change")
    if step.live_package and (step.code != live.code or live.package_type != PackageType.ZIP):
        raise RefusedError("this is not the live package, or an image")


def is_well(live: LiveFunction) -> bool:
    """Whether the code that is shown is the code that runs."""
    lost = live.state is not State.ACTIVE and live.state_reason_code in reasons.ARTIFACT_LOST
    return live.last_update_status is not LastUpdateStatus.FAILED and not lost


def carries(version: PublishedVersion | None, wanted: tuple[object, ...]) -> bool:
    """Whether the version is of this code, architecture and image."""
    if version is None:
        return False
    return (version.code, version.architecture, version.resolved_image_uri) == wanted


def content(live: LiveFunction) -> tuple[object, ...]:
    """Give what a version takes over: code, architecture and image."""
    return (live.code, live.architecture, live.resolved_image_uri)


def calls_needed(desired: DesiredFunction, world: World) -> int:
    """Count the fewest calls, field by field, without regard to their order."""
    live = world.latest
    version = live.newest_version
    architecture = desired.architecture or live.architecture
    declared = desired.runtime_management
    mode = None if declared is None else declared.on(architecture)
    image_uri = desired.resolved_image_uri or live.resolved_image_uri
    wanted = (desired.code or live.code, architecture, image_uri)
    key = desired.source_kms_key_arn or live.source_kms_key_arn
    update = wanted != content(live) or key != live.source_kms_key_arn or not is_well(live)
    put = mode is not None and mode != live.runtime_management
    needed = int(update) + int(put)
    if (
        architecture != live.architecture
        and _is_manual(live.runtime_management)
        and _is_manual(mode)
    ):
        needed += 1 if put else 2
    if desired.publish is None:
        return needed
    if not carries(version, wanted):
        return needed + 1 + int(mode is not None and mode != AUTO)
    other = version is not None and mode is not None and version.runtime_management != mode
    return needed + int(other)


def _is_manual(mode: RuntimeManagement | None) -> bool:
    return mode is not None and mode.update_runtime_on is UpdateRuntimeOn.MANUAL
