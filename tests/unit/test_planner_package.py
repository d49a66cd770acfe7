"""The package itself: sent again, its key, where it is stored, and where an image lies."""

from __future__ import annotations

import pytest

from reconciler.model import (
    Architecture,
    Change,
    DesiredFunction,
    FailureKind,
    LastUpdateStatus,
    LiveFunction,
    PackageType,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    RuntimeManagement,
    S3Location,
    Step,
    UpdateFunctionCode,
)
from reconciler.planner import plan
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    KEY,
    NEW,
    OLD,
    X86,
    desired,
    image,
    live,
    manual,
    pins,
    version,
)

OTHER_KEY = f"{KEY}6"
OBJECT = S3Location("artifacts", "orders/api.zip", "v1")
OLD_IMAGE, OLD_URI = image("old")
NEW_IMAGE, NEW_URI = image("new")
MOVED_URI = image("old", "moved")[1]
AGAIN = UpdateFunctionCode(OLD, ARM, live_package=True)


def refused(declared: DesiredFunction, found: LiveFunction) -> str:
    """Give the refusal's words; nothing is written beside it."""
    actual = plan(declared, found)
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    return str(actual.refusal)


# The live package, sent again.


@pytest.mark.parametrize(
    ("have", "want", "steps"),
    [
        pytest.param(AUTO, None, [AGAIN], id="undeclared"),
        pytest.param(AUTO, AUTO, [AGAIN], id="same-mode"),
        pytest.param(manual(), AUTO, [PutRuntimeManagementConfig(AUTO), AGAIN], id="unpinned"),
        pytest.param(
            AUTO, manual("a", ARM), [AGAIN, PutRuntimeManagementConfig(manual("a", ARM))], id="pin"
        ),
        pytest.param(
            manual(),
            manual("a", ARM),
            [
                PutRuntimeManagementConfig(FUNCTION_UPDATE),
                AGAIN,
                PutRuntimeManagementConfig(manual("a", ARM)),
            ],
            id="pinned-anew",
        ),
    ],
)
def test_another_architecture_without_declared_code_sends_the_live_package(
    have: RuntimeManagement, want: RuntimeManagement | None, steps: list[Step]
) -> None:
    """AWS changes the architecture only with code; the order is that of any code."""
    actual = plan(desired(architecture=ARM, runtime_management=want), live(runtime_management=have))
    assert steps == list(actual.steps)
    assert Change("architecture", "x86_64", "arm64") in actual.changes
    assert actual.refusal is None


def test_the_live_package_is_published_under_its_own_hash() -> None:
    """A version of the same code and another architecture is another version."""
    actual = plan(desired(architecture=ARM, publish=Publish()), live(newest_version=version()))
    assert (AGAIN, PublishVersion(OLD)) == actual.steps


def test_the_live_package_keeps_its_key() -> None:
    """What is live is carried over for a package that goes out again too."""
    actual = plan(desired(architecture=ARM), live(source_kms_key_arn=KEY))
    assert (UpdateFunctionCode(OLD, ARM, KEY, live_package=True),) == actual.steps


def test_a_declared_package_is_never_the_live_one() -> None:
    """Equal code is sent from where it is declared."""
    assert (UpdateFunctionCode(OLD, ARM),) == plan(
        desired(code=OLD, architecture=ARM), live()
    ).steps


def test_the_package_of_a_failed_update_is_not_sent_again() -> None:
    """What $LATEST shows after a failure may be what failed: its owner has to repair it."""
    failed = live(last_update_status=LastUpdateStatus.FAILED)
    assert "spec.code" in refused(desired(architecture=ARM), failed)


def test_an_image_is_not_sent_again_for_another_architecture() -> None:
    """An image is built for one architecture: the refusal says what to declare."""
    found = live(code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=OLD_URI)
    said = refused(desired(architecture=ARM, publish=Publish()), found)
    assert "an image is built for one architecture" in said
    assert "declare spec.code.imageUri with an image for arm64" in said


# The key of the package.


