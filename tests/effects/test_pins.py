"""A Manual pin that is relaxed for another architecture, and not put on again: it is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault
from tests.effects.world import FUNCTION_UPDATE, Recorder, World, pinned

if TYPE_CHECKING:
    from reconciler.aws.functions import BotoLambdaFunctions
    from reconciler.aws.protocol import Receipt
    from reconciler.model import (
        CodeContent,
        FunctionResult,
        LiveFunction,
        PutRuntimeManagementConfig,
        UpdateFunctionCode,
    )

PIN_IS_OFF = "the runtime pin was relaxed for this update and is not on again"
CODE = "code: {zipFile: app.zip}"
PUT, UPDATE = "PutRuntimeManagementConfig", "UpdateFunctionCode"
DENIED = Fault(UPDATE, status=403, code="AccessDeniedException", message="not authorized")


def pin(architecture: str = "arm64") -> str:
    """Write Manual, at the sandbox's runtime version for the architecture."""
    arn = pinned(architecture).runtime_version_arn
    return f"runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: '{arn}'}}"


@pytest.fixture
def moving(world: World) -> World:
    """Set up a function that is pinned, and is to be pinned on another architecture."""
    world.create("app", "old")
    world.put_mode("app", pinned("x86_64"))
    world.package("app", "new")
    world.declare(app=f"{CODE}\narchitecture: arm64\n{pin()}")
    return world


def said(result: FunctionResult) -> str:
    """Expect a failed function, and give what is said of it."""
    assert result.failure is not None
    return result.failure.what


def test_an_update_that_is_refused_leaves_no_pin_and_says_so(moving: World) -> None:
    """AWS takes another architecture only without a pin; then it refused the update itself."""
    moving.sandbox.inject(DENIED)

    result = moving.one()

    assert "not authorized" in said(result)
    assert said(result).endswith(PIN_IS_OFF)
    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert [PUT, f"{UPDATE} -> 403"] == moving.writes
    assert FUNCTION_UPDATE == moving.mode("app")


def test_the_next_run_puts_the_pin_on(moving: World) -> None:
    """What is live tells what is left to do; nothing is relaxed twice."""
    moving.sandbox.inject(DENIED)
    moving.one()

    assert Status.UPDATED == moving.one().status
    assert [UPDATE, PUT] == moving.writes
    assert pinned("arm64") == moving.mode("app")


def test_an_update_that_fails_leaves_no_pin_and_says_so(moving: World) -> None:
    """Accepted, and then AWS could not carry it out."""
    moving.sandbox.inject(Fault(UPDATE, fail_update=("InvalidRuntime", "blocked")))

    assert said(moving.one()).endswith(PIN_IS_OFF)


def test_a_signal_after_the_pin_was_relaxed_says_so(moving: World) -> None:
    """Whoever stops the run knows in what state it was left."""
    moving.sandbox.inject(Fault(UPDATE, run=lambda: moving.stop.request(15)))

    what = said(moving.one())

    assert what.startswith("interrupted")
    assert what.endswith(PIN_IS_OFF)


def test_an_update_that_relaxed_nothing_says_nothing_of_pins(moving: World) -> None:
    """The architecture stays, and with it the pin."""
    moving.declare(app=f"{CODE}\n{pin('x86_64')}")
    moving.sandbox.inject(DENIED)

    assert "pin" not in said(moving.one())
    assert pinned("x86_64") == moving.mode("app")


def test_a_mode_that_is_declared_is_no_pin_that_is_missing(moving: World) -> None:
    """Auto is what the manifest wants: that the pin is off is no news."""
    moving.declare(app=f"{CODE}\narchitecture: arm64\nruntimeManagement: {{updateRuntimeOn: Auto}}")
    moving.sandbox.inject(DENIED)

    assert "pin" not in said(moving.one())
    assert [PUT, f"{UPDATE} -> 403"] == moving.writes


def test_a_failure_after_the_pin_is_on_again_says_nothing_of_it(moving: World) -> None:
    """Only PublishVersion was refused: $LATEST is pinned as declared."""
    moving.declare(app=f"{CODE}\narchitecture: arm64\n{pin()}\npublish: true")
    moving.sandbox.inject(Fault("PublishVersion", status=403, code="AccessDeniedException"))

    assert "pin" not in said(moving.one())
    assert [PUT, UPDATE, PUT, "PublishVersion -> 403"] == moving.writes
    assert pinned("arm64") == moving.mode("app")


class Ends(Recorder):
    """Tells when a function has come to its end."""

    def __init__(self) -> None:
        super().__init__()
        self.ended = asyncio.Event()

    def finished(self, result: FunctionResult) -> None:
        """Remember an end."""
        super().finished(result)
        self.ended.set()


class Late:
    """The real calls, so ordered that ``full`` meets full storage once ``app`` is unpinned."""

    def __init__(self, functions: BotoLambdaFunctions, relaxed: asyncio.Event, ends: Ends) -> None:
        self._functions = functions
        self._relaxed = relaxed
        self._ends = ends

    def __getattr__(self, name: str) -> object:
        return getattr(self._functions, name)

    async def get_function(self, function_name: str) -> LiveFunction:
        """Let the other function end before the pinned one goes on."""
        if function_name == "app" and self._relaxed.is_set():
            await self._ends.ended.wait()
        return await self._functions.get_function(function_name)

    async def put_runtime_management_config(
        self, function_name: str, step: PutRuntimeManagementConfig
    ) -> Receipt:
        """Tell that the pin is off."""
        receipt = await self._functions.put_runtime_management_config(function_name, step)
        self._relaxed.set()
        return receipt

    async def update_function_code(
        self,
        function_name: str,
        step: UpdateFunctionCode,
        content: CodeContent,
        revision_id: str | None,
    ) -> Receipt:
        """Wait for the pin to be off."""
        await self._relaxed.wait()
        return await self._functions.update_function_code(function_name, step, content, revision_id)


def test_a_halt_between_relaxing_and_updating_says_so(moving: World) -> None:
    """That there is no room was found out by another function, too late to keep the pin on."""
    moving.create("full", "old")
    moving.declare(full=CODE)
    moving.sandbox.inject(
        Fault(UPDATE, function="full", status=400, code="CodeStorageExceededException")
    )
    relaxed, ends = asyncio.Event(), Ends()
    moving.recorder = ends
    moving.wrap = lambda functions: Late(functions, relaxed, ends)

    pinned_one, _ = moving.run().functions

    assert f"{UPDATE} (arm64) was not sent" in said(pinned_one)
    assert said(pinned_one).endswith(PIN_IS_OFF)
    assert [PUT, f"{UPDATE} -> 400"] == moving.writes
    assert FUNCTION_UPDATE == moving.mode("app")


def test_the_pin_of_one_function_is_not_told_of_another(moving: World) -> None:
    """What is passed on is that there is no room, and not what it left behind."""
    moving.create("second", "old")
    moving.declare(second=CODE)
    moving.sandbox.inject(Fault(UPDATE, status=400, code="CodeStorageExceededException"))

    first, second = moving.run(parallelism=1).functions

    assert said(first).endswith(PIN_IS_OFF)
    assert second.failure is not None
    assert "another function met" in second.failure.what
    assert PIN_IS_OFF not in second.failure.what
