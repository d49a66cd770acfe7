"""Container images, from the tag in ECR to the function: what is looked up and sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model import PackageType, Status
from reconciler.sandbox import Fault
from tests.effects.artifacts import REGISTRY, push_image
from tests.effects.in_ecr import IMAGE, REPOSITORY, UPDATE, create, declared, in_sync, running

if TYPE_CHECKING:
    from tests.effects.world import World

    EcrClient = Any  # boto3-stubs has no ECR here


def test_a_tag_is_deployed_by_its_digest(world: World, ecr: EcrClient) -> None:
    """The tag is looked up once, and what it stands for is named to Lambda."""
    digest = push_image(ecr, REPOSITORY, "live", text="new")

    assert Status.UPDATED == world.one().status
    assert world.writes == UPDATE
    assert 1 == world.sent["BatchGetImage"]
    live = world.live("app")
    assert (PackageType.IMAGE, f"{IMAGE}@{digest}") == (live.package.package_type, running(world))
    assert f"{IMAGE}@{digest}" == live.package.image_uri

    assert in_sync(world)
    assert {"BatchGetImage": 1, "GetFunction": 1} == world.sent


def test_a_digest_is_taken_as_it_is(world: World, ecr: EcrClient) -> None:
    """A tag beside it does not count, wherever it points."""
    digest = push_image(ecr, REPOSITORY, None, text="new")
    world.declare(app=declared(f":old@{digest}"))

    assert Status.UPDATED == world.one().status
    assert f"{IMAGE}@{digest}" == running(world)
    assert in_sync(world)


def test_a_moved_tag_is_drift(world: World, ecr: EcrClient) -> None:
    """The manifest is the same, the image is another: both digests are shown."""
    first = push_image(ecr, REPOSITORY, "live", text="first")
    world.one()
    second = push_image(ecr, REPOSITORY, "live", text="second")

    plan = world.one(plan_only=True).plan
    assert plan is not None
    (change,) = plan.changes
    digests = [each.removeprefix("sha256:") for each in (first, second)]
    assert ["code", *digests] == [change.field, change.old, change.new]
    assert world.writes == []

    assert Status.UPDATED == world.one().status
    assert f"{IMAGE}@{second}" == running(world)
    assert in_sync(world)


def test_a_tag_that_moves_under_way_is_not_deployed_in_part(world: World, ecr: EcrClient) -> None:
    """What was planned is deployed and published; the next run finds the drift."""
    planned = push_image(ecr, REPOSITORY, "live", text="planned")
    world.declare(app=f"{declared(':live')}\npublish: true")
    world.sandbox.inject(
        Fault(
            operation="UpdateFunctionCode",
            run=lambda: push_image(ecr, REPOSITORY, "live", text="later"),
        )
    )

    assert Status.UPDATED == world.one().status
    assert [*UPDATE, "PublishVersion"] == world.writes
    assert f"{IMAGE}@{planned}" == running(world) == running(world, "1")
    assert Status.UPDATED == world.one().status
    assert ["1", "2"] == world.versions("app")
    assert in_sync(world)


def test_the_same_image_in_another_repository_is_drift(world: World, ecr: EcrClient) -> None:
    """Its digest is equal; the function must not depend on the old repository any more."""
    old = push_image(ecr, REPOSITORY, "live", text="same")
    world.declare(app=f"{declared(':live')}\npublish: true")
    world.one()
    assert old == push_image(ecr, "moved/orders", "live", text="same")
    moved = f"{REGISTRY}/moved/orders"
    world.declare(app=f"{declared(':live', moved)}\npublish: true")

    plan = world.one(plan_only=True).plan
    assert plan is not None
    assert ["code", "publish"] == [change.field for change in plan.changes]
    assert (f"{IMAGE}@{old}", f"{moved}@{old}") == (plan.changes[0].old, plan.changes[0].new)

    assert Status.UPDATED == world.one().status
    assert [*UPDATE, "PublishVersion"] == world.writes
    assert f"{moved}@{old}" == running(world) == running(world, "2")
    assert in_sync(world)


def test_the_images_of_one_repository_are_looked_up_together(world: World, ecr: EcrClient) -> None:
    """120 functions with a tag each take two calls: ECR takes 100 images in one."""
    digest = push_image(ecr, REPOSITORY, "live", text="new")
    body = ecr.batch_get_image(repositoryName=REPOSITORY, imageIds=[{"imageTag": "live"}])
    content = body["images"][0]["imageManifest"]
    world.declare(app="suspend: true")
    for number in range(120):
        tag = f"v{number}"
        ecr.put_image(repositoryName=REPOSITORY, imageManifest=content, imageTag=tag)
        create(world, tag, digest)
        world.declare(**{tag: declared(f":{tag}")})

    run = world.run(plan_only=True)

    statuses = [each.status for each in run.functions if each.spec.name != "app"]
    assert [Status.IN_SYNC] * 120 == statuses
    assert 2 == world.sent["BatchGetImage"]
