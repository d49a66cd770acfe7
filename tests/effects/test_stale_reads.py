"""Readings that are older than the last write, as AWS's lists are known to give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.model import CodeDigest, FailureKind, State, Status
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.aws.protocol import Receipt
    from reconciler.model import LiveFunction, PublishedVersion
    from tests.effects.world import World

PUBLISHED = "code: {zipFile: app.zip}\npublish: true"


class Stale:
    """The real calls, but for readings that lag behind."""

    def __init__(self, functions: BotoLambdaFunctions, *, lag: int = 0) -> None:
        self._functions = functions
        self._lag = lag
        self._last: LiveFunction | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def newest_version(self, function_name: str) -> PublishedVersion | None:
        """Read the list, and see nothing of it yet."""
        await self._functions.newest_version(function_name)
        return None

    async def get_function(self, function_name: str) -> LiveFunction:
        """Show the first reading again and again before the next one."""
        reading = await self._functions.get_function(function_name)
        if self._last is not None and self._last.revision_id != reading.revision_id and self._lag:
            self._lag -= 1
            return self._last
        self._last = reading
        return reading


def test_a_stale_list_of_versions_ends_in_a_recognised_no_op(world: World) -> None:
    """PublishVersion answers with the version that is there; no second one is made."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.package("app", "same")
    world.declare(app=PUBLISHED)
    world.wrap = Stale

    result = world.one()

    assert ["version 1 was there already: nothing had changed"] == [
        step.result for step in result.steps
    ]
    assert ["1"] == world.versions("app")


def test_a_reading_from_before_the_update_is_not_believed(world: World) -> None:
    """It shows the old hash, settled; believing it would send the code again."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")
    world.wrap = lambda functions: Stale(functions, lag=3)

    assert Status.UPDATED == world.one().status
    assert ["UpdateFunctionCode"] == world.writes
    assert zip_of("new") == world.live("app").package.content


def test_a_function_that_is_being_deactivated_is_waited_for(world: World) -> None:
    """Nothing is written while AWS takes it down, and the wait ends with the time-out."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")
    world.plane.set_status("app", region=REGION, state=State.DEACTIVATING)
    world.patience(function_timeout=2)

    result = world.one()

    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "State is Deactivating" in result.failure.what
    assert [] == world.writes


def test_a_refusal_is_a_failure_of_the_plan_too(world: World) -> None:
    """--plan says that apply could not close the difference."""
    world.create("app", "same")
    world.declare(app="publish: {publishTo: LATEST_PUBLISHED}")

    result = world.one(plan_only=True)

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert "leave publishTo out" in result.failure.remedy


class Hidden:
    """The real calls, but a version is not found the first times that it is asked for."""

    def __init__(self, functions: BotoLambdaFunctions, *, times: int) -> None:
        self._functions = functions
        self._times = times

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def get_version(self, function_name: str, version: str) -> PublishedVersion:
        """Answer as AWS does for a version that it does not show yet."""
        shown = version if not self._times else "99"
        self._times -= bool(self._times)
        return await self._functions.get_version(function_name, shown)


def test_a_version_that_was_listed_and_is_not_found_is_asked_for_again(world: World) -> None:
    """It is known to exist, so that 404 means "not yet"."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.package("app", "same")
    world.declare(app=PUBLISHED)
    world.wrap = lambda functions: Hidden(functions, times=2)

    assert Status.IN_SYNC == world.one().status
    assert ["GetFunction 99 -> 404"] * 2 == world.calls[2:4]


def test_a_version_that_stays_hidden_is_a_temporary_failure(world: World) -> None:
    """The remedy is not to create the function."""
    world.create("app", "same")
    world.plane.publish_version("app", region=REGION)
    world.declare(app="publish: true")
    world.wrap = lambda functions: Hidden(functions, times=1000)

    result = world.one()

    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "version 1 cannot be read" in result.failure.what


class Resigned:
    """The real calls, but AWS answers an update with a hash of its own."""

    def __init__(self, functions: BotoLambdaFunctions) -> None:
        self._functions = functions

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def update_function_code(self, *arguments: Any) -> Receipt:  # noqa: ANN401 - passed on
        """Update, and answer something else than what was stored."""
        receipt = await self._functions.update_function_code(*arguments)
        return replace(receipt, code=CodeDigest("another"))


def test_code_that_aws_stores_differently_is_not_sent_again_and_again(world: World) -> None:
    """One update, and a permanent failure that names both hashes."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")
    world.wrap = Resigned

    result = world.one()

    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert "AWS answers with the hash another" in result.failure.what
    assert ["UpdateFunctionCode"] == world.writes


def test_no_step_is_begun_after_the_time_is_up(world: World) -> None:
    """The deadline binds calls as it binds waits."""
    world.create("app", "old")
    world.package("app", "new")
    world.declare(app="code: {zipFile: app.zip}")
    world.patience(function_timeout=0)

    result = world.one()

    assert result.failure is not None
    assert "0 s were not enough" == result.failure.what
    assert [] == world.calls
