"""What no plan can do: another package type, a mode for an image, an architecture alone."""

from __future__ import annotations

import pytest

from reconciler.model import (
    Change,
    CodeDigest,
    FailureKind,
    PackageType,
    Publish,
    PublishVersion,
    RuntimeManagement,
    UpdateFunctionCode,
)
from reconciler.planner import plan
from tests.unit.builders import ARM, AUTO, FUNCTION_UPDATE, NEW, OLD, desired, live, manual

# Zip and image.


@pytest.mark.parametrize(
    ("declared", "found"),
    [(PackageType.ZIP, PackageType.IMAGE), (PackageType.IMAGE, PackageType.ZIP)],
    ids=["zip-for-an-image", "image-for-a-zip"],
)
def test_the_package_type_cannot_change(declared: PackageType, found: PackageType) -> None:
    """AWS refuses a package of the other type, so nothing at all is written."""
    actual = plan(
        desired(
            code=NEW,
            architecture=ARM,
            runtime_management=AUTO if found is PackageType.ZIP else None,
            publish=Publish(),
            package_type=declared,
        ),
        live(package_type=found, runtime_management=FUNCTION_UPDATE),
    )
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert f"package type is {found}" in actual.refusal.what
    assert not actual.in_sync


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
    actual = plan(
        desired(code=NEW, runtime_management=mode, package_type=PackageType.IMAGE),
        live(package_type=PackageType.IMAGE),
    )
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert "spec.runtimeManagement" in actual.refusal.what


def test_an_image_may_be_published_without_declared_code() -> None:
    """The package type counts only where code is declared."""
    actual = plan(desired(publish=Publish()), live(package_type=PackageType.IMAGE))
    assert (PublishVersion(OLD),) == actual.steps


# Architecture without code.


@pytest.mark.parametrize("mode", [None, AUTO], ids=["no-mode", "mode"])
@pytest.mark.parametrize("publish", [None, Publish()], ids=["no-publish", "publish"])
def test_another_architecture_needs_declared_code(
    mode: RuntimeManagement | None, publish: Publish | None
) -> None:
    """AWS changes the architecture only with code, so without it nothing is written."""
    actual = plan(
        desired(architecture=ARM, runtime_management=mode, publish=publish),
        live(runtime_management=FUNCTION_UPDATE),
    )
    assert () == actual.steps
    assert actual.refusal is not None
    assert FailureKind.PERMANENT is actual.refusal.kind
    assert "spec.code" in actual.refusal.remedy
    assert Change("architecture", "x86_64", "arm64") in actual.changes


def test_an_equal_architecture_without_code_is_in_sync() -> None:
    """A declared architecture that is live needs no code."""
    assert plan(desired(architecture=ARM), live(architecture=ARM)).in_sync
