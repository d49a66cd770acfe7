"""Failures that would befall every function alike: one meets them, the others are spared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, Status
from reconciler.report.exit_code import ExitCode, exit_code
from reconciler.sandbox import Fault

if TYPE_CHECKING:
    from reconciler.model import RunResult
    from tests.effects.world import World

CODE = "code: {zipFile: new.zip}"
FULL = Fault(
    operation="UpdateFunctionCode",
    status=400,
    code="CodeStorageExceededException",
    message="Code storage limit exceeded.",
)


@pytest.fixture
def three(world: World) -> World:
    """Set up three functions with other code than declared."""
    world.package("new", "new")
    for name in ("one", "three", "two"):
        world.create(name)
        world.declare(**{name: CODE})
    return world


def statuses(run: RunResult) -> list[Status]:
    """Give how each function stands."""
    return [result.status for result in run.functions]


def test_full_code_storage_stops_the_other_updates_of_the_region(three: World) -> None:
    """AWS refused one upload: the others would only take time and quota."""
    three.sandbox.inject(FULL)

    run = three.run(parallelism=1)

    assert [Status.FAILED, Status.NOT_ATTEMPTED, Status.NOT_ATTEMPTED] == statuses(run)
    assert ["UpdateFunctionCode -> 400"] == three.writes
    spared = run.functions[1].failure
    assert spared is not None
    assert "another function met" in spared.what
    assert ExitCode.PERMANENT == exit_code(run, detailed=False)


def test_full_code_storage_leaves_the_mode_to_be_put(three: World) -> None:
    """A runtime update mode takes no storage, and is put in a region that is full."""
    three.declare(two="runtimeManagement: {updateRuntimeOn: FunctionUpdate}")
    three.sandbox.inject(FULL)

    run = three.run(parallelism=1)

    assert [Status.FAILED, Status.NOT_ATTEMPTED, Status.UPDATED] == statuses(run)


def test_a_region_that_is_full_says_nothing_of_another(three: World) -> None:
    """Code storage is counted per account and region."""
    three.plane.create_function(
        "two", region="eu-central-1", Code={"ZipFile": (three.folder / "new.zip").read_bytes()}
    )
    three.declare(two=f"region: eu-central-1\n{CODE}\npublish: true")
    three.sandbox.inject(FULL)

    run = three.run(parallelism=1)

    assert [Status.FAILED, Status.NOT_ATTEMPTED, Status.UPDATED] == statuses(run)


def test_credentials_that_expired_end_the_run(three: World) -> None:
    """No call would be answered any more, so that none is sent."""
    three.sandbox.inject(
        Fault(status=403, code="ExpiredTokenException", message="expired", times=1_000)
    )

    run = three.run(parallelism=1)

    assert [Status.FAILED, Status.NOT_ATTEMPTED, Status.NOT_ATTEMPTED] == statuses(run)
    assert ["GetFunction -> 403"] == three.calls
    first = run.functions[0].failure
    assert first is not None
    assert FailureKind.PERMANENT is first.kind
    assert ExitCode.PERMANENT == exit_code(run, detailed=False)
