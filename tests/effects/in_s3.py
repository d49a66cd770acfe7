"""A function whose package is one object of a bucket, and runs that deploy or refuse it."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from reconciler.model import Failure, FailureKind, Status
from reconciler.report.exit_code import ExitCode, exit_code
from reconciler.sandbox import Fault
from tests.effects.artifacts import put_object
from tests.effects.world import zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

    S3Client = Any  # boto3-stubs has no S3 here

BUCKET, KEY = "artifacts", "app.zip"
DECLARED = f"code: {{s3: {{bucket: {BUCKET}, key: {KEY}}}}}"
PUBLISHED = f"{DECLARED}\npublish: true"


def sha256_of(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def put(s3: S3Client, text: str, *, sha256: bool = True) -> str:
    """Put a package under the key, and give its version."""
    version = put_object(s3, BUCKET, KEY, zip_of(text), sha256=sha256)
    assert version is not None
    return version


def declared(**more: str) -> str:
    """Write the code's YAML, with more about the object."""
    members = {"bucket": BUCKET, "key": KEY, **more}
    return "code: {s3: {" + ", ".join(f"{key}: '{text}'" for key, text in members.items()) + "}}"


def deployed(world: World, qualifier: str | None = None) -> bytes | None:
    return world.live("app", qualifier).package.content


def in_sync(world: World) -> bool:
    """Run once more, and say whether there was nothing to do."""
    return (world.one().status, world.writes) == (Status.IN_SYNC, [])


def refused(world: World, kind: FailureKind, *, plan_only: bool = False) -> Failure:
    """Run, expect a failure before any write, and give it."""
    run = world.run(plan_only=plan_only)
    (result,) = run.functions
    assert Status.FAILED == result.status
    assert result.failure is not None
    assert kind is result.failure.kind
    assert ExitCode.of(kind) == exit_code(run, detailed=False)
    assert world.writes == []
    return result.failure


def overwriting(world: World, s3: S3Client, text: str = "newer") -> None:
    """Let somebody put another object between the hash and the update."""
    world.sandbox.inject(Fault(operation="UpdateFunctionCode", run=lambda: put(s3, text)))
