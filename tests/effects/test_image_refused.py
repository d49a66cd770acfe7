"""Container images that are refused before any write, and ECR that fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.wrappers import Response

from reconciler import manifest
from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.artifacts import REGISTRY, meddle, push_image, push_index
from tests.effects.in_ecr import (
    IMAGE,
    REPOSITORY,
    UPDATE,
    answer,
    create,
    declared,
    in_sync,
    refused,
    running,
)
from tests.effects.world import REGION

if TYPE_CHECKING:
    from tests.effects.world import World

    EcrClient = Any  # boto3-stubs has no ECR here


def test_an_index_is_refused_with_the_way_out(world: World, ecr: EcrClient) -> None:
    """Docker buildx makes an index by default, and Lambda takes none."""
    arm = push_image(ecr, REPOSITORY, None, architecture="arm64", text="new")
    intel = push_image(ecr, REPOSITORY, None, text="new")
    index = push_index(ecr, REPOSITORY, "live", {"arm64": arm, "amd64": intel})

    for image in (":live", f"@{index}"):
        world.declare(app=declared(image))
        found = refused(world)
        assert f"{IMAGE}{image} is an index of images" in found.what
        assert "--provenance=false" in found.remedy
        assert f"linux/arm64 is {IMAGE}@{arm}" in found.remedy
        assert f"linux/amd64 is {IMAGE}@{intel}" in found.remedy

    world.declare(app=declared(f"@{intel}"))
    assert Status.UPDATED == world.one().status


def test_an_image_for_another_platform_is_refused(world: World, ecr: EcrClient) -> None:
    """The image's own configuration says arm64, and the function is x86_64."""
    push_image(ecr, REPOSITORY, "live", architecture="arm64", text="new")

    found = refused(world)

    assert "linux/arm64 is for arm64, and the function is to be x86_64" in found.what
    assert "nativeCheck" in found.remedy


def test_an_image_goes_to_its_own_architecture(world: World, ecr: EcrClient) -> None:
    """With the architecture declared beside it, code and architecture change in one call."""
    digest = push_image(ecr, REPOSITORY, "live", architecture="arm64", text="new")
    world.declare(app=f"{declared(':live')}\narchitecture: arm64")

    assert Status.UPDATED == world.one().status
    assert world.writes == UPDATE
    assert ("arm64", f"{IMAGE}@{digest}") == (world.live("app").architecture, running(world))
    assert in_sync(world)


def test_an_image_that_says_no_platform_is_deployed(world: World, ecr: EcrClient) -> None:
    """Nothing is known against it."""
    push_image(ecr, REPOSITORY, "live", architecture=None, text="new")
    assert Status.UPDATED == world.one().status


