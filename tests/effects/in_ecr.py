"""A function that runs an image of one repository, and runs that deploy or refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from reconciler.model import Failure, FailureKind, Status
from reconciler.report.exit_code import ExitCode, exit_code
from tests.effects.artifacts import REGISTRY
from tests.effects.world import REGION

if TYPE_CHECKING:
    from tests.effects.world import World

REPOSITORY = "team/orders"
IMAGE = f"{REGISTRY}/{REPOSITORY}"
UPDATE = ["UpdateFunctionCode"]


def create(world: World, name: str, digest: str) -> None:
    """Create a settled function that runs an image."""
    world.plane.create_function(
        name, region=REGION, Code={"ImageUri": f"{IMAGE}@{digest}"}, Role="r"
    )
    world.plane.settle_now(name, region=REGION)


def declared(image: str, repository: str = IMAGE) -> str:
    return f"code: {{imageUri: '{repository}{image}'}}"


def running(world: World, qualifier: str | None = None) -> str | None:
    return world.live("app", qualifier).package.resolved_image_uri


def in_sync(world: World) -> bool:
    """Run once more, and say whether there was nothing to do."""
    return (world.one().status, world.writes) == (Status.IN_SYNC, [])


def refused(world: World, kind: FailureKind = FailureKind.PERMANENT) -> Failure:
    """Plan and apply, expect the same failure before any write, and give it."""
    run, plan = world.run(), world.run(plan_only=True)
    assert world.writes == []
    (result,), (shown,) = run.functions, plan.functions
    assert Status.FAILED == result.status == shown.status
    assert result.failure is not None
    assert shown.failure is not None
    assert (kind, result.failure.what) == (result.failure.kind, shown.failure.what)
    assert ExitCode.of(kind) == exit_code(run, detailed=False)
    return result.failure


def answer(status: int, code: str) -> Response:
    """Answer as ECR does."""
    body = f'{{"__type": "{code}", "message": "of the test"}}'
    return Response(body, status, content_type="application/x-amz-json-1.1")