@pytest.mark.parametrize(
    ("have", "shown"), [(None, "an AWS owned key"), (OTHER_KEY, OTHER_KEY)], ids=["none", "other"]
)
def test_another_key_is_an_update(have: str | None, shown: str) -> None:
    """The key is set with the code, so equal code is sent again for it."""
    actual = plan(
        desired(code=OLD, source_kms_key_arn=KEY, publish=Publish()),
        live(source_kms_key_arn=have, newest_version=version()),
    )
    assert (UpdateFunctionCode(OLD, X86, KEY),) == actual.steps
    assert (Change("sourceKmsKeyArn", shown, KEY),) == actual.changes


def test_an_equal_key_is_in_sync() -> None:
    """A declared key that is live costs no update."""
    actual = plan(desired(code=OLD, source_kms_key_arn=KEY), live(source_kms_key_arn=KEY))
    assert actual.in_sync
    assert () == actual.changes


def test_a_key_that_is_not_declared_is_not_ours() -> None:
    """It is no difference, and it goes with new code as it is."""
    found = live(source_kms_key_arn=KEY)
    assert plan(desired(code=OLD), found).in_sync
    assert (UpdateFunctionCode(NEW, X86, KEY),) == plan(desired(code=NEW), found).steps


def test_a_new_key_goes_with_new_code_in_one_call() -> None:
    """Code, architecture and key differ: one update, three differences."""
    actual = plan(
        desired(code=NEW, architecture=ARM, source_kms_key_arn=KEY),
        live(source_kms_key_arn=OTHER_KEY),
    )
    assert (UpdateFunctionCode(NEW, ARM, KEY),) == actual.steps
    assert ["code", "architecture", "sourceKmsKeyArn"] == [each.field for each in actual.changes]


# Code of which AWS does not tell how it is stored.

UNREADABLE = "AccessDeniedException: no kms:Decrypt"


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(desired(code=NEW), id="code"),
        pytest.param(desired(code=NEW, source_kms_key_arn=KEY), id="code-and-key"),
        pytest.param(desired(code=OLD, source_kms_key_arn=KEY), id="key"),
        pytest.param(desired(architecture=ARM), id="architecture"),
    ],
)
def test_an_unreadable_package_is_not_replaced(declared: DesiredFunction) -> None:
    """The key and the storage mode are reset by whoever leaves them out, and not known here."""
    said = refused(declared, live(code_unreadable=UNREADABLE))
    assert UNREADABLE in said
    assert "kms:Decrypt" in said


def test_a_key_that_is_not_shown_is_not_taken_for_the_declared_one() -> None:
    """An empty plan would be a promise that nobody can give."""
    actual = plan(desired(code=OLD, source_kms_key_arn=KEY), live(code_unreadable=UNREADABLE))
    assert (Change("sourceKmsKeyArn", "unknown", KEY),) == actual.changes
    assert not actual.in_sync


def test_an_unreadable_package_without_a_declared_key_may_be_in_sync() -> None:
    """The hash is in the configuration, which AWS answers with all the same."""
    assert plan(desired(code=OLD), live(code_unreadable=UNREADABLE)).in_sync


def test_an_unreadable_image_is_replaced() -> None:
    """Images have neither key nor storage mode, and a lost image is repaired by a new one."""
    found = live(
        code=OLD_IMAGE, package_type=PackageType.IMAGE, code_unreadable="ImageAccessDenied"
    )
    declared = desired(code=NEW_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=NEW_URI)
    assert (UpdateFunctionCode(NEW_IMAGE, X86),) == plan(declared, found).steps


# A package that stays in the user's own bucket.


def test_a_reference_stays_a_reference() -> None:
    """AWS copies the package into its own storage when the call leaves the mode out."""
    actual = plan(desired(code=NEW, in_s3=True), live(s3_location=OBJECT))
    assert (UpdateFunctionCode(NEW, X86, by_reference=True),) == actual.steps


def test_a_copy_stays_a_copy() -> None:
    """A package from S3 is copied where it was copied before."""
    assert (UpdateFunctionCode(NEW, X86),) == plan(desired(code=NEW, in_s3=True), live()).steps


