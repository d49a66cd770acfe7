"""Packages in S3 that are overwritten under way, missing, elsewhere or forbidden."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.artifacts import client, make_bucket, meddle, put_object
from tests.effects.in_s3 import (
    BUCKET,
    KEY,
    PUBLISHED,
    declared,
    deployed,
    in_sync,
    overwriting,
    put,
    refused,
)
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here

HEAD = f"HEAD /{BUCKET}/{KEY}"


# What is overwritten under way


@pytest.mark.parametrize("sha256", [True, False])
def test_an_object_that_is_overwritten_before_it_is_deployed_is_a_race(
    world: World, s3: S3Client, *, sha256: bool
) -> None:
    """AWS fetched a newer object: it is told, planned anew, and published once, as it is."""
    put(s3, "new", sha256=sha256)
    world.declare(app=PUBLISHED)
    overwriting(world, s3)

    result = world.one()

    assert Status.UPDATED == result.status
    assert any("it was overwritten meanwhile" in line for line in world.recorder.said)
    assert "AWS fetched another package" in str(result.steps[0].result)
    assert ["UpdateFunctionCode", "PublishVersion"] == world.writes
    assert ["1"] == world.versions("app")
    assert zip_of("newer") == deployed(world) == deployed(world, "1")
    assert in_sync(world)


def test_a_race_of_functions_of_one_object_ends_with_one_code(world: World, s3: S3Client) -> None:
    """Those that were updated before the object was overwritten are as before, or newer."""
    put(s3, "new")
    names = [f"app{number}" for number in range(4)]
    for name in names:
        world.create(name, "old")
        world.declare(**{name: PUBLISHED})
    overwriting(world, s3)

    world.run()
    world.run()

    for name in names:
        assert zip_of("newer") == world.live(name).package.content
        assert zip_of("newer") == world.live(name, world.versions(name)[-1]).package.content


def test_a_declared_version_is_no_race(world: World, s3: S3Client) -> None:
    """What is put meanwhile is another version, and not meant."""
    version = put(s3, "meant")
    world.declare(app=f"{declared(versionId=version)}\npublish: true")
    overwriting(world, s3)

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode", "PublishVersion"] == world.writes
    assert not any("overwritten" in line for line in world.recorder.said)
    assert zip_of("meant") == deployed(world, "1")
    assert in_sync(world)


def test_an_object_that_is_deleted_before_it_is_deployed_is_a_failure(
    world: World, s3: S3Client
) -> None:
    """Lambda passes S3's own answer on, and the function stays as it was."""
    put(s3, "new")
    world.sandbox.inject(
        Fault(operation="UpdateFunctionCode", run=lambda: s3.delete_object(Bucket=BUCKET, Key=KEY))
    )

    result = world.one()

    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert "NoSuchKey" in result.failure.what
    assert zip_of("old") == deployed(world)


def test_a_lost_answer_is_found_done(world: World, s3: S3Client) -> None:
    """The hash that is live tells that the update took place: it is not sent twice."""
    put(s3, "new")
    world.declare(app=PUBLISHED)
    world.sandbox.inject(Fault(operation="UpdateFunctionCode", lose_answer=True))

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode -> None", "PublishVersion"] == world.writes
    assert zip_of("new") == deployed(world, "1")


# What S3 refuses


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ({"bucket": "missing-bucket"}, "s3://missing-bucket/app.zip: no such object or bucket"),
        ({"key": "missing.zip"}, "s3://artifacts/missing.zip: no such object or bucket"),
        ({"versionId": "missing"}, "s3://artifacts/app.zip (version missing): "),
    ],
    ids=["bucket", "key", "version"],
)
def test_what_is_missing_is_told_before_any_write(
    world: World, s3: S3Client, code: dict[str, str], said: str
) -> None:
    """A plan says so too, and names the object."""
    put(s3, "new")
    world.declare(app=declared(**code))

    for plan_only in (True, False):
        assert said in refused(world, FailureKind.PERMANENT, plan_only=plan_only).what


def test_a_deleted_object_is_missing(world: World, s3: S3Client) -> None:
    """A delete marker is newest: older versions do not count."""
    put(s3, "new")
    s3.delete_object(Bucket=BUCKET, Key=KEY)

    assert "no such object or bucket" in refused(world, FailureKind.PERMANENT).what


def test_a_delete_marker_is_no_version_to_deploy(world: World, s3: S3Client) -> None:
    """S3 has nothing to give under the marker's own version."""
    put(s3, "new")
    marker = s3.delete_object(Bucket=BUCKET, Key=KEY)["VersionId"]
    world.declare(app=declared(versionId=marker))

    assert f"(version {marker})" in refused(world, FailureKind.PERMANENT).what


def test_a_bucket_in_another_region_is_refused(world: World, s3: S3Client) -> None:
    """Lambda takes packages from its own region only; the request is not sent on."""
    del s3
    with client(world.sandbox, "s3", "us-east-1") as elsewhere:
        make_bucket(elsewhere, "elsewhere", "us-east-1")
        put_object(elsewhere, "elsewhere", KEY, zip_of("new"))
    world.declare(app=declared(bucket="elsewhere"))

    found = refused(world, FailureKind.PERMANENT)

    assert "the bucket is in us-east-1" in found.what
    assert f"copy the object to a bucket in {REGION}" in found.remedy
    assert 1 == world.sent["HeadObject"]


def test_a_missing_permission_is_named(
    world: World, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy has the actions to grant."""
    put(s3, "new")
    meddle(monkeypatch, HEAD, lambda: Response(status=403))

    found = refused(world, FailureKind.PERMANENT)

    assert "s3://artifacts/app.zip: no permission to read the object" in found.what
    assert "s3:GetObject" in found.remedy


def test_trouble_of_s3_is_waited_out(
    world: World, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two answers of 503 cost two requests more, and nothing else."""
    put(s3, "new")
    trouble = [Response(status=503), Response(status=503)]
    meddle(monkeypatch, HEAD, lambda: trouble.pop() if trouble else None)

    assert Status.UPDATED == world.one().status
    assert 3 == world.sent["HeadObject"]
    assert ["UpdateFunctionCode"] == world.writes


def test_one_missing_object_does_not_stop_the_others(world: World, s3: S3Client) -> None:
    """The function whose object is there is updated."""
    put(s3, "new")
    world.create("lost", "old")
    world.declare(lost=declared(key="missing.zip"))

    statuses = {result.spec.name: result.status for result in world.run().functions}

    assert {"app": Status.UPDATED, "lost": Status.FAILED} == statuses
