"""What one run asks of S3 and ECR: each thing once, and images together."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import Package, RemoteArtifacts
from reconciler.artifacts.once import TOLD_FOR
from reconciler.model import FailureKind, ReconcileError, ZipFile
from tests.unit.builders import location
from tests.unit.stores import (
    ABSENT,
    BUSY,
    DENIED,
    REGION,
    REGISTRY,
    Images,
    Objects,
    World,
    image,
    image_digest,
    manifest,
    s3_object,
    sha256,
)
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.artifacts import RemoteSource
    from reconciler.model import Image


def _world(*tags: str) -> World:
    found = {tag: manifest(tag) for tag in tags}
    return World(Objects(content={"a.zip": b"old", "b.zip": b"b"}), Images(found=dict(found)))


async def _all(
    artifacts: RemoteArtifacts, sources: list[RemoteSource]
) -> list[Package | BaseException]:
    asked = (artifacts.resolve(source, REGION) for source in sources)
    return await asyncio.gather(*asked, return_exceptions=True)


def _images(count: int, repository: str = "app") -> list[Image]:
    return [image(f"{repository}:v{number}", line=number) for number in range(count)]


# S3.


def test_an_object_is_looked_up_once_for_all_functions() -> None:
    """Where they are declared does not matter, at once or later."""
    world = _world()
    sources: list[RemoteSource] = [s3_object(line=line) for line in range(3)]

    async def ask() -> tuple[list[Package | BaseException], Package]:
        artifacts = world.artifacts(*sources)
        return await _all(artifacts, sources), await artifacts.resolve(s3_object(line=9), REGION)

    together, later = run(ask())
    assert [later] * 3 == together
    assert (1, 1) == (len(world.s3.heads), len(world.s3.downloads))


@pytest.mark.parametrize(
    "other",
    [
        s3_object("b.zip"),
        s3_object(version_id="v1"),
        s3_object(declared=sha256(b"old")),
    ],
    ids=["key", "version", "sha256"],
)
def test_another_object_is_looked_up_by_itself(other: RemoteSource) -> None:
    """Whatever can make a difference does; a wrong hash fails for those who declare it alone."""
    world = _world()
    run(_all(world.artifacts(), [s3_object(), other]))
    assert 2 == len(world.s3.heads)


def test_each_region_is_asked_for_itself() -> None:
    """A bucket is reached from one region and refused from another."""
    world = _world()

    async def ask() -> None:
        artifacts = world.artifacts()
        await artifacts.resolve(s3_object(), REGION)
        with pytest.raises(KeyError):
            await artifacts.resolve(s3_object(), "us-east-1")

    run(ask())
    assert 1 == len(world.s3.heads)


def test_a_failed_lookup_is_begun_again_by_the_next_asker() -> None:
    """What was wrong for a moment is not held against the rest of the run."""
    world = _world()
    world.s3.errors = [BUSY]

    async def ask() -> list[Package | BaseException]:
        artifacts = world.artifacts()
        failed = await _all(artifacts, [s3_object(), s3_object()])
        await asyncio.sleep(TOLD_FOR)
        return [*failed, await artifacts.resolve(s3_object(), REGION)]

    first, second, package = run(ask())
    assert [str(ReconcileError(BUSY))] * 2 == [str(first), str(second)]
    assert not isinstance(package, BaseException)
    assert sha256(b"old") == str(package.digest)
    assert 2 == len(world.s3.heads)


def test_an_object_that_was_overwritten_is_seen_after_forgetting() -> None:
    """AWS has answered with another hash: the next plan is made of what lies there now."""
    world = _world()

    async def ask() -> list[str]:
        artifacts = world.artifacts()
        old = await artifacts.resolve(s3_object(), REGION)
        world.s3.content["a.zip"] = b"new"
        still = await artifacts.resolve(s3_object(line=2), REGION)
        artifacts.forget(s3_object(line=3), REGION)
        new = await artifacts.resolve(s3_object(), REGION)
        return [str(package.digest) for package in (old, still, new)]

    assert [sha256(b"old"), sha256(b"old"), sha256(b"new")] == run(ask())


def test_a_declared_hash_is_proven_anew_after_forgetting() -> None:
    """Another object came after the first was read: it is not what the manifest declares."""
    world = _world()
    source = s3_object(declared=sha256(b"old"))

    async def ask() -> None:
        artifacts = world.artifacts()
        await (await artifacts.resolve(source, REGION)).content()
        world.s3.content["a.zip"] = b"new"
        artifacts.forget(source, REGION)
        again = await artifacts.resolve(source, REGION)
        assert sha256(b"old") == str(again.digest)
        await again.content()

    with pytest.raises(ReconcileError) as raised:
        run(ask())
    assert FailureKind.INVALID is raised.value.failure.kind
    assert f"hashes to {sha256(b'new')}" in raised.value.failure.what


def test_the_cache_is_used(tmp_path: Path) -> None:
    """A second run downloads nothing, unless AWS has contradicted what is remembered."""

    async def ask(world: World, *, doubted: bool = False) -> int:
        artifacts = RemoteArtifacts(world, (), tmp_path)
        if doubted:
            artifacts.forget(s3_object(), REGION)
        await artifacts.resolve(s3_object(), REGION)
        return len(world.s3.downloads)

    assert [1, 0, 1] == [
        run(ask(_world())),
        run(ask(_world())),
        run(ask(_world(), doubted=True)),
    ]


# Images.


@pytest.mark.parametrize(
    ("count", "calls"), [(1, [1]), (2, [2]), (100, [100]), (101, [100, 1]), (201, [100, 100, 1])]
)
def test_images_of_one_repository_are_looked_up_together(count: int, calls: list[int]) -> None:
    """A hundred to a call (API reference, BatchGetImage), each once, and each its own digest."""
    sources = _images(count)
    world = _world(*(f"v{number}" for number in range(count)))
    packages = run(_all(world.artifacts(*sources, *sources), [*sources, *sources]))
    digests = [str(package.digest) for package in packages if isinstance(package, Package)]
    expected = [image_digest(f"v{number}").removeprefix("sha256:") for number in range(count)]
    assert [*expected, *expected] == digests
    assert calls == [len(ids) for _, ids in world.ecr.calls]
    assert count == len({image_id for _, ids in world.ecr.calls for image_id in ids})


def test_who_asks_later_finds_what_was_fetched_along() -> None:
    """Functions take turns; the first one's call has answered the second one's question."""
    world = _world("v0", "v1", "v2")
    sources = _images(3)

    async def ask() -> None:
        artifacts = world.artifacts(*sources)
        for source in reversed(sources):
            await artifacts.resolve(source, REGION)

    run(ask())
    assert [("app", ("v2", "v0", "v1"))] == world.ecr.calls


def test_each_repository_has_its_own_calls() -> None:
    """BatchGetImage names one repository."""
    world = _world("v0", "v1")
    sources = [*_images(2), *_images(2, "other")]
    run(_all(world.artifacts(*sources), list(sources)))
    assert [("app", ("v0", "v1")), ("other", ("v0", "v1"))] == world.ecr.calls


def test_what_cannot_be_deployed_is_not_fetched_along() -> None:
    """Images for functions of another region, or of another registry, are no use to anybody."""
    world = _world("v0")
    [source] = _images(1)
    elsewhere = [(image("app:v9"), "us-east-1"), (image("x", "registry.example"), REGION)]
    run(_all(world.artifacts(source, also=elsewhere), [source]))
    assert [("app", ("v0",))] == world.ecr.calls


def test_an_image_that_nobody_announced_is_found() -> None:
    """It only is not fetched along with others."""
    world = _world("v0")
    [package] = run(_all(world.artifacts(), list(_images(1))))
    assert not isinstance(package, BaseException)
    assert f"{REGISTRY}/app@{image_digest('v0')}" == package.resolved_image_uri


def test_one_missing_image_does_not_fail_the_others() -> None:
    """It fails for whom it concerns, and is asked for again when somebody asks."""
    world = _world("v0", "v2")
    sources = _images(3)

    async def ask() -> tuple[list[Package | BaseException], Package]:
        artifacts = world.artifacts(*sources)
        found = await _all(artifacts, list(sources))
        world.ecr.found["v1"] = manifest("v1")
        return found, await artifacts.resolve(sources[1], REGION)

    found, pushed = run(ask())
    assert [False, True, False] == [isinstance(package, ReconcileError) for package in found]
    assert str(ReconcileError(ABSENT)) == str(found[1])
    assert image_digest("v1").endswith(str(pushed.digest))
    assert [("app", ("v0", "v1", "v2")), ("app", ("v1",))] == world.ecr.calls


def test_a_failed_call_fails_all_of_it_and_is_made_again() -> None:
    """Who asks next asks for all of it anew."""
    world = _world("v0", "v1")
    world.ecr.errors = [DENIED]
    sources = _images(2)

    async def ask() -> tuple[list[Package | BaseException], list[Package | BaseException]]:
        artifacts = world.artifacts(*sources)
        return await _all(artifacts, list(sources)), await _all(artifacts, list(sources))

    failed, found = run(ask())
    assert [str(ReconcileError(DENIED))] * 2 == [str(failure) for failure in failed]
    assert not any(isinstance(package, BaseException) for package in found)
    assert [("app", ("v0", "v1"))] * 2 == world.ecr.calls


def test_a_moved_tag_is_seen_after_forgetting() -> None:
    """One image is asked for again; the others' answers stand."""
    world = _world("v0", "v1")
    sources = _images(2)

    async def ask() -> list[str]:
        artifacts = world.artifacts(*sources)
        await _all(artifacts, list(sources))
        world.ecr.found["v0"] = manifest("moved")
        still = await artifacts.resolve(image("app:v0"), REGION)
        artifacts.forget(image("app:v0"), REGION)
        moved = await artifacts.resolve(image("app:v0"), REGION)
        return [f"sha256:{package.digest}" for package in (still, moved)]

    assert [image_digest("v0"), image_digest("moved")] == run(ask())
    assert [("app", ("v0", "v1")), ("app", ("v0",))] == world.ecr.calls


def test_what_cannot_be_deployed_can_be_forgotten() -> None:
    """It is asked for nowhere."""
    world = _world()
    world.artifacts().forget(image("x", "registry.example"), REGION)
    assert [] == world.ecr.calls


def test_what_is_on_this_machine_is_not_announced_nor_asked_for(tmp_path: Path) -> None:
    """It is resolved before the run; to ask for it here is a mistake of the program."""
    source = ZipFile(tmp_path / "a.zip", location())
    artifacts = RemoteArtifacts(_world(), [(source, REGION)], None)
    with pytest.raises(AssertionError):
        run(artifacts.resolve(source, REGION))
    with pytest.raises(AssertionError):
        artifacts.forget(source, REGION)