def test_a_reference_is_sent_again_for_another_architecture() -> None:
    """Without declared code the live package is the object that is referenced."""
    actual = plan(desired(architecture=ARM), live(s3_location=OBJECT))
    assert (UpdateFunctionCode(OLD, ARM, by_reference=True, live_package=True),) == actual.steps


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(desired(code=NEW), id="code"),
        pytest.param(desired(code=OLD, architecture=ARM), id="architecture"),
        pytest.param(desired(code=OLD, source_kms_key_arn=KEY), id="key"),
    ],
)
def test_bytes_cannot_be_sent_by_reference(declared: DesiredFunction) -> None:
    """A zip file or folder would end the REFERENCE that somebody chose."""
    said = refused(declared, live(s3_location=OBJECT))
    assert "s3://artifacts/orders/api.zip (version v1)" in said
    assert "REFERENCE" in said
    assert "spec.code.s3" in said


def test_equal_bytes_need_no_reference() -> None:
    """Where nothing is sent, it does not matter from where."""
    assert plan(desired(code=OLD), live(s3_location=OBJECT)).in_sync


# Where an image lies.


def test_an_image_in_another_repository_is_drift() -> None:
    """The digest is equal and the repository is not: whoever declares it wants to leave the old."""
    actual = plan(
        desired(code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=MOVED_URI),
        live(code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=OLD_URI),
    )
    assert (UpdateFunctionCode(OLD_IMAGE, X86),) == actual.steps
    assert (Change("code", OLD_URI, MOVED_URI),) == actual.changes


def test_another_digest_is_shown_as_aws_shows_it() -> None:
    """New code is told by its hash, wherever it lies."""
    actual = plan(
        desired(code=NEW_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=NEW_URI),
        live(code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=OLD_URI),
    )
    assert (Change("code", str(OLD_IMAGE), str(NEW_IMAGE)),) == actual.changes


@pytest.mark.parametrize("uri", [OLD_URI, None], ids=["equal", "not-shown"])
def test_an_image_that_has_not_moved_is_in_sync(uri: str | None) -> None:
    """An equal digest is enough where AWS does not say where the image lies."""
    assert plan(
        desired(code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=OLD_URI),
        live(code=OLD_IMAGE, package_type=PackageType.IMAGE, resolved_image_uri=uri),
    ).in_sync


@pytest.mark.parametrize("owns_code", [True, False], ids=["declared", "undeclared"])
@pytest.mark.parametrize(
    ("uri", "publishes"),
    [(MOVED_URI, False), (None, False), (OLD_URI, True)],
    ids=["same", "not-read", "other"],
)
def test_a_version_from_another_repository_is_superseded(
    uri: str | None, *, publishes: bool, owns_code: bool
) -> None:
    """It runs an image that may go away, whoever deployed the new one."""
    newest = version(code=OLD_IMAGE, resolved_image_uri=uri)
    actual = plan(
        desired(
            code=OLD_IMAGE if owns_code else None,
            package_type=PackageType.IMAGE,
            resolved_image_uri=MOVED_URI if owns_code else None,
            publish=Publish(),
        ),
        live(
            code=OLD_IMAGE,
            package_type=PackageType.IMAGE,
            resolved_image_uri=MOVED_URI,
            newest_version=newest,
        ),
    )
    assert ((PublishVersion(OLD_IMAGE),) if publishes else ()) == actual.steps


# Pins by architecture.


@pytest.mark.parametrize("architecture", [X86, ARM])
def test_the_pin_is_that_of_the_architecture_to_be(architecture: Architecture) -> None:
    """A map has the runtime's own ARN for each architecture."""
    actual = plan(
        desired(architecture=architecture, runtime_management=pins("b")),
        live(architecture=architecture, runtime_management=manual("a", architecture)),
    )
    assert (PutRuntimeManagementConfig(manual("b", architecture)),) == actual.steps


def test_without_a_declared_architecture_the_pin_is_that_of_the_live_one() -> None:
    """What is live decides where the manifest leaves it open."""
    found = live(architecture=ARM, runtime_management=manual("a", ARM))
    assert plan(desired(runtime_management=pins("a")), found).in_sync
