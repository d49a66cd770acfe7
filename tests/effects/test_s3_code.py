"""Packages in S3: what is read of an object, and deployed."""

from __future__ import annotations

import io
import random
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from tests.effects.artifacts import meddle, put_in_parts
from tests.effects.in_s3 import (
    BUCKET,
    DECLARED,
    KEY,
    declared,
    deployed,
    in_sync,
    put,
    refused,
    sha256_of,
)
from tests.effects.world import zip_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here

PART = 5 * 1024 * 1024


# What is read


def test_an_object_with_a_checksum_needs_no_download(world: World, s3: S3Client) -> None:
    """S3 knows the SHA-256 of the whole object: one HeadObject, and nothing in a second run."""
    put(s3, "new")

    assert Status.UPDATED == world.one().status
    assert (1, 0) == (world.sent["HeadObject"], world.sent["GetObject"])
    assert ["UpdateFunctionCode"] == world.writes
    assert zip_of("new") == deployed(world)

    assert in_sync(world)
    assert {"HeadObject": 1, "GetFunction": 1} == world.sent


def test_an_overwritten_object_is_drift(world: World, s3: S3Client) -> None:
    """The key is the same and the object another one: it is shown, and deployed."""
    put(s3, "one")
    world.one()
    put(s3, "two")

    plan = world.one(plan_only=True).plan
    assert plan is not None
    (change,) = plan.changes
    old, new = sha256_of(zip_of("one")), sha256_of(zip_of("two"))
    assert ("code", old, new) == (change.field, change.old, change.new)
    assert world.writes == []

    assert Status.UPDATED == world.one().status
    assert zip_of("two") == deployed(world)


def test_a_declared_version_is_deployed_whatever_is_newer(world: World, s3: S3Client) -> None:
    """The versionId goes to S3 and to Lambda; a newer object is no drift."""
    version = put(s3, "meant")
    put(s3, "newer")
    world.declare(app=declared(versionId=version))

    assert Status.UPDATED == world.one().status
    assert zip_of("meant") == deployed(world)
    put(s3, "newest")
    assert in_sync(world)


def test_functions_of_one_object_ask_once(world: World, s3: S3Client) -> None:
    """However many functions run it, S3 is asked for the object once a run."""
    put(s3, "new")
    names = [f"app{number}" for number in range(5)]
    for name in names:
        world.create(name, "old")
        world.declare(**{name: DECLARED})

    run = world.run()

    assert {Status.UPDATED} == {result.status for result in run.functions}
    assert 1 == world.sent["HeadObject"]
    assert {zip_of("new")} == {world.live(name).package.content for name in names}


def in_parts(s3: S3Client) -> bytes:
    """Upload a package in two parts, whose checksum is composite: no hash of the bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("data"), random.Random(1).randbytes(PART))  # noqa: S311 - no secret
    content = buffer.getvalue()
    put_in_parts(s3, BUCKET, KEY, [content[:PART], content[PART:]])
    return content


def test_an_object_in_parts_is_read_once_and_remembered(
    world: World, s3: S3Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A composite checksum says nothing: the object is streamed, and later runs know its hash."""
    content = in_parts(s3)
    world.cache = tmp_path_factory.mktemp("cache")

    assert Status.UPDATED == world.one().status
    assert (1, 1) == (world.sent["HeadObject"], world.sent["GetObject"])
    assert content == deployed(world)

    assert in_sync(world)
    assert (1, 0) == (world.sent["HeadObject"], world.sent["GetObject"])


