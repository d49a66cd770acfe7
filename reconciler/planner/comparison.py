"""One desired function beside its live one: every fact that a decision needs, derived once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import (
    LATEST_PUBLISHED,
    Change,
    LastUpdateStatus,
    PackageType,
    State,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import (
        Architecture,
        CodeDigest,
        DesiredFunction,
        LiveFunction,
        PublishedVersion,
        RuntimeManagement,
    )

_TAKES_MODE = (None, State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)


class Comparison:
    """
    ``code``, ``image_uri`` and ``architecture`` are as $LATEST is to be: declared, else live.

    ``broken`` is what only a new update of the code can repair, however equal the
    hashes are.
    """

    def __init__(self, desired: DesiredFunction, live: LiveFunction) -> None:
        self.desired = desired
        self.live = live
        self.code: CodeDigest = desired.code or live.code
        self.architecture: Architecture = desired.architecture or live.architecture
        self.image_uri = desired.resolved_image_uri or live.resolved_image_uri
        self.image_moves = _is_other(live.resolved_image_uri, self.image_uri)
        self.code_differs = self.code != live.code or self.image_moves
        self.architecture_differs = self.architecture != live.architecture
        declared = desired.runtime_management
        self.mode = None if declared is None else declared.on(self.architecture)
        self.owns_code = desired.code is not None
        self.is_image = live.package_type == PackageType.IMAGE
        self.artifact_lost = _artifact_lost(live)
        self.broken = self._broken()

    def changes(self) -> Iterator[Change]:
        """Give what differs, in the manifest's words."""
        live = self.live
        if self.code_differs:
            yield self._code_change()
        if self.architecture_differs:
            yield Change("architecture", live.architecture, self.architecture)
        if self.key_differs:
            yield Change("sourceKmsKeyArn", _key(live), str(self.desired.source_kms_key_arn))
        if self.broken is not None and self.owns_code:
            yield self.broken
        if self.mode_differs:
            old, new = _text(live.runtime_management), _text(self.mode)
            yield Change("runtimeManagement", old, new)
        if self.publishes:
            newest = live.newest_version
            old_version = None if newest is None else f"version {newest.version}"
            new_version = LATEST_PUBLISHED if self.publishes_in_place else "new version"
            yield Change("publish", old_version, new_version)
        version = self.version_with_other_mode
        if version is not None:
            old, new = _text(version.runtime_management), _text(self.mode)
            yield Change(f"runtimeManagement of version {version.version}", old, new)

    @property
    def updates(self) -> bool:
        """Whether code is to be sent."""
        differs = self.code_differs or self.architecture_differs or self.key_differs
        return self.resends or (self.owns_code and (differs or self.broken is not None))

    @property
    def resends(self) -> bool:
        """Whether the live package goes out again: AWS changes the architecture only with code."""
        return self.architecture_differs and not self.owns_code and not self.is_image

    @property
    def key_differs(self) -> bool:
        """Whether a declared key is not the one that AWS says it encrypts the package with."""
        declared = self.desired.source_kms_key_arn
        return declared not in (None, self.live.source_kms_key_arn)

    @property
    def reads_native_code(self) -> bool:
        """Whether it matters for which machine the code is: it goes to another, or is an image."""
        return (
            self.desired.native_check
            and self.updates
            and (self.architecture_differs or self.is_image)
        )

    @property
    def mode_differs(self) -> bool:
        """Whether a declared mode is not that of $LATEST."""
        return self.mode is not None and self.mode != self.live.runtime_management

    @property
    def pins(self) -> bool:
        """Whether Manual is declared."""
        return is_manual(self.mode)

    @property
    def live_pin_forbids_architecture(self) -> bool:
        """Whether AWS refuses the new architecture until Manual is relaxed."""
        return self.architecture_differs and is_manual(self.live.runtime_management)

    @property
    def publishes(self) -> bool:
        """Whether the newest version does not carry what $LATEST will."""
        newest = self.live.newest_version
        return self.desired.publish is not None and (newest is None or not self._carries(newest))

    @property
    def serving_version(self) -> PublishedVersion | None:
        """The newest version, when one is declared and it carries what $LATEST will."""
        version = self.live.newest_version
        if version is None or self.desired.publish is None or not self._carries(version):
            return None
        return version

    @property
    def version_with_other_mode(self) -> PublishedVersion | None:
        """The version that serves, when its own mode was read and is not the declared one."""
        version, mode = self.serving_version, self.mode
        if version is None or mode is None or version.state not in _TAKES_MODE:
            return None
        return version if version.runtime_management not in (None, mode) else None

    @property
    def publishes_in_place(self) -> bool:
        """Whether $LATEST.PUBLISHED is what is published."""
        publish = self.desired.publish
        return publish is not None and publish.to_latest_published

    def _carries(self, version: PublishedVersion) -> bool:
        if _is_other(version.resolved_image_uri, self.image_uri):
            return False
        return (version.code, version.architecture) == (self.code, self.architecture)

    def _code_change(self) -> Change:
        """Show whole images where only the repository differs."""
        if self.image_moves and self.code == self.live.code:
            return Change("code", self.live.resolved_image_uri, str(self.image_uri))
        return Change("code", str(self.live.code), str(self.code))

    def _broken(self) -> Change | None:
        live = self.live
        if live.last_update_status is LastUpdateStatus.FAILED:
            because = reasons.said(
                live.last_update_status_reason_code, live.last_update_status_reason
            )
            return Change("lastUpdateStatus", f"Failed ({because})", LastUpdateStatus.SUCCESSFUL)
        if self.artifact_lost:
            because = reasons.said(live.state_reason_code, live.state_reason)
            return Change("state", f"{live.state} ({because})", State.ACTIVE)
        return None


def _is_other(live: str | None, desired: str | None) -> bool:
    return None not in (live, desired) and live != desired


def _artifact_lost(live: LiveFunction) -> bool:
    """Whether AWS parked the function because it cannot reach its code any more."""
    parked = live.state in (State.INACTIVE, State.FAILED)
    return parked and reasons.artifact_lost(
        live.state_reason_code,
        inactive=live.state is State.INACTIVE,
        by_reference=live.s3_location is not None,
    )


def is_manual(mode: RuntimeManagement | None) -> bool:
    """Whether a mode, as far as it is known, pins the runtime version."""
    return mode is not None and mode.update_runtime_on is UpdateRuntimeOn.MANUAL


def _key(live: LiveFunction) -> str:
    if live.code_unreadable is not None:
        return "unknown"
    return live.source_kms_key_arn or "an AWS owned key"


def _text(mode: RuntimeManagement | None) -> str:
    return "unknown" if mode is None else str(mode)