def test_a_platform_that_may_not_be_read_does_not_stop_a_deployment(
    world: World, ecr: EcrClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda needs no ecr:GetDownloadUrlForLayer of the reconciler."""
    push_image(ecr, REPOSITORY, "live", architecture="arm64", text="new")
    meddle(monkeypatch, "GetDownloadUrlForLayer", lambda: answer(400, "AccessDeniedException"))
    assert Status.UPDATED == world.one().status


def test_a_platform_that_is_out_of_reach_does_not_stop_a_deployment(
    world: World, ecr: EcrClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A private network may have ECR, and not the bucket that its layers are in."""
    push_image(ecr, REPOSITORY, "live", architecture="arm64", text="new")
    nowhere = json.dumps({"downloadUrl": "http://127.0.0.1:1/layer"})
    asked: list[None] = []

    def elsewhere() -> Response:
        asked.append(None)
        return Response(nowhere, content_type="application/x-amz-json-1.1")

    meddle(monkeypatch, "GetDownloadUrlForLayer", elsewhere)
    assert Status.UPDATED == world.one().status
    assert 2 == len(asked)


def test_the_architecture_of_an_image_needs_an_image(world: World, ecr: EcrClient) -> None:
    """An image is built for one architecture: the live one is not sent again for another."""
    del ecr
    world.declare(app="architecture: arm64")

    found = refused(world)

    assert "an image is built for one architecture" in found.what
    assert "declare spec.code.imageUri with an image for arm64" in found.remedy


@pytest.mark.parametrize(
    ("image", "said"),
    [
        (f"{IMAGE}:missing", f"{IMAGE}:missing: "),
        (f"{IMAGE}@sha256:{'0' * 64}", f"{IMAGE}@sha256:{'0' * 64}: "),
        (f"{REGISTRY}/missing:live", "RepositoryNotFoundException"),
    ],
    ids=["tag", "digest", "repository"],
)
def test_what_is_missing_is_told_before_any_write(
    world: World, ecr: EcrClient, image: str, said: str
) -> None:
    """ECR's own words, for the image that was asked for."""
    push_image(ecr, REPOSITORY, "live", text="new")
    world.declare(app=declared("", image))

    assert said in refused(world).what


def test_one_missing_image_does_not_stop_the_others(world: World, ecr: EcrClient) -> None:
    """They are looked up in one call, and each has its own answer."""
    digest = push_image(ecr, REPOSITORY, "live", text="new")
    create(world, "lost", digest)
    world.declare(lost=declared(":missing"))

    statuses = {result.spec.name: result.status for result in world.run().functions}

    assert {"app": Status.UPDATED, "lost": Status.FAILED} == statuses


def test_another_regions_image_is_refused_with_its_place(world: World, ecr: EcrClient) -> None:
    """Lambda takes images of its own region only: known before anything is asked of AWS."""
    del ecr
    elsewhere = IMAGE.replace(REGION, "us-east-1")
    world.declare(app=declared(":live", elsewhere))

    loaded = manifest.load(
        [str(world.folder)], environment={}, default_region=REGION, standard_input=None
    )

    (error,) = loaded.errors
    assert "app.yaml:5:" in str(error)
    assert "us-east-1, but the function is in eu-west-1" in str(error)
    assert "replicate" in str(error)


# Zip and image


def test_an_image_is_refused_for_a_zip_function(world: World, ecr: EcrClient) -> None:
    """AWS never changes the package type; nothing is fetched or sent."""
    push_image(ecr, REPOSITORY, "live", text="new")
    world.create("zipped")
    world.declare(app="suspend: true", zipped=declared(":live"))

    for plan_only in (True, False):
        failure = next(
            result.failure
            for result in world.run(plan_only=plan_only).functions
            if result.spec.name == "zipped"
        )
        assert failure is not None
        assert FailureKind.PERMANENT is failure.kind
        assert "package type is Zip and the manifest declares Image code" in failure.what
        assert "delete and recreate" in failure.remedy
        assert world.writes == []


def test_a_zip_file_is_refused_for_an_image_function(world: World, ecr: EcrClient) -> None:
    """The other way round, for a plan and for a run."""
    del ecr
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")

    found = refused(world)

    assert "package type is Image and the manifest declares Zip code" in found.what


def test_a_runtime_mode_is_refused_for_an_image_function(world: World, ecr: EcrClient) -> None:
    """The runtime is inside the image; Lambda is not asked for a mode."""
    del ecr
    world.declare(app="runtimeManagement: {updateRuntimeOn: Auto}")

    assert "spec.runtimeManagement" in refused(world).what
    assert not any("RuntimeManagement" in call for call in world.calls)


# What fails for a while


@pytest.mark.parametrize(
    ("operation", "trouble"),
    [
        ("BatchGetImage", (500, "ServerException")),
        ("BatchGetImage", (400, "ThrottlingException")),
        ("GetDownloadUrlForLayer", (500, "ServerException")),
    ],
)
def test_trouble_of_ecr_is_waited_out(
    world: World,
    ecr: EcrClient,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    trouble: tuple[int, str],
) -> None:
    """Two answers that may pass cost two requests more, and nothing else."""
    digest = push_image(ecr, REPOSITORY, "live", text="new")
    left = [trouble, trouble]
    meddle(monkeypatch, operation, lambda: answer(*left.pop()) if left else None)

    assert Status.UPDATED == world.one().status
    assert 3 == world.sent[operation]
    assert world.writes == UPDATE
    assert f"{IMAGE}@{digest}" == running(world)


def test_trouble_of_ecr_that_stays_is_a_temporary_failure(
    world: World, ecr: EcrClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run gives up on the function, with ECR's words and before any write."""
    push_image(ecr, REPOSITORY, "live", text="new")
    meddle(monkeypatch, "BatchGetImage", lambda: answer(500, "ServerException"))

    assert "BatchGetImage: ServerException" in refused(world, FailureKind.TEMPORARY).what


def test_a_missing_permission_is_named(
    world: World, ecr: EcrClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The remedy has the actions to grant."""
    push_image(ecr, REPOSITORY, "live", text="new")
    meddle(monkeypatch, "BatchGetImage", lambda: answer(400, "AccessDeniedException"))

    assert "ecr:BatchGetImage" in refused(world).remedy


def test_a_lost_answer_is_found_done(world: World, ecr: EcrClient) -> None:
    """The digest that is live tells that the update took place: it is not sent twice."""
    digest = push_image(ecr, REPOSITORY, "live", text="new")
    world.sandbox.inject(Fault(operation="UpdateFunctionCode", lose_answer=True))

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode -> None"] == world.writes
    assert f"{IMAGE}@{digest}" == running(world)


def test_an_image_that_lambda_cannot_start_is_told(world: World, ecr: EcrClient) -> None:
    """The update is accepted and fails: AWS's reason, and what to do about it."""
    push_image(ecr, REPOSITORY, "live", text="new")
    world.sandbox.inject(
        Fault(
            operation="UpdateFunctionCode",
            fail_update=("ImageAccessDenied", "Lambda does not have permission."),
        )
    )

    result = world.one()

    assert result.failure is not None
    assert "ImageAccessDenied" in result.failure.what
    assert world.writes == UPDATE
