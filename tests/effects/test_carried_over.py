"""What an update of the code would reset or cannot have, and functions that are not like others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, State, Status
from tests.effects.artifacts import client, make_bucket, put_object
from tests.effects.world import AUTO, REGION, zip_of

if TYPE_CHECKING:
    from reconciler.model import Failure
    from tests.effects.world import World

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
OTHER_KEY = "arn:aws:kms:eu-west-1:123456789012:key/99999999-2222-3333-4444-555555555555"
ZIP = "code: {zipFile: app.zip}"
UPDATE = ["UpdateFunctionCode"]


@pytest.fixture
def encrypted(world: World) -> World:
    """Set up a function whose package is encrypted with a key of its owner's."""
    world.create("app", "old")
    world.plane.update_function_code(
        "app", region=REGION, ZipFile=zip_of("old"), SourceKMSKeyArn=KEY
    )
    assert KEY == key_of(world)
    world.package("app", "new")
    world.declare(app=ZIP)
    return world


def key_of(world: World) -> str | None:
    return world.live("app").package.source_kms_key_arn


def noted(world: World) -> str:
    """Plan, and give all that the plan notes."""
    plan = world.one(plan_only=True).plan
    assert plan is not None
    return "; ".join(plan.notes)


def in_sync(world: World) -> bool:
    """Run once more, and say whether there was nothing to do."""
    return (world.one().status, world.writes) == (Status.IN_SYNC, [])


def refused(world: World) -> Failure:
    """Plan and apply, expect the same permanent failure before any write, and give it."""
    (shown, result) = (world.one(plan_only=True), world.one())
    assert world.writes == []
    assert Status.FAILED == result.status == shown.status
    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert result.failure == shown.failure
    return result.failure


# SourceKMSKeyArn


def test_a_key_that_is_not_declared_is_kept(encrypted: World) -> None:
    """An update without it would encrypt the package with AWS's own key."""
    assert Status.UPDATED == encrypted.one().status
    assert encrypted.writes == UPDATE
    live = encrypted.live("app").package
    assert (KEY, zip_of("new")) == (live.source_kms_key_arn, live.content)
    assert in_sync(encrypted)


def test_the_key_is_kept_when_the_live_package_goes_out_again(encrypted: World) -> None:
    """For another architecture, without declared code."""
    encrypted.declare(app="architecture: arm64")

    assert Status.UPDATED == encrypted.one().status
    live = encrypted.live("app")
    assert ("arm64", KEY) == (live.architecture, live.package.source_kms_key_arn)


def test_the_key_is_kept_for_an_object(encrypted: World) -> None:
    """A package from S3 is stored with the same key."""
    with client(encrypted.sandbox, "s3") as s3:
        make_bucket(s3, "artifacts")
        put_object(s3, "artifacts", "app.zip", zip_of("from S3"))
    encrypted.declare(app="code: {s3: {bucket: artifacts, key: app.zip}}")

    assert Status.UPDATED == encrypted.one().status
    live = encrypted.live("app").package
    assert (KEY, zip_of("from S3")) == (live.source_kms_key_arn, live.content)


def test_a_declared_key_is_drift_and_then_in_sync(encrypted: World) -> None:
    """The same package is sent once more, since AWS encrypts it only then."""
    encrypted.package("app", "old")
    encrypted.declare(app=f"code: {{zipFile: app.zip, sourceKmsKeyArn: '{OTHER_KEY}'}}")

    plan = encrypted.one(plan_only=True).plan
    assert plan is not None
    (change,) = plan.changes
    assert ("sourceKmsKeyArn", KEY, OTHER_KEY) == (change.field, change.old, change.new)

    assert Status.UPDATED == encrypted.one().status
    assert encrypted.writes == UPDATE
    assert OTHER_KEY == key_of(encrypted)
    assert in_sync(encrypted)


def test_a_key_is_declared_for_a_function_without_one(world: World) -> None:
    """AWS's own key is what is shown as the old one."""
    world.create("app", "old")
    world.package("app", "old")
    world.declare(app=f"code: {{zipFile: app.zip, sourceKmsKeyArn: '{KEY}'}}")

    plan = world.one(plan_only=True).plan
    assert plan is not None
    assert ["an AWS owned key"] == [change.old for change in plan.changes]
    assert Status.UPDATED == world.one().status
    assert KEY == key_of(world)
    assert in_sync(world)


def test_a_key_that_somebody_drops_is_put_back(encrypted: World) -> None:
    """Whoever deploys by hand, and leaves the key out, has reset it."""
    encrypted.declare(app=f"code: {{zipFile: app.zip, sourceKmsKeyArn: '{KEY}'}}")
    encrypted.one()
    encrypted.plane.update_function_code("app", region=REGION, ZipFile=zip_of("new"))
    assert key_of(encrypted) is None

    assert Status.UPDATED == encrypted.one().status
    assert KEY == key_of(encrypted)


# Code.Error


@pytest.fixture
def unreadable(encrypted: World) -> World:
    """Let AWS refuse to say how the package is stored: the caller may not use the key."""
    encrypted.plane.set_status(
        "app",
        region=REGION,
        code_error=("AccessDeniedException", "Lambda was unable to access the key."),
    )
    return encrypted


@pytest.mark.parametrize(
    "declared",
    [ZIP, "architecture: arm64", f"code: {{zipFile: app.zip, sourceKmsKeyArn: '{KEY}'}}"],
    ids=["code", "architecture", "key"],
)
def test_code_of_which_nothing_is_known_is_not_replaced(unreadable: World, declared: str) -> None:
    """What an update leaves out is reset, and nobody knows what there is (Code.Error)."""
    before = unreadable.live("app")
    unreadable.declare(app=declared)

    found = refused(unreadable)

    assert "AccessDeniedException: Lambda was unable to access the key." in found.what
    assert "kms:Decrypt" in found.remedy
    assert before == unreadable.live("app")


