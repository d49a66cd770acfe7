from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.artifacts import once
from reconciler.sandbox import Sandbox
from tests.effects import in_ecr
from tests.effects.artifacts import client, make_bucket, push_image
from tests.effects.in_s3 import BUCKET, DECLARED
from tests.effects.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    S3Client = Any  # boto3-stubs has neither here
    EcrClient = Any


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a world whose runs pause too short before another try for a failure to be told on."""
    monkeypatch.setattr(once, "TOLD_FOR", 0)
    with Sandbox(settle=0) as sandbox, World(sandbox, tmp_path) as world:
        yield world


@pytest.fixture
def s3(world: World) -> Iterator[S3Client]:
    """Set up a function and a bucket that keeps versions."""
    world.create("app", "old")
    world.declare(app=DECLARED)
    with client(world.sandbox, "s3") as s3:
        make_bucket(s3, BUCKET, versioned=True)
        yield s3


@pytest.fixture
def ecr(world: World) -> Iterator[EcrClient]:
    """Set up a function that runs an image, and declare the tag ``live``."""
    with client(world.sandbox, "ecr") as ecr:
        in_ecr.create(world, "app", push_image(ecr, in_ecr.REPOSITORY, "old", text="old"))
        world.declare(app=in_ecr.declared(":live"))
        yield ecr
