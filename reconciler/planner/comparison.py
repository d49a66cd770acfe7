"""One desired function beside its live one: every fact that a decision needs, derived once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import Change, LastUpdateStatus, State, UpdateRuntimeOn

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


class Comparison:
    """
    ``code`` and ``architecture`` are what $LATEST is to have: declared, else live.

    ``broken`` is what only a new update of the code can repair, however equal the
    hashes are.
    """

    def __init__(self, desired: DesiredFunction, live: LiveFunction) -> None:
        self.desired = desired
        self.live = live
        self.code: CodeDigest = desired.code or live.code
        self.architecture: Architecture = desired.architecture or live.architecture
        self.code_differs = self.code != live.code
        self.architecture_differs = self.architecture != live.architecture
        declared = desired.runtime_management
        self.mode = None if declared is None else declared.on(self.architecture)
        self.owns_code = desired.code is not None
        self.artifact_lost = _artifact_lost(live)
        self.broken = self._broken()

    def changes(self) -> Iterator[Change]:
        """Give what differs, in the manifest's words."""
        live = self.live
        if self.code_differs:
            yield Change("code", str(live.code), str(self.code))
        if self.architecture_differs:
            yield Change("architecture", live.architecture, self.architecture)
        if self.broken is not None and self.owns_code:
            yield self.broken
        if self.mode_differs:
            old, new = _text(live.runtime_management), _text(self.mode)
            yield Change("runtimeManagement", old, new)
        if self.publishes:
            newest = live.newest_version
            old_version = None if newest is None else f"version {newest.version}"
            yield Change("publish", old_version, "new version")
        version = self.version_with_other_mode
        if version is not None:
            old, new = _text(version.runtime_management), _text(self.mode)
            yield Change(f"runtimeManagement of version {version.version}", old, new)

    @property
    def updates(self) -> bool:
        """Whether the code is to be sent."""
        differs = self.code_differs or self.architecture_differs or self.broken is not None
        return self.owns_code and differs

    @property
    def mode_differs(self) -> bool:
        """Whether a declared mode is not that of $LATEST."""
        return self.mode is not None and self.mode != self.live.runtime_management

    @property
    def pins(self) -> bool:
        """Whether Manual is declared."""
        return _is_manual(self.mode)

    @property
    def live_pin_forbids_architecture(self) -> bool:
        """Whether AWS refuses the new architecture until Manual is relaxed."""
        return self.architecture_differs and _is_manual(self.live.runtime_management)

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
        if version is None or mode is None or version.state is State.FAILED:
            return None
        return version if version.runtime_management not in (None, mode) else None

    def _carries(self, version: PublishedVersion) -> bool:
        return (version.code, version.architecture) == (self.code, self.architecture)

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


def _artifact_lost(live: LiveFunction) -> bool:
    """Whether AWS parked the function because it cannot reach its code any more."""
    parked = live.state in (State.INACTIVE, State.FAILED)
    return parked and live.state_reason_code in reasons.ARTIFACT_LOST


def _is_manual(mode: RuntimeManagement | None) -> bool:
    return mode is not None and mode.update_runtime_on is UpdateRuntimeOn.MANUAL


def _text(mode: RuntimeManagement | None) -> str:
    return "unknown" if mode is None else str(mode)
