"""What stands in the way: differences that none of the three operations can close safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import Failure, FailureKind, LastUpdateStatus, PackageType, State

if TYPE_CHECKING:
    from reconciler.planner.comparison import Comparison

_RESTING_STATES = (State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)
_KNOWN_STATUSES = (None, LastUpdateStatus.SUCCESSFUL, LastUpdateStatus.FAILED)


def refusal(comparison: Comparison) -> Failure | None:
    """Find what makes every step pointless or unsafe."""
    return (
        _wrong_package_type(comparison)
        or _mode_of_image(comparison)
        or _state(comparison)
        or _code_not_declared(comparison)
        or _unknown_key(comparison)
    )


def failed_version(comparison: Comparison) -> Failure | None:
    """
    Refuse to call a Failed version in sync.

    PublishVersion would answer with the same Failed version again, because nothing
    changed since. What is wrong with $LATEST itself can be mended all the same.
    """
    version = comparison.serving_version
    if version is None or version.state is not State.FAILED:
        return None
    failed = reasons.failure(
        f"version {version.version} carries the declared code and is Failed",
        version.state_reason_code,
        version.state_reason,
    )
    return _permanent(
        failed.what, f"{failed.remedy}; AWS publishes again only after a change to $LATEST"
    )


def _wrong_package_type(comparison: Comparison) -> Failure | None:
    declared, live = comparison.desired.package_type, comparison.live.package_type
    if declared is None or declared == live:
        return None
    return _permanent(
        f"the function's package type is {live} and the manifest declares {declared} code",
        "AWS never changes the package type: declare code of the same type, "
        "or delete and recreate the function where it is defined",
    )


def _mode_of_image(comparison: Comparison) -> Failure | None:
    declared = comparison.desired.runtime_management
    if declared is None or comparison.live.package_type != PackageType.IMAGE:
        return None
    return _permanent(
        "spec.runtimeManagement is declared for an image function",
        "remove it: the runtime of an image is inside the image",
    )


def _state(comparison: Comparison) -> Failure | None:
    """Write nothing to a function in a state that is not known to bear it."""
    live = comparison.live
    if live.last_update_status not in _KNOWN_STATUSES:
        return _wait_for(f"LastUpdateStatus is {live.last_update_status}")
    if live.state in _RESTING_STATES or (comparison.artifact_lost and comparison.owns_code):
        return None
    if live.state is not State.FAILED:
        return _wait_for(f"State is {live.state}")
    because = reasons.said(live.state_reason_code, live.state_reason)
    return _permanent(
        f"the function's State is Failed ({because})",
        "restore what AWS names, and declare spec.code so that it can be sent again"
        if comparison.artifact_lost
        else "AWS cannot bring it back: delete and recreate it where it is defined",
    )


def _code_not_declared(comparison: Comparison) -> Failure | None:
    if comparison.owns_code:
        return None
    if comparison.architecture_differs:
        return _permanent(
            f"the architecture is {comparison.live.architecture}, {comparison.architecture} "
            "is declared, and AWS changes it only together with code",
            "declare spec.code with a package for the new architecture",
        )
    desired, broken = comparison.desired, comparison.broken
    depends_on_code = desired.architecture is not None or desired.publish is not None
    if broken is not None and depends_on_code:
        return _permanent(
            f"{broken.field} of the function is {broken.old}",
            "declare spec.code so that it can be sent again, "
            "or let the pipeline that owns the code repair it",
        )
    return None


def _unknown_key(comparison: Comparison) -> Failure | None:
    """Refuse an update that could take a key away: AWS resets what the call leaves out."""
    unreadable = comparison.live.code_unreadable
    if unreadable is None or not comparison.updates:
        return None
    return _permanent(
        f"AWS does not tell how the live code is encrypted ({unreadable})",
        "give the reconciler's role kms:Decrypt on the function's key; "
        "an update that leaves the key out would take it away",
    )


def _wait_for(what: str) -> Failure:
    return Failure(
        FailureKind.TEMPORARY,
        f"the function's {what}",
        "nothing is written to it like this: wait until it is Active, then run again",
    )


def _permanent(what: str, remedy: str) -> Failure:
    return Failure(FailureKind.PERMANENT, what, remedy)
