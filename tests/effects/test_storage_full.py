"""Code storage is full, as one function finds out: what the others are spared, and what not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from reconciler.report.exit_code import ExitCode, exit_code
from reconciler.sandbox import Fault
from tests.effects.artifacts import client, make_bucket, put_object
from tests.effects.in_s3 import BUCKET, DECLARED, KEY
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION, pinned, zip_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import Failure, FunctionResult
    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here

CODE = "code: {zipFile: new.zip}"
REFUSED = "UpdateFunctionCode -> 400"
FULL = Fault(
    operation="UpdateFunctionCode",
    function="first",
    status=400,
    code="CodeStorageExceededException",
    message="Code storage limit exceeded.",
    times=1000,
)


def pin(architecture: str) -> str:
    """Write Manual, at the sandbox's runtime version for the architecture."""
    arn = pinned(architecture).runtime_version_arn
    return f"runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: '{arn}'}}"


@pytest.fixture
def full(world: World) -> World:
    """Set up a function that meets full storage, and one after it."""
    world.package("new", "new")
    for name in ("first", "second"):
        world.create(name, "old")
        world.declare(**{name: CODE})
    world.sandbox.inject(FULL)
    return world


@pytest.fixture
def s3(full: World) -> Iterator[S3Client]:
    with client(full.sandbox, "s3") as s3:
        make_bucket(s3, BUCKET, versioned=True)
        yield s3


def second(
    world: World, *, plan_only: bool = False, server_side: bool = False
) -> tuple[FunctionResult, Failure | None]:
    """Run one after the other; the first meets the fault, and the second is given."""
    run = world.run(plan_only=plan_only, server_side=server_side, parallelism=1)
    first, result = run.functions
    assert (Status.FAILED, REFUSED) == (first.status, world.writes[0])
    assert ExitCode.PERMANENT == exit_code(run, detailed=False)
    return result, result.failure


def halted(world: World, step: str, *, server_side: bool = False) -> None:
    """Expect that nothing of the second function was sent, and which step is why."""
    result, failure = second(world, plan_only=server_side, server_side=server_side)
    assert (Status.NOT_ATTEMPTED, ()) == (result.status, result.steps)
    assert [REFUSED] == world.writes
    assert failure is not None
    assert FailureKind.PERMANENT is failure.kind
    assert f"{step} was not sent; another function met" in failure.what
    assert "CodeStorageExceededException" in failure.what


@pytest.mark.parametrize("mode", [pin("arm64"), "runtimeManagement: {updateRuntimeOn: Auto}"])
def test_a_pin_is_not_relaxed_for_an_update_that_will_not_be_sent(full: World, mode: str) -> None:
    """The function would be left unpinned, with nothing gained."""
    full.put_mode("second", pinned("x86_64"))
    full.declare(second=f"{CODE}\narchitecture: arm64\n{mode}")

    halted(full, "UpdateFunctionCode (arm64)")

    assert pinned("x86_64") == full.mode("second")


def test_a_version_by_itself_is_not_published(full: World) -> None:
    """A version is a copy of the code, and takes room as an update does."""
    full.create("second-published", "new")
    (full.folder / "second.yaml").unlink()
    full.declare(**{"second-published": f"{CODE}\npublish: true"})

    halted(full, "PublishVersion")

    assert [] == full.versions("second-published")


def test_a_dry_run_is_not_sent(full: World) -> None:
    """A plan on the server's side uploads each package: what one met is not asked again."""
    halted(full, "UpdateFunctionCode (x86_64)", server_side=True)


def test_a_halt_after_the_first_write_is_a_failure(full: World) -> None:
    """The mode needs no room and is put; the function was attempted, and is not done."""
    full.declare(second=f"{CODE}\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}")

    result, failure = second(full)

    assert Status.FAILED == result.status
    assert [REFUSED, "PutRuntimeManagementConfig"] == full.writes
    assert [
        ("Succeeded", "FunctionUpdate on $LATEST"),
        ("NotAttempted", None),
    ] == [(record.status, record.result) for record in result.steps]
    assert FUNCTION_UPDATE == full.mode("second")
    assert failure is not None
    assert "UpdateFunctionCode (x86_64) was not sent" in failure.what
    assert "pin" not in failure.what


def test_a_package_in_the_users_own_bucket_is_deployed(full: World, s3: S3Client) -> None:
    """
    It takes no room of Lambda's.

    Developer guide, configuration-self-managed-storage: the way out when storage is full.
    """
    put_object(s3, BUCKET, KEY, zip_of("old"))
    full.plane.update_function_code(
        "second", region=REGION, S3Bucket=BUCKET, S3Key=KEY, S3ObjectStorageMode="REFERENCE"
    )
    put_object(s3, BUCKET, KEY, zip_of("new"))
    full.declare(second=f"{DECLARED}\npublish: true")

    result, _ = second(full)

    assert Status.UPDATED == result.status
    assert [REFUSED, "UpdateFunctionCode", "PublishVersion"] == full.writes
    assert zip_of("new") == full.live("second", "1").package.content
    assert AUTO == full.mode("second")
