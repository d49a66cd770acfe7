"""The sentences beside a plan: each where it applies, and only there."""

from __future__ import annotations

import pytest

from reconciler.model import (
    DesiredFunction,
    LastUpdateStatus,
    LiveFunction,
    PackageType,
    Publish,
    State,
)
from reconciler.planner import plan
from tests.unit.builders import (
    ARM,
    ARN,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    desired,
    image,
    live,
    manual,
    version,
)

BROKEN = (
    "lastUpdateStatus is Failed (EniLimitExceeded: no more ENIs), and its code is not declared here"
)
AGAIN = "no code is declared: the live package is sent again, for the new architecture"
UNCHECKED = "nativeCheck is off: nobody looks whether the package runs on the new architecture"
MANUAL = (
    "Manual stops runtime security patches; AWS means it for a temporary roll-back of the runtime"
)
UNPINNED = (
    "Manual forbids an architecture change: "
    "the function runs unpinned between the change and the new pin"
)
CUSTOM = "the runtime is customer-managed: its versions are those of its owner, not of AWS"
READ_BACK = "the new version's runtime mode is read back and put where it differs"
MANAGED = (
    "unqualified invocations run $LATEST.PUBLISHED on Lambda Managed Instances; "
    "spec.publish.publishTo: LATEST_PUBLISHED keeps it up to date"
)
DURABLE = "a durable function is invoked by version or alias: declare spec.publish"

SNAPSHOT = "the new version is a SnapStart snapshot, which takes AWS some minutes"

IMAGE_CODE, IMAGE_URI = image("new")
FAILED = live(
    last_update_status=LastUpdateStatus.FAILED,
    last_update_status_reason_code="EniLimitExceeded",
    last_update_status_reason="no more ENIs",
    runtime_management=AUTO,
)
MOVE = desired(code=OLD, architecture=ARM)
IN_PLACE = Publish(to_latest_published=True)
NOTES = {
    "nothing": (desired(), live(runtime_management=manual(), durable=True), ()),
    "new-code": (desired(code=NEW), live(), ()),
    "failed-of-others": (desired(runtime_management=AUTO), FAILED, (BROKEN,)),
    "failed-of-ours": (desired(code=NEW), FAILED, ()),
    "failed-and-nothing-declared": (desired(), FAILED, (BROKEN,)),
    "live-package": (desired(architecture=ARM), live(), (AGAIN,)),
    "live-package-stays": (desired(architecture=ARM), live(architecture=ARM), ()),
    "declared-package": (MOVE, live(), ()),
    "unchecked": (desired(code=NEW, architecture=ARM, native_check=False), live(), (UNCHECKED,)),
    "unchecked-live-package": (
        desired(architecture=ARM, native_check=False),
        live(),
        (AGAIN, UNCHECKED),
    ),
    "unchecked-stays": (desired(code=NEW, native_check=False), live(), ()),
    "unchecked-in-sync": (
        desired(code=OLD, architecture=ARM, native_check=False),
        live(architecture=ARM),
        (),
    ),
    "manual": (desired(runtime_management=manual()), live(runtime_management=AUTO), (MANUAL,)),
    "manual-in-sync": (
        desired(runtime_management=manual()),
        live(runtime_management=manual()),
        (MANUAL,),
    ),
    "manual-live-only": (desired(code=NEW), live(runtime_management=manual()), ()),
    "manual-moves": (
        desired(code=NEW, architecture=ARM, runtime_management=manual("a", ARM)),
        live(runtime_management=AUTO),
        (MANUAL, UNPINNED),
    ),
    "manual-moves-the-live-package": (
        desired(architecture=ARM, runtime_management=manual("a", ARM)),
        live(runtime_management=manual()),
        (AGAIN, MANUAL, UNPINNED),
    ),
    "leaving-manual": (
        desired(code=NEW, architecture=ARM, runtime_management=AUTO),
        live(runtime_management=manual()),
        (),
    ),
    "customer-managed": (
        desired(runtime_management=AUTO),
        live(runtime="custom", runtime_management=AUTO),
        (CUSTOM,),
    ),
    "customer-managed-undeclared": (desired(code=NEW), live(runtime="custom"), ()),
    "new-version-and-mode": (
        desired(code=NEW, publish=Publish(), runtime_management=AUTO),
        live(runtime_management=AUTO),
        (READ_BACK,),
    ),
    "new-version": (desired(publish=Publish()), live(), ()),
    "old-version-and-mode": (
        desired(publish=Publish(), runtime_management=FUNCTION_UPDATE),
        live(runtime_management=AUTO, newest_version=version(runtime_management=AUTO)),
        (),
    ),
    "version-active": (desired(publish=Publish()), live(newest_version=version()), ()),
    "history-pending": (
        desired(code=NEW, publish=Publish()),
        live(newest_version=version(state=State.PENDING)),
        (),
    ),
    "managed-update": (desired(code=NEW), live(managed_instances=True), (MANAGED,)),
    "managed-publish": (desired(publish=Publish()), live(managed_instances=True), (MANAGED,)),
    "managed-in-place": (
        desired(code=NEW, publish=IN_PLACE),
        live(managed_instances=True),
        (),
    ),
    "managed-in-sync": (
        desired(code=OLD, publish=Publish()),
        live(managed_instances=True, newest_version=version()),
        (),
    ),
    "snapshot": (desired(publish=Publish()), live(snap_start=True), (SNAPSHOT,)),
    "snapshot-not-published": (desired(code=NEW), live(snap_start=True), ()),
    "durable-update": (desired(code=NEW), live(durable=True), (DURABLE,)),
    "durable-published": (desired(code=NEW, publish=Publish()), live(durable=True), ()),
    "durable-in-sync": (desired(code=OLD), live(durable=True), ()),
    "refused": (MOVE, live(durable=True, master_arn=ARN), ()),
    "image": (
        desired(code=IMAGE_CODE, package_type=PackageType.IMAGE, resolved_image_uri=IMAGE_URI),
        live(package_type=PackageType.IMAGE, runtime=None),
        (),
    ),
}


@pytest.mark.parametrize(("declared", "found", "notes"), NOTES.values(), ids=NOTES)
def test_the_notes_say_what_the_steps_do_not(
    declared: DesiredFunction, found: LiveFunction, notes: tuple[str, ...]
) -> None:
    """A note is there exactly where it applies, in the order of the manifest."""
    assert notes == plan(declared, found).notes
