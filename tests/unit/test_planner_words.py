"""What a refused reader is told, word by word: what stands in the way and what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model import (
    DesiredFunction,
    Failure,
    FailureKind,
    LastUpdateStatus,
    LiveFunction,
    NativeCode,
    PackageType,
    Publish,
    PublishedVersion,
    S3Location,
    State,
    UpdateFunctionCode,
)
from reconciler.planner import needs_relaxing, plan
from tests.unit.builders import (
    ARM,
    ARN,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    desired,
    live,
    manual,
    pins,
    version,
)

LAYER = PackageType("Layer")
PIN = manual("a").runtime_version_arn
IN_S3 = S3Location("artifacts", "orders.zip", "v1")
FOR_X86 = NativeCode(((X86, "lib/fast.so"),))
TURNS_ARM = desired(architecture=ARM)
IMAGE_TO_ARM = desired(code=NEW, architecture=ARM, package_type=PackageType.IMAGE)
LOST = live(state=State.FAILED, state_reason_code="ImageDeleted", state_reason="gone")

REFUSED: dict[str, tuple[DesiredFunction, LiveFunction, str, str]] = {
    "replica": (
        desired(),
        live(master_arn=ARN),
        f"the function is a Lambda@Edge replica of {ARN}",
        "declare that function: AWS makes and removes the replicas",
    ),
    "wrong-package-type": (
        desired(code=NEW),
        live(package_type=PackageType.IMAGE),
        "the function's package type is Image and the manifest declares Zip code",
        (
            "AWS never changes the package type: declare code of the same type, "
            "or delete and recreate the function where it is defined"
        ),
    ),
    "unknown-package-type": (
        TURNS_ARM,
        live(package_type=LAYER),
        (
            "the function's package type is Layer, which is not known here, "
            "and the architecture arm64 needs its package to be sent again"
        ),
        "change the architecture where the function is defined, or use a newer reconciler",
    ),
    "mode-of-an-image": (
        desired(runtime_management=AUTO),
        live(package_type=PackageType.IMAGE),
        "spec.runtimeManagement is declared for an image function",
        "remove it: the runtime of an image is inside the image",
    ),
    "no-pin-for-the-architecture": (
        desired(runtime_management=pins("a", ARM)),
        live(),
        "spec.runtimeManagement.runtimeVersionArn has no ARN for x86_64 in eu-west-1",
        "add it: the ARN of a runtime version differs per region and architecture",
    ),
    "pin-of-the-old-architecture": (
        desired(code=NEW, architecture=ARM, runtime_management=manual("a")),
        replace(live(runtime_management=AUTO), runtime_version_arn=PIN),
        f"{PIN} is the runtime version that runs on x86_64 now, and the function is to be arm64",
        (
            "declare the ARN that this runtime version has on the new architecture; "
            "if it is that one already, put the mode to FunctionUpdate by hand once"
        ),
    ),
    "pinned-by-others": (
        desired(code=NEW, architecture=ARM),
        live(runtime_management=manual("a")),
        (
            f"the runtime update mode is Manual {PIN}, "
            "which forbids to change the architecture to arm64"
        ),
        (
            "declare spec.runtimeManagement.updateRuntimeOn, "
            "or let whoever pinned the runtime relax it"
        ),
    ),
    "no-managed-instances": (
        desired(publish=Publish(to_latest_published=True)),
        live(),
        "spec.publish.publishTo is declared, and the function is not on Lambda Managed Instances",
        "leave publishTo out: only functions with a capacity provider have $LATEST.PUBLISHED",
    ),
    "failed": (
        desired(code=NEW),
        live(state=State.FAILED, state_reason_code="FunctionError", state_reason="it broke"),
        "the function's State is Failed (FunctionError: it broke)",
        "AWS cannot bring it back: delete and recreate it where it is defined",
    ),
    "failed-for-want-of-code": (
        desired(),
        LOST,
        "the function's State is Failed (ImageDeleted: gone)",
        "restore what AWS names, and declare spec.code so that it can be sent again",
    ),
    "image-for-another-architecture": (
        TURNS_ARM,
        live(package_type=PackageType.IMAGE),
        "the architecture is x86_64, arm64 is declared, and an image is built for one architecture",
        "declare spec.code.imageUri with an image for arm64",
    ),
    "broken-code-of-others": (
        desired(publish=Publish()),
        live(last_update_status=LastUpdateStatus.FAILED, last_update_status_reason="no more ENIs"),
        "lastUpdateStatus of the function is Failed (no more ENIs)",
        (
            "declare spec.code so that it can be sent again, "
            "or let the pipeline that owns the code repair it"
        ),
    ),
    "unreadable-package": (
        desired(code=NEW),
        live(code_unreadable="AccessDeniedException"),
        "AWS does not tell how the live code is encrypted and stored (AccessDeniedException)",
        (
            "give the reconciler's role what AWS names, mostly kms:Decrypt on the function's key; "
            "an update resets what it leaves out"
        ),
    ),
    "by-reference": (
        desired(code=NEW),
        live(s3_location=IN_S3),
        (
            "the function runs its package from s3://artifacts/orders.zip (version v1) "
            "(S3ObjectStorageMode REFERENCE), and spec.code is no S3 object"
        ),
        "declare spec.code.s3, or set the storage mode to COPY where the function is defined",
    ),
    "other-machine": (
        desired(code=NEW, architecture=ARM, native_code=FOR_X86),
        live(),
        "lib/fast.so is for x86_64, and the function is to be arm64",
        (
            "build the package for arm64, "
            'or write spec.code.nativeCheck: "off" if it runs all the same'
        ),
    ),
    "other-machine-of-an-image": (
        replace(IMAGE_TO_ARM, native_code=FOR_X86),
        live(package_type=PackageType.IMAGE),
        "lib/fast.so is for x86_64, and the function is to be arm64",
        (
            "declare an image that is built for arm64, "
            'or write spec.code.nativeCheck: "off" if it runs all the same'
        ),
    ),
    "other-machine-of-the-live-package": (
        replace(TURNS_ARM, native_code=FOR_X86),
        live(),
        "lib/fast.so is for x86_64, and the function is to be arm64",
        (
            "this is the live package: declare spec.code with one that is built for arm64, "
            'or write spec.code.nativeCheck: "off" if it runs all the same'
        ),
    ),
}
WAITED_FOR = {
    "status": live(last_update_status=LastUpdateStatus("RollingBack")),
    "state": live(state=State("Hibernating")),
}


@pytest.mark.parametrize(("declared", "found", "what", "remedy"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_says_what_stands_in_the_way_and_what_to_do(
    declared: DesiredFunction, found: LiveFunction, what: str, remedy: str
) -> None:
    """Nothing is written, and the reader needs no source code to know why and what next."""
    actual = plan(declared, found)
    assert Failure(FailureKind.PERMANENT, what, remedy) == actual.refusal
    assert () == actual.steps


@pytest.mark.parametrize(
    ("found", "what"),
    [
        (WAITED_FOR["status"], "the function's LastUpdateStatus is RollingBack"),
        (WAITED_FOR["state"], "the function's State is Hibernating"),
    ],
    ids=WAITED_FOR,
)
def test_a_function_that_is_not_known_to_rest_is_waited_for(found: LiveFunction, what: str) -> None:
    """It is no mistake of the manifest: the same run may succeed later."""
    remedy = "nothing is written to it like this: wait until it is Active, then run again"
    assert Failure(FailureKind.TEMPORARY, what, remedy) == plan(desired(), found).refusal


INIT_FAILED = "the code does not initialise: fix it, or go back to the previous package"
VERSIONS: dict[str, tuple[PublishedVersion, FailureKind, str, str]] = {
    "failed": (
        version(state=State.FAILED, state_reason_code="FunctionError", state_reason="init"),
        FailureKind.PERMANENT,
        "version 7 carries the declared code and is Failed (FunctionError: init)",
        f"{INIT_FAILED}; AWS publishes again only after a change to $LATEST",
    ),
    "failed-update-in-place": (
        replace(
            version(),
            last_update_status=LastUpdateStatus.FAILED,
            last_update_status_reason_code="FunctionError",
            last_update_status_reason="init",
        ),
        FailureKind.PERMANENT,
        "version 7 carries the declared code and its last update Failed (FunctionError: init)",
        INIT_FAILED,
    ),
    "pending": (
        version(state=State.PENDING),
        FailureKind.TEMPORARY,
        "version 7 carries the declared code and its State is Pending",
        "wait until it is Active, then run again",
    ),
    "update-in-place-in-progress": (
        replace(version(), last_update_status=LastUpdateStatus.IN_PROGRESS),
        FailureKind.TEMPORARY,
        "version 7 carries the declared code and its LastUpdateStatus is InProgress",
        "wait until it is Active, then run again",
    ),
}


@pytest.mark.parametrize(("newest", "kind", "what", "remedy"), VERSIONS.values(), ids=VERSIONS)
def test_a_version_that_does_not_serve_is_never_called_in_sync(
    newest: PublishedVersion, kind: FailureKind, what: str, remedy: str
) -> None:
    """It carries the declared code, so that publishing again would give the same version."""
    actual = plan(desired(publish=Publish()), live(newest_version=newest))
    assert Failure(kind, what, remedy) == actual.refusal
    assert () == actual.steps


# What only a run by reference, or a pin, can meet.


def test_a_reference_that_aws_cannot_read_any_more_is_sent_again() -> None:
    """Inactive with any reason but Idle: the object was out of reach, and only code mends that."""
    declared = desired(code=OLD, in_s3=True)
    parked = live(state=State.INACTIVE, state_reason_code="AddedLater", s3_location=IN_S3)
    sent = UpdateFunctionCode(OLD, X86, by_reference=True)
    assert (sent,) == plan(declared, parked).steps
    assert () == plan(declared, replace(parked, state_reason_code="Idle")).steps
    assert () == plan(declared, replace(parked, s3_location=None)).steps
    assert () == plan(declared, replace(parked, state=State.FAILED)).steps


@pytest.mark.parametrize(
    ("step", "found", "expected"),
    [
        (UpdateFunctionCode(NEW, ARM), live(runtime_management=manual()), True),
        (UpdateFunctionCode(NEW, X86), live(runtime_management=manual()), False),
        (UpdateFunctionCode(NEW, ARM), live(runtime_management=FUNCTION_UPDATE), False),
        (UpdateFunctionCode(NEW, ARM), live(), False),
    ],
    ids=["pinned", "same-architecture", "not-pinned", "unknown"],
)
def test_only_another_architecture_under_a_pin_needs_relaxing(
    step: UpdateFunctionCode, found: LiveFunction, *, expected: bool
) -> None:
    """A dry run of such an update would be refused, and says nothing about the update."""
    assert expected == needs_relaxing(step, found)
