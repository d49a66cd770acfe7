"""Functions that run an object of the user's bucket, and objects that are not the same any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.artifacts import meddle, put_object
from tests.effects.in_s3 import BUCKET, KEY, deployed, in_sync, put, refused
from tests.effects.test_architecture import native_zip
from tests.effects.world import REGION, pinned, zip_of

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.model import LiveFunction
    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here


class Unversioned:
    """The real calls, but ResolvedS3Object has no S3ObjectVersion, which the API model allows."""

    def __init__(self, functions: BotoLambdaFunctions) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def get_function(self, function_name: str) -> LiveFunction:
        """Leave the version out."""
        live = await self._functions.get_function(function_name)
        assert live.s3_location is not None
        return replace(live, s3_location=replace(live.s3_location, version_id=None))


@pytest.fixture
def moving(world: World, s3: S3Client) -> S3Client:
    """Set up an x86_64 function by reference, which is declared to be arm64 and nothing else."""
    put(s3, "old")
    by_reference(world)
    world.declare(app="architecture: arm64")
    return s3


def by_reference(world: World) -> None:
    """Let the function run what lies under the key now."""
    world.plane.update_function_code(
        "app", region=REGION, S3Bucket=BUCKET, S3Key=KEY, S3ObjectStorageMode="REFERENCE"
    )


def overwrite(s3: S3Client) -> None:
    put(s3, "newer, and not declared")


@pytest.mark.parametrize("plan_only", [True, False])
def test_an_overwritten_object_is_not_sent_for_the_live_one(
    world: World, moving: S3Client, *, plan_only: bool
) -> None:
    """AWS would take what lies under the key by now: code that nobody declared."""
    overwrite(moving)
    world.wrap = Unversioned

    found = refused(world, FailureKind.PERMANENT, plan_only=plan_only)

    assert f"s3://{BUCKET}/{KEY} is another one by now" in found.what
    assert "declare spec.code.s3" in found.remedy
    assert zip_of("old") == deployed(world)


def test_a_pin_is_not_relaxed_for_an_overwritten_object(world: World, moving: S3Client) -> None:
    """It is found out before the first write, not before the second."""
    world.put_mode("app", pinned("x86_64"))
    arm = pinned("arm64").runtime_version_arn
    world.declare(
        app="architecture: arm64\n"
        f"runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: '{arm}'}}"
    )
    overwrite(moving)
    world.wrap = Unversioned

    refused(world, FailureKind.PERMANENT)

    assert pinned("x86_64") == world.mode("app")


def test_an_object_that_is_the_same_goes_without_a_version(world: World, moving: S3Client) -> None:
    """What lies under the key has the live hash, whenever it was put there."""
    put(moving, "old")
    world.wrap = Unversioned

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode"] == world.writes
    assert ("arm64", zip_of("old")) == (world.live("app").architecture, deployed(world))
    assert in_sync(world)


def test_a_version_is_what_is_looked_into(world: World, moving: S3Client) -> None:
    """What was put since, for another machine, says nothing about the object that is run."""
    put_object(moving, BUCKET, KEY, native_zip("x86_64"))

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode"] == world.writes
    assert ("arm64", zip_of("old")) == (world.live("app").architecture, deployed(world))


def test_native_code_of_the_version_that_runs_is_found(world: World, moving: S3Client) -> None:
    """The newest object would do for arm64, and it is not what would be sent."""
    put_object(moving, BUCKET, KEY, native_zip("x86_64"))
    by_reference(world)
    put(moving, "newer")

    assert "lib/fast.x86_64.so is for x86_64" in refused(world, FailureKind.PERMANENT).what


def test_an_object_that_is_replaced_while_it_is_looked_into_is_looked_up_anew(
    world: World, moving: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GetObject asks for the ETag that HeadObject saw; then the key is known to have moved."""
    meddle(monkeypatch, f"GET /{BUCKET}/{KEY}", lambda: overwrite(moving))
    world.wrap = Unversioned

    assert "is another one by now" in refused(world, FailureKind.PERMANENT).what
    assert 1 == world.sent["GetObject"]


def test_a_live_package_of_a_rival_is_looked_into_anew(world: World) -> None:
    """What was found in the package of before says nothing about the one that would go out."""
    world.create("app", "pure")
    world.declare(app="architecture: arm64")
    world.sandbox.inject(
        Fault(
            "UpdateFunctionCode",
            run=lambda: world.plane.update_function_code(
                "app", region=REGION, ZipFile=native_zip("x86_64")
            ),
        )
    )

    result = world.one()

    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert "lib/fast.x86_64.so is for x86_64" in result.failure.what
    assert 1 == len(world.writes)
    assert "x86_64" == world.live("app").architecture
