"""A watch over code that lies in S3 or ECR, and changes there without any manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import Status
from tests.effects import in_ecr, in_s3
from tests.effects.artifacts import push_image
from tests.effects.test_watch import NAMES
from tests.effects.watching import Watching
from tests.effects.world import zip_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.effects.world import World

    Client = Any  # boto3-stubs has neither S3 nor ECR here

LIST = ["ListFunctions"]


def in_bucket(world: World, s3: Client, declared: str = in_s3.DECLARED) -> Watching:
    """Let all functions run one object."""
    in_s3.put(s3, "same")
    for name in NAMES:
        world.create(name, "same")
    world.declare(app=declared, **dict.fromkeys(NAMES, declared))
    return Watching(world)


def of_lambda(calls: list[str]) -> list[str]:
    """Leave out what S3 and ECR were asked."""
    return [call for call in calls if "/" not in call]


def test_an_object_that_was_overwritten_is_deployed_in_the_next_round(
    world: World, s3: Client
) -> None:
    """One HeadObject for all that use it tells; Lambda's list shows what they run."""
    watching = in_bucket(world, s3)
    watching.after[2] = lambda: in_s3.put(s3, "new")
    watching.run(4)
    assert LIST == of_lambda(watching.calls[1])
    assert 1 == watching.rounds[1].result.calls["HeadObject"]
    assert {Status.UPDATED} == set(watching.statuses()[2].values())
    assert 10 == len(watching.statuses()[2])
    assert {} == watching.statuses()[3]


def test_an_object_without_a_hash_is_not_fetched_in_each_round(
    world: World, s3: Client, tmp_path: Path
) -> None:
    """What it hashed to is remembered, in the folder of the cache."""
    world.cache = tmp_path / "cache"
    watching = in_bucket(world, s3)
    in_s3.put(s3, "same", sha256=False)
    watching.run(3)
    assert [1, 0, 0] == [done.result.calls.get("GetObject", 0) for done in watching.rounds]
    assert [{}, {}] == watching.statuses()[1:]


@pytest.mark.parametrize("fixed", ["versionId", "sha256"])
def test_what_cannot_change_is_not_looked_up_again(world: World, s3: Client, fixed: str) -> None:
    """A version of an object is the same for ever, and a hash is what it is."""
    version = in_s3.put(s3, "same")
    value = version if fixed == "versionId" else in_s3.sha256_of(zip_of("same"))
    watching = in_bucket(world, s3, in_s3.declared(**{fixed: value}))
    watching.run(2)
    assert {"ListFunctions": 1} == watching.rounds[1].result.calls


def test_an_object_that_is_gone_fails_its_functions_until_it_is_back(
    world: World, s3: Client
) -> None:
    """Its return ends their pauses."""
    watching = in_bucket(world, s3)
    watching.after = {
        1: lambda: s3.delete_object(Bucket=in_s3.BUCKET, Key=in_s3.KEY),
        3: lambda: in_s3.put(s3, "same"),
    }
    watching.run(5)
    assert {Status.FAILED} == set(watching.statuses()[1].values())
    assert {} == watching.statuses()[2]
    assert {Status.IN_SYNC} == set(watching.statuses()[3].values())
    assert {} == watching.statuses()[4]


@pytest.fixture
def images(world: World, ecr: Client) -> Watching:
    """Let all functions run what a tag points to."""
    digest = push_image(ecr, in_ecr.REPOSITORY, "live", text="old")
    for name in NAMES:
        in_ecr.create(world, name, digest)
    world.declare(**dict.fromkeys(NAMES, in_ecr.declared(":live")))
    return Watching(world)


def test_a_tag_that_moved_is_followed_in_the_next_round(images: Watching, ecr: Client) -> None:
    """One BatchGetImage for all of a repository tells."""
    images.after[2] = lambda: push_image(ecr, in_ecr.REPOSITORY, "live", text="new")
    images.run(4)
    assert {"BatchGetImage": 1, "ListFunctions": 1} == images.rounds[1].result.calls
    assert {Status.UPDATED} == set(images.statuses()[2].values())
    assert {} == images.statuses()[3]
