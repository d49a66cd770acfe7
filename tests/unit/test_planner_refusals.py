"""What no plan can do: another package type, a mode for an image, a replica, and so on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reconciler.model import (
    Change,
    CodeDigest,
    DesiredFunction,
    FailureKind,
    LiveFunction,
    PackageType,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    RuntimeManagement,
    UpdateFunctionCode,
)
from reconciler.planner import plan
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

IN_PLACE = Publish(to_latest_published=True)


def refused(declared: DesiredFunction, found: LiveFunction) -> tuple[str, str]:
    """Give what is refused and what to do; nothing is written beside it."""
    actual = plan(declared, found)
    assert () == actual.steps
    assert not actual.in_sync
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    return actual.refusal.what, actual.refusal.remedy


# Zip and image.


@pytest.mark.parametrize(
    ("declared", "found"),
    [(PackageType.ZIP, PackageType.IMAGE), (PackageType.IMAGE, PackageType.ZIP)],
    ids=["zip-for-an-image", "image-for-a-zip"],
)
def test_the_package_type_cannot_change(declared: PackageType, found: PackageType) -> None:
    """AWS refuses a package of the other type, so nothing at all is written."""
    what, _ = refused(
        desired(
            code=NEW,
            architecture=ARM,
            runtime_management=AUTO if found is PackageType.ZIP else None,
            publish=Publish(),
            package_type=declared,
        ),
        live(package_type=found, runtime_management=FUNCTION_UPDATE),
    )
    assert f"package type is {found}" in what


def test_an_image_is_updated_like_a_zip_file() -> None:
    """An image's digest and architecture are compared and sent in the same way."""
    old, new = CodeDigest("1" * 64), CodeDigest("2" * 64)
    actual = plan(
        desired(code=new, architecture=ARM, publish=Publish(), package_type=PackageType.IMAGE),
        live(code=old, package_type=PackageType.IMAGE),
    )
    assert (UpdateFunctionCode(new, ARM), PublishVersion(new)) == actual.steps


@pytest.mark.parametrize("mode", [AUTO, FUNCTION_UPDATE, manual()], ids=str)
def test_an_image_has_no_runtime_mode(mode: RuntimeManagement) -> None:
    """The runtime of an image is inside it: a declared mode is refused, and nothing is written."""
    what, _ = refused(
        desired(code=NEW, runtime_management=mode, package_type=PackageType.IMAGE),
        live(package_type=PackageType.IMAGE),
    )
    assert "spec.runtimeManagement" in what


def test_an_image_may_be_published_without_declared_code() -> None:
    """The package type counts only where code is declared."""
    actual = plan(desired(publish=Publish()), live(package_type=PackageType.IMAGE))
    assert (PublishVersion(OLD),) == actual.steps


# A map of pins.


@pytest.mark.parametrize(
    ("declared", "found", "architecture"),
    [
        pytest.param(desired(runtime_management=pins("a", ARM)), live(), "x86_64", id="live"),
        pytest.param(
            desired(code=NEW, architecture=ARM, runtime_management=pins("a", X86)),
            live(runtime_management=manual()),
            "arm64",
            id="declared",
        ),
    ],
)
def test_a_map_of_pins_without_the_architecture_is_refused(
    declared: DesiredFunction, found: LiveFunction, architecture: str
) -> None:
    """Manual needs the ARN of the architecture that the function will have."""
    what, remedy = refused(declared, found)
    assert f"has no ARN for {architecture} in eu-west-1" in what
    assert "runtimeVersionArn" in what
    assert "add it" in remedy


# Functions that are not to be written to, or not like this.


@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(desired(), id="nothing"),
        pytest.param(desired(code=NEW, publish=Publish()), id="code"),
        pytest.param(desired(architecture=ARM), id="architecture"),
        pytest.param(desired(runtime_management=AUTO), id="mode"),
    ],
)
def test_a_replica_is_left_to_aws(declared: DesiredFunction) -> None:
    """Lambda@Edge makes and removes replicas of a function, which is the one to declare."""
    what, remedy = refused(declared, live(master_arn=ARN, runtime_management=FUNCTION_UPDATE))
    assert f"a Lambda@Edge replica of {ARN}" in what
    assert "declare that function" in remedy