def test_code_of_which_nothing_is_known_may_be_in_sync(unreadable: World) -> None:
    """CodeSha256 is told all the same, and a mode can be put."""
    unreadable.package("app", "old")
    unreadable.declare(app=f"{ZIP}\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}")

    assert Status.UPDATED == unreadable.one().status
    assert ["PutRuntimeManagementConfig"] == unreadable.writes
    assert in_sync(unreadable)


# Lambda@Edge


def test_a_replica_is_left_to_aws(world: World) -> None:
    """AWS makes replicas of the function in us-east-1, and refuses to change them."""
    world.create("app", "old")
    master = "arn:aws:lambda:us-east-1:123456789012:function:app:1"
    world.plane.set_status("app", region=REGION, master_arn=master)
    world.package("app", "new")
    world.declare(app=f"{ZIP}\npublish: true")

    found = refused(world)

    assert f"Lambda@Edge replica of {master}" in found.what
    assert "declare that function" in found.remedy


# Durable functions, customer-managed runtimes, Managed Instances


def create(world: World, **members: Any) -> None:  # noqa: ANN401 - of any shape
    """Create a settled function with more than others have, and other code than declared."""
    world.plane.create_function(
        "app",
        region=REGION,
        **{
            "Code": {"ZipFile": zip_of("old")},
            "Role": "arn:aws:iam::123456789012:role/r",
            "Runtime": "python3.13",
            "Handler": "app.handler",
            **members,
        },
    )
    world.plane.settle_now("app", region=REGION)
    world.package("app", "new")


def test_a_durable_function_is_deployed_and_its_versions_are_asked_for(world: World) -> None:
    """It is invoked by version or alias alone, so that $LATEST by itself serves nobody."""
    create(world, DurableConfig={"ExecutionTimeout": 3600})
    world.declare(app=ZIP)

    assert "a durable function is invoked by version or alias: declare spec.publish" in noted(world)
    assert Status.UPDATED == world.one().status
    assert world.writes == UPDATE

    world.package("app", "newer")
    world.declare(app=f"{ZIP}\npublish: true")
    assert "durable" not in noted(world)
    assert Status.UPDATED == world.one().status
    assert [*UPDATE, "PublishVersion"] == world.writes
    assert zip_of("newer") == world.live("app", "1").package.content
    assert in_sync(world)


def test_a_customer_managed_runtime_is_noted_where_a_mode_is_declared(world: World) -> None:
    """Its versions are not AWS's; the code is deployed as any other."""
    arn = "arn:aws:lambda:eu-west-1:123456789012:runtime/ours"
    create(world, Runtime="custom", RuntimeConfig={"RuntimeArn": arn, "RuntimeAlias": "live"})
    world.declare(app=f"{ZIP}\nruntimeManagement: {{updateRuntimeOn: FunctionUpdate}}")

    assert "the runtime is customer-managed" in noted(world)
    assert Status.UPDATED == world.one().status
    assert ["PutRuntimeManagementConfig", *UPDATE] == world.writes
    assert zip_of("new") == world.live("app").package.content
    assert in_sync(world)


@pytest.fixture
def managed(world: World) -> World:
    """Set up a function on Lambda Managed Instances, whose $LATEST never runs by itself."""
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:p"}}
    create(world, CapacityProviderConfig=provider)
    assert State.ACTIVE_NON_INVOCABLE is world.live("app").state
    return world


def test_active_non_invocable_is_a_state_of_health(managed: World) -> None:
    """Code is deployed and then in sync, with a note of what invocations run."""
    managed.declare(app=ZIP)

    assert "unqualified invocations run $LATEST.PUBLISHED" in noted(managed)
    assert Status.UPDATED == managed.one().status
    assert managed.writes == UPDATE
    assert State.ACTIVE_NON_INVOCABLE is managed.live("app").state
    assert in_sync(managed)


def test_a_numbered_version_of_managed_instances_is_waited_for(managed: World) -> None:
    """Its instances are started first: the version is Pending, and then Active."""
    managed.declare(app=f"{ZIP}\npublish: true")

    assert Status.UPDATED == managed.one().status
    assert [*UPDATE, "PublishVersion"] == managed.writes
    assert "GetFunction 1" in managed.calls
    assert State.ACTIVE is managed.live("app", "1").state
    assert in_sync(managed)


def test_latest_published_keeps_mode_and_code(managed: World) -> None:
    """A declared mode is put on $LATEST first, and on $LATEST.PUBLISHED after."""
    managed.declare(
        app=f"{ZIP}\npublish: {{publishTo: LATEST_PUBLISHED}}\n"
        "runtimeManagement: {updateRuntimeOn: FunctionUpdate}"
    )

    assert "$LATEST.PUBLISHED on Lambda" not in noted(managed)
    assert Status.UPDATED == managed.one().status
    assert [
        "PutRuntimeManagementConfig",
        *UPDATE,
        "PublishVersion",
        "PutRuntimeManagementConfig $LATEST.PUBLISHED",
    ] == managed.writes
    assert zip_of("new") == managed.live("app", "$LATEST.PUBLISHED").package.content
    assert AUTO != managed.mode("app", "$LATEST.PUBLISHED")
    assert in_sync(managed)


def test_the_key_of_managed_instances_is_kept(managed: World) -> None:
    """What is carried over is so for these functions too."""
    managed.plane.update_function_code(
        "app", region=REGION, ZipFile=zip_of("old"), SourceKMSKeyArn=KEY
    )
    managed.declare(app=ZIP)

    assert Status.UPDATED == managed.one().status
    assert KEY == key_of(managed)
