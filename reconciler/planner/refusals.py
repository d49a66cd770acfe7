"""What stands in the way: differences that none of the three operations can close safely."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler import reasons
from reconciler.model import Failure, FailureKind, LastUpdateStatus, PackageType, State

if TYPE_CHECKING:
    from reconciler.planner.comparison import Comparison

_RESTING_STATES = (State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)
_KNOWN_STATUSES = (None, LastUpdateStatus.SUCCESSFUL, LastUpdateStatus.FAILED)
_VERSION_STATES = (None, *_RESTING_STATES)  # None: not read


def refusal(comparison: Comparison) -> Failure | None:
    """Find what makes every step pointless or unsafe."""
    return (
        _replica(comparison)
        or _wrong_package_type(comparison)
        or _unknown_package_type(comparison)
        or _mode_of_image(comparison)
        or _no_runtime_version(comparison)
        or _pinned_elsewhere(comparison)
        or _pin_of_old_architecture(comparison)
        or _no_managed_instances(comparison)
        or _state(comparison)
        or _code_not_declared(comparison)
        or _unknown_storage(comparison)
        or _stays_in_s3(comparison)
        or _other_machine(comparison)
    )


def failed_version(comparison: Comparison) -> Failure | None:
    """
    Refuse to call a version in sync that is Failed, or not known to serve, or not yet.

    Pending is what a plan sees; apply waits for it.
    PublishVersion would answer with the same Failed version again, because nothing
    changed since. What is wrong with $LATEST itself can be mended all the same.
    """
    version = comparison.serving_version
    if version is None:
        return None
    if version.last_update_status is LastUpdateStatus.FAILED:
        failed = reasons.failure(
            f"version {version.version} carries the declared code and its last update Failed",
            version.last_update_status_reason_code,
            version.last_update_status_reason,
        )
        return _permanent(failed.what, failed.remedy)
    unfinished = version.last_update_status is LastUpdateStatus.IN_PROGRESS
    if version.state in _VERSION_STATES and not unfinished:
        return None
    if version.state is not State.FAILED:
        status = "LastUpdateStatus is InProgress" if unfinished else f"State is {version.state}"
        return Failure(
            FailureKind.TEMPORARY,
            f"version {version.version} carries the declared code and its {status}",
            "wait until it is Active, then run again",
        )
    failed = reasons.failure(
        f"version {version.version} carries the declared code and is Failed",
        version.state_reason_code,
        version.state_reason,
    )
    return _permanent(
        failed.what, f"{failed.remedy}; AWS publishes again only after a change to $LATEST"
    )


def _replica(comparison: Comparison) -> Failure | None:
    master = comparison.live.master_arn
    if master is None:
        return None
    return _permanent(
        f"the function is a Lambda@Edge replica of {master}",
        "declare that function: AWS makes and removes the replicas",
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


def _unknown_package_type(comparison: Comparison) -> Failure | None:
    """Refuse to send a package again as a zip file that may be something else."""
    live = comparison.live.package_type
    if not comparison.resends or live == PackageType.ZIP:
        return None
    return _permanent(
        f"the function's package type is {live}, which is not known here, "
        f"and the architecture {comparison.architecture} needs its package to be sent again",
        "change the architecture where the function is defined, or use a newer reconciler",
    )


def _mode_of_image(comparison: Comparison) -> Failure | None:
    declared = comparison.desired.runtime_management
    if declared is None or comparison.live.package_type != PackageType.IMAGE:
        return None
    return _permanent(
        "spec.runtimeManagement is declared for an image function",
        "remove it: the runtime of an image is inside the image",
    )


def _no_runtime_version(comparison: Comparison) -> Failure | None:
    mode = comparison.mode
    if not comparison.pins or mode is None or mode.runtime_version_arn is not None:
        return None
    where = f"{comparison.architecture} in {comparison.live.region}"
    return _permanent(
        f"spec.runtimeManagement.runtimeVersionArn has no ARN for {where}",
        "add it: the ARN of a runtime version differs per region and architecture",
    )


def _pin_of_old_architecture(comparison: Comparison) -> Failure | None:
    """Refuse what would end half-way: AWS was recorded with another ARN on each architecture."""
    mode, live = comparison.mode, comparison.live
    if not comparison.pins or mode is None or not comparison.architecture_differs:
        return None
    if mode.runtime_version_arn is None or mode.runtime_version_arn != live.runtime_version_arn:
        return None
    return _permanent(
        f"{mode.runtime_version_arn} is the runtime version that runs on {live.architecture} now, "
        f"and the function is to be {comparison.architecture}",
        "declare the ARN that this runtime version has on the new architecture; if it is that one "
        "already, put the mode to FunctionUpdate by hand once",
    )


def _pinned_elsewhere(comparison: Comparison) -> Failure | None:
    if comparison.mode is not None or not comparison.live_pin_forbids_architecture:
        return None
    return _permanent(
        f"the runtime update mode is {comparison.live.runtime_management}, "
        f"which forbids to change the architecture to {comparison.architecture}",
        "declare spec.runtimeManagement.updateRuntimeOn, "
        "or let whoever pinned the runtime relax it",
    )


def _no_managed_instances(comparison: Comparison) -> Failure | None:
    if not comparison.publishes_in_place or comparison.live.managed_instances:
        return None
    return _permanent(
        "spec.publish.publishTo is declared, and the function is not on Lambda Managed Instances",
        "leave publishTo out: only functions with a capacity provider have $LATEST.PUBLISHED",
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
    if comparison.architecture_differs and comparison.is_image:
        return _permanent(
            f"the architecture is {comparison.live.architecture}, {comparison.architecture} "
            "is declared, and an image is built for one architecture",
            f"declare spec.code.imageUri with an image for {comparison.architecture}",
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


def _unknown_storage(comparison: Comparison) -> Failure | None:
    """
    Refuse an update that could take a key or REFERENCE away: AWS resets what is left out.

    Images have neither (developer guide, encrypt-zip-package and
    configuration-self-managed-storage).
    """
    unreadable = comparison.live.code_unreadable
    if unreadable is None or not comparison.updates or comparison.is_image:
        return None
    return _permanent(
        f"AWS does not tell how the live code is encrypted and stored ({unreadable})",
        "give the reconciler's role what AWS names, mostly kms:Decrypt on the function's key; "
        "an update resets what it leaves out",
    )


def _stays_in_s3(comparison: Comparison) -> Failure | None:
    """Refuse to turn REFERENCE into COPY behind the back of whoever chose it."""
    location, desired = comparison.live.s3_location, comparison.desired
    if location is None or not comparison.updates or comparison.resends or desired.in_s3:
        return None
    return _permanent(
        f"the function runs its package from {location} (S3ObjectStorageMode REFERENCE), "
        "and spec.code is no S3 object",
        "declare spec.code.s3, or set the storage mode to COPY where the function is defined",
    )


def _other_machine(comparison: Comparison) -> Failure | None:
    """Refuse machine code that the function could not run."""
    native_code = comparison.desired.native_code
    if native_code is None or not comparison.reads_native_code or not native_code.files:
        return None
    if comparison.architecture in dict(native_code.files):
        return None
    machine, file = native_code.files[0]
    return _permanent(
        f"{file} is for {machine}, and the function is to be {comparison.architecture}",
        f"{_other_code(comparison)} for {comparison.architecture}, "
        'or write spec.code.nativeCheck: "off" if it runs all the same',
    )


def _other_code(comparison: Comparison) -> str:
    if comparison.is_image:
        return "declare an image that is built"
    if comparison.resends:
        return "this is the live package: declare spec.code with one that is built"
    return "build the package"


def _wait_for(what: str) -> Failure:
    return Failure(
        FailureKind.TEMPORARY,
        f"the function's {what}",
        "nothing is written to it like this: wait until it is Active, then run again",
    )


def _permanent(what: str, remedy: str) -> Failure:
    return Failure(FailureKind.PERMANENT, what, remedy)
