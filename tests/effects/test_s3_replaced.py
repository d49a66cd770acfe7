"""Declared S3 objects that are replaced while they are looked into, and signals meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from tests.effects.artifacts import meddle, put_object
from tests.effects.in_s3 import BUCKET, DECLARED, KEY, deployed, in_sync, put, refused
from tests.effects.test_architecture import native_zip
from tests.effects.world import zip_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here

HEAD, GET = f"HEAD /{BUCKET}/{KEY}", f"GET /{BUCKET}/{KEY}"


@pytest.fixture
def moving(world: World, s3: S3Client) -> S3Client:
    """Declare the object for another architecture, so that it is looked into for native code."""
    put(s3, "new")
    world.declare(app=f"{DECLARED}\narchitecture: arm64")
    return s3


def replacing(
    monkeypatch: pytest.MonkeyPatch, s3: S3Client, content: bytes, times: int = 1
) -> None:
    """Let somebody put another object before each of the next downloads."""
    left = [content + bytes(number) for number in range(times)]  # zip files may have a tail

    def replace() -> None:
        if left:
            put_object(s3, BUCKET, KEY, left.pop())

    meddle(monkeypatch, GET, replace)


def test_an_object_that_is_replaced_before_it_is_looked_into_is_looked_up_anew(
    world: World, moving: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 answers 412 to the ETag of before: the new object is hashed, and deployed once."""
    replacing(monkeypatch, moving, zip_of("newer"))

    assert Status.UPDATED == world.one().status
    assert (2, 2) == (world.sent["HeadObject"], world.sent["GetObject"])
    assert ["UpdateFunctionCode"] == world.writes
    assert ("arm64", zip_of("newer")) == (world.live("app").architecture, deployed(world))
    assert in_sync(world)


def test_a_plan_looks_the_object_up_anew_too(
    world: World, moving: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is shown is what lies there, native code for the wrong machine included."""
    replacing(monkeypatch, moving, native_zip("x86_64"))

    found = refused(world, FailureKind.PERMANENT, plan_only=True)

    assert "lib/fast.x86_64.so is for x86_64" in found.what


def test_an_object_that_is_replaced_again_and_again_is_given_up(
    world: World, moving: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tries are bounded, and nothing was written."""
    replacing(monkeypatch, moving, zip_of("newer"), times=100)

    found = refused(world, FailureKind.TEMPORARY)

    assert "the object was replaced while it was read" in found.remedy
    assert world.wait.attempts == world.sent["GetObject"] == world.sent["HeadObject"]


def test_a_signal_ends_the_look_at_an_object(
    world: World, s3: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What all functions share stops as well: after HeadObject no GetObject is sent."""
    put(s3, "new", sha256=False)
    meddle(monkeypatch, HEAD, lambda: world.stop.request(15))

    result = world.one()

    assert (Status.NOT_ATTEMPTED, None) == (result.status, result.failure)
    assert (1, 0) == (world.sent["HeadObject"], world.sent["GetObject"])
    assert world.calls == []


def test_a_signal_ends_a_download(
    world: World,
    s3: S3Client,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """No piece is read after it, so that no hash is there to be remembered."""
    put(s3, "new", sha256=False)
    world.cache = tmp_path_factory.mktemp("cache")
    meddle(monkeypatch, GET, lambda: world.stop.request(2))

    assert Status.NOT_ATTEMPTED == world.one().status
    assert 1 == world.sent["GetObject"]
    assert [] == remembered(world.cache)


def remembered(cache: Path) -> list[str]:
    return [file.name for file in cache.iterdir()]