def test_publishing_in_place_needs_managed_instances() -> None:
    """$LATEST.PUBLISHED is there for functions with a capacity provider alone."""
    what, remedy = refused(desired(code=NEW, publish=IN_PLACE), live())
    assert "spec.publish.publishTo" in what
    assert "leave publishTo out" in remedy


def test_managed_instances_are_published_in_place() -> None:
    """The version is overwritten, as the change says."""
    newest = version("$LATEST.PUBLISHED")
    actual = plan(
        desired(code=NEW, publish=IN_PLACE), live(managed_instances=True, newest_version=newest)
    )
    assert (UpdateFunctionCode(NEW, X86), PublishVersion(NEW, None, to_latest_published=True)) == (
        actual.steps
    )
    assert Change("publish", "version $LATEST.PUBLISHED", "$LATEST.PUBLISHED") in actual.changes


def test_a_version_in_place_that_carries_the_code_is_in_sync() -> None:
    """Nothing is overwritten with itself."""
    newest = version("$LATEST.PUBLISHED")
    found = live(managed_instances=True, newest_version=newest)
    assert plan(desired(code=OLD, publish=IN_PLACE), found).in_sync


def test_the_mode_of_a_version_in_place_is_put_under_its_name() -> None:
    """PutRuntimeManagementConfig takes $LATEST.PUBLISHED for a Qualifier (API model)."""
    newest = version("$LATEST.PUBLISHED", runtime_management=FUNCTION_UPDATE)
    found = live(managed_instances=True, newest_version=newest, runtime_management=AUTO)
    actual = plan(desired(publish=IN_PLACE, runtime_management=AUTO), found)
    assert (PutRuntimeManagementConfig(AUTO, "$LATEST.PUBLISHED"),) == actual.steps


@pytest.mark.parametrize("managed_instances", [True, False])
def test_numbered_versions_need_no_managed_instances(*, managed_instances: bool) -> None:
    """Without publishTo a numbered version is published, wherever the function runs."""
    found = live(managed_instances=managed_instances)
    assert (PublishVersion(OLD),) == plan(desired(publish=Publish()), found).steps


# Architecture without code.


@pytest.mark.parametrize("publish", [None, Publish()], ids=["no-publish", "publish"])
def test_another_architecture_of_an_image_needs_declared_code(publish: Publish | None) -> None:
    """An image is for one architecture, so without another image nothing is written."""
    declared = desired(architecture=ARM, publish=publish)
    found = live(package_type=PackageType.IMAGE)
    what, remedy = refused(declared, found)
    assert "x86_64, arm64 is declared" in what
    assert "spec.code.imageUri" in remedy
    assert Change("architecture", "x86_64", "arm64") in plan(declared, found).changes


@pytest.mark.parametrize("package_type", PackageType)
def test_an_equal_architecture_without_code_is_in_sync(package_type: PackageType) -> None:
    """A declared architecture that is live needs no code."""
    found = live(architecture=ARM, package_type=package_type)
    assert plan(desired(architecture=ARM), found).in_sync


@pytest.mark.parametrize("declared", ["a", "b"])
def test_a_pin_of_the_old_architecture_is_refused(declared: str) -> None:
    """The ARN that runs now is of the architecture that is left (LocalStack, aws.validated)."""
    running = manual("a").runtime_version_arn
    found = replace(live(runtime_management=AUTO), runtime_version_arn=running)
    actual = plan(desired(architecture=ARM, runtime_management=manual(declared)), found)
    assert (declared == "a") == (actual.refusal is not None)
    assert plan(desired(runtime_management=manual("a")), found).refusal is None
