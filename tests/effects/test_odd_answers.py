"""Refused readings and answers without a new RevisionId: no write too many, and no endless wait."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.aws.protocol import Receipt
    from reconciler.model import FunctionResult, LiveFunction
    from tests.effects.world import World

KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
PUBLISHED = "code: {zipFile: app.zip}\npublish: true"
UPDATE = "UpdateFunctionCode"


class Constant:
    """The real calls, but every RevisionId is the same one, or there is none at all."""

    def __init__(
        self, functions: BotoLambdaFunctions, revision_id: str | None, answered: str | None
    ) -> None:
        self._functions = functions
        self._revision_id = revision_id
        self._answered = answered

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def get_function(self, function_name: str) -> LiveFunction:
        """Read, and say nothing new of the revision."""
        live = await self._functions.get_function(function_name)
        return replace(live, revision_id=self._revision_id)

    async def update_function_code(self, name: str, step: Any, content: Any, _: object) -> Receipt:  # noqa: ANN401 - passed on
        """Update without the guard, which would be refused."""
        receipt = await self._functions.update_function_code(name, step, content, None)
        return replace(receipt, revision_id=self._answered)

    async def publish_version(self, name: str, step: Any, _: object) -> Receipt:  # noqa: ANN401 - passed on
        """Publish without the guard."""
        return await self._functions.publish_version(name, step, None)


def told(result: FunctionResult) -> list[tuple[str, bool, str | None]]:
    """Give operation, success and result of each record."""
    return [
        (type(record.step).__name__, record.succeeded, record.result) for record in result.steps
    ]


@pytest.fixture
def changed(world: World) -> World:
    """Set up a function whose code differs from the manifest's package."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app=PUBLISHED)
    return world


@pytest.mark.parametrize(
    ("revision_id", "answered"),
    [("same", "same"), ("same", None), (None, None), (None, "other")],
    ids=["kept", "not answered", "none", "answered only"],
)
def test_an_update_whose_revision_id_stays_is_not_waited_for(
    changed: World, revision_id: str | None, answered: str | None
) -> None:
    """Only an answer with another RevisionId says that the one of before will go away."""
    changed.declare(app="code: {zipFile: app.zip}")
    changed.wrap = lambda functions: Constant(functions, revision_id, answered)

    assert Status.UPDATED == changed.one().status
    assert [UPDATE] == changed.writes
    assert not any("does not show yet" in line for line in changed.recorder.said)


def test_a_version_without_revision_ids_is_told_as_new(changed: World) -> None:
    """No RevisionId before and none after is no RevisionId that stayed."""
    changed.wrap = lambda functions: Constant(functions, None, None)

    assert [(UPDATE, True, "Successful"), ("PublishVersion", True, "version 1")] == (
        told(changed.one())
    )


def test_a_lost_update_that_was_repeated_is_told_once(changed: World) -> None:
    """The first send never arrived, the second was answered; later readings show one effect."""
    changed.sandbox.inject(Fault(UPDATE, close_before=True))
    changed.sandbox.inject(Fault("PublishVersion", status=500))  # costs one more reading

    result = changed.one()

    publish = ["PublishVersion -> 500", "PublishVersion"]
    assert [f"{UPDATE} -> None", UPDATE, *publish] == changed.writes
    assert [(UPDATE, True, "Successful"), ("PublishVersion", True, "version 1")] == told(result)


def test_a_lost_change_of_the_key_that_never_arrived_is_sent_again(changed: World) -> None:
    """Hash and architecture were right before, and a rival moved the RevisionId: not ours."""
    changed.package("app", "old")
    changed.declare(app=f"code: {{zipFile: app.zip, sourceKmsKeyArn: '{KEY}'}}")
    changed.sandbox.inject(
        Fault(
            UPDATE,
            close_before=True,
            run=lambda: changed.plane.update_function_configuration(
                "app", region=REGION, Description="by a rival"
            ),
        )
    )

    result = changed.one()

    assert Status.UPDATED == result.status
    assert [f"{UPDATE} -> None", UPDATE] == changed.writes
    assert [(UPDATE, True, "Successful")] == told(result)
    assert KEY == changed.live("app").package.source_kms_key_arn


def test_a_lost_change_of_the_key_is_found_done(changed: World) -> None:
    """The key that is live tells."""
    changed.package("app", "old")
    changed.declare(app=f"code: {{zipFile: app.zip, sourceKmsKeyArn: '{KEY}'}}")
    changed.sandbox.inject(Fault(UPDATE, lose_answer=True))

    assert [(UPDATE, True, "found done: its answer was lost")] == told(changed.one())
    assert [f"{UPDATE} -> None"] == changed.writes


@pytest.fixture
def managed(world: World) -> World:
    """Set up a function on Lambda Managed Instances that has no $LATEST.PUBLISHED yet."""
    provider = {"LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": "arn:p"}}
    world.plane.create_function(
        "app",
        region=REGION,
        Code={"ZipFile": zip_of("same")},
        Runtime="python3.13",
        CapacityProviderConfig=provider,
    )
    world.plane.settle_now("app", region=REGION)
    world.package("app", "same")
    world.declare(app="code: {zipFile: app.zip}\npublish: {publishTo: LATEST_PUBLISHED}")
    return world


def test_a_version_that_may_not_be_read_is_not_published_over(managed: World) -> None:
    """IAM knows qualified ARNs: that $LATEST.PUBLISHED cannot be read is not that it is absent."""
    managed.sandbox.inject(
        Fault("GetFunction", skip=1, status=403, code="AccessDeniedException", message="no")
    )

    result = managed.one()

    assert ["GetFunction", "GetFunction $LATEST.PUBLISHED -> 403"] == managed.calls
    assert Status.FAILED == result.status
    assert result.failure is not None
    assert (FailureKind.PERMANENT, "AccessDeniedException") == (
        result.failure.kind,
        result.failure.code,
    )


def test_a_version_that_is_not_there_is_published(managed: World) -> None:
    """404 means that there is none yet."""
    assert Status.UPDATED == managed.one().status
    assert ["PublishVersion"] == managed.writes