def test_without_a_cache_each_run_reads_the_object(world: World, s3: S3Client) -> None:
    """Nothing is remembered, and nothing is deployed twice."""
    put(s3, "new", sha256=False)

    assert Status.UPDATED == world.one().status
    assert in_sync(world)
    assert 1 == world.sent["GetObject"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"\xff\x00"),
        lambda file: file.write_text(""),
        lambda file: file.write_text(file.read_text()[:-5]),
        lambda file: file.write_text("A" + file.read_text()[1:]),
    ],
    ids=["garbage", "empty", "cut off", "another hash"],
)
def test_a_damaged_memory_is_not_believed(
    world: World,
    s3: S3Client,
    tmp_path_factory: pytest.TempPathFactory,
    damage: Callable[[Path], object],
) -> None:
    """The object is read again; a wrong hash would be deployed code for drift, in every run."""
    put(s3, "new", sha256=False)
    world.cache = tmp_path_factory.mktemp("cache")
    world.one()
    (file,) = world.cache.iterdir()
    damage(file)

    assert in_sync(world)
    assert 1 == world.sent["GetObject"]
    assert in_sync(world)
    assert 0 == world.sent["GetObject"]


def test_an_overwritten_object_is_not_taken_for_the_remembered_one(
    world: World, s3: S3Client, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """What is remembered is of one version and ETag."""
    world.cache = tmp_path_factory.mktemp("cache")
    for text in ("one", "two"):
        put(s3, text, sha256=False)
        assert Status.UPDATED == world.one().status
        assert 1 == world.sent["GetObject"]
        assert zip_of(text) == deployed(world)


def test_an_object_that_is_replaced_while_it_is_read_is_read_anew(
    world: World, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GetObject asks for what HeadObject saw; the new object is then hashed, and deployed once."""
    put(s3, "first", sha256=False)
    texts = ["other"]  # of the same size

    def overwrite() -> None:
        if texts:
            put(s3, texts.pop(), sha256=False)

    meddle(monkeypatch, f"GET /{BUCKET}/{KEY}", overwrite)

    assert Status.UPDATED == world.one().status
    assert (2, 2) == (world.sent["HeadObject"], world.sent["GetObject"])
    assert ["UpdateFunctionCode"] == world.writes
    assert zip_of("other") == deployed(world)


# What the manifest says of the hash


def test_a_declared_hash_spares_the_download(world: World, s3: S3Client) -> None:
    """S3 has no checksum, and the manifest has: the object is read only before it is sent."""
    put(s3, "new", sha256=False)
    world.declare(app=declared(sha256=sha256_of(zip_of("new"))))

    world.run(plan_only=True)
    assert 0 == world.sent["GetObject"]

    assert Status.UPDATED == world.one().status
    assert 1 == world.sent["GetObject"]
    assert zip_of("new") == deployed(world)
    assert in_sync(world)
    assert 0 == world.sent["GetObject"]


@pytest.mark.parametrize("plan_only", [True, False])
def test_a_wrong_declared_hash_is_found_before_any_write(
    world: World,
    s3: S3Client,
    *,
    plan_only: bool,
) -> None:
    """S3's own checksum contradicts it."""
    put(s3, "new")
    world.declare(app=declared(sha256=sha256_of(b"other")))

    found = refused(world, FailureKind.PERMANENT, plan_only=plan_only)

    assert f"hashes to {sha256_of(zip_of('new'))}" in found.what
    assert sha256_of(b"other") in found.what


@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("cached", [False, True])
def test_a_wrong_declared_hash_is_found_before_any_write_in_every_run(
    world: World,
    s3: S3Client,
    tmp_path_factory: pytest.TempPathFactory,
    *,
    pinned: bool,
    cached: bool,
) -> None:
    """S3 has no checksum: the object is read before it would be sent, once with a cache."""
    version = put(s3, "new", sha256=False)
    more = {"versionId": version} if pinned else {}
    world.declare(app=f"{declared(sha256=sha256_of(b'other'), **more)}\npublish: true")
    world.cache = tmp_path_factory.mktemp("cache") if cached else None

    found = refused(world, FailureKind.PERMANENT)

    assert f"hashes to {sha256_of(zip_of('new'))}" in found.what
    assert f"sha256 is {sha256_of(b'other')}" in found.what
    assert 1 == world.sent["GetObject"]
    assert found == refused(world, FailureKind.PERMANENT)
    assert (0 if cached else 1) == world.sent["GetObject"]
