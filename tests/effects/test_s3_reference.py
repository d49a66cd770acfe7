"""Packages that stay in the user's bucket (S3ObjectStorageMode REFERENCE)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from tests.effects.in_s3 import BUCKET, KEY, deployed, in_sync, overwriting, put, refused
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here


@pytest.fixture
def by_reference(world: World, s3: S3Client) -> S3Client:
    """Let the function run its package from the bucket."""
    put(s3, "old")
    world.plane.update_function_code(
        "app",
        region=REGION,
        S3Bucket=BUCKET,
        S3Key=KEY,
        S3ObjectStorageMode="REFERENCE",
    )
    assert reference(world) is not None
    return s3


def reference(world: World) -> dict[str, str] | None:
    """Look where the package of a function by reference lies; None for a copy."""
    resolved = world.live("app").package.resolved_s3_object
    return None if resolved is None else dict(resolved)


def test_a_reference_stays_one(world: World, by_reference: S3Client) -> None:
    """An update that left the storage mode out would turn it into COPY."""
    version = put(by_reference, "new")

    assert Status.UPDATED == world.one().status
    assert {"S3Bucket": BUCKET, "S3Key": KEY, "S3ObjectVersion": version} == reference(world)
    assert zip_of("new") == deployed(world)
    assert in_sync(world)


def test_a_copy_stays_one(world: World, s3: S3Client) -> None:
    """A function that has its package from Lambda's own storage goes on so."""
    put(s3, "new")
    assert Status.UPDATED == world.one().status
    assert reference(world) is None


@pytest.mark.parametrize("plan_only", [True, False])
def test_a_zip_file_does_not_replace_a_reference(
    world: World, by_reference: S3Client, *, plan_only: bool
) -> None:
    """Bytes cannot be referred to; whoever chose the mode is not overruled."""
    del by_reference
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")

    found = refused(world, FailureKind.PERMANENT, plan_only=plan_only)

    assert "REFERENCE" in found.what
    assert "spec.code.s3" in found.remedy


def test_a_reference_goes_to_another_architecture(world: World, by_reference: S3Client) -> None:
    """Without declared code the same version of the object is named again."""
    before = reference(world)
    put(by_reference, "newer, and not declared")
    world.declare(app="architecture: arm64")

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode"] == world.writes
    assert ("arm64", before) == (world.live("app").architecture, reference(world))
    assert zip_of("old") == deployed(world)
    assert in_sync(world)


def test_a_reference_that_is_gone_cannot_go_to_another_architecture(
    world: World, by_reference: S3Client
) -> None:
    """The object was deleted from the bucket: it is said before any write."""
    live = reference(world)
    assert live is not None
    by_reference.delete_object(Bucket=BUCKET, Key=KEY, VersionId=live["S3ObjectVersion"])
    world.declare(app="architecture: arm64")

    assert f"s3://{BUCKET}/{KEY}" in refused(world, FailureKind.PERMANENT).what


def test_a_race_of_a_reference_keeps_the_reference(world: World, by_reference: S3Client) -> None:
    """What is planned anew is stored as before."""
    put(by_reference, "new")
    overwriting(world, by_reference)

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode"] == world.writes
    assert reference(world) is not None
    assert zip_of("newer") == deployed(world)
