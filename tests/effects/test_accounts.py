"""An account that a manifest names is that of the credentials, or nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault

if TYPE_CHECKING:
    from tests.effects.world import World

MODE = "runtimeManagement: {updateRuntimeOn: Auto}"


def test_no_account_is_asked_for_when_none_is_named(world: World) -> None:
    """A bare name is in whatever account the credentials are of."""
    world.create("app")
    world.declare(app=MODE)

    assert "GetCallerIdentity" not in world.run().calls


def test_the_account_is_asked_for_once(world: World) -> None:
    """STS is asked once per run, however many functions name their account."""
    for name in ("one", "two", "three"):
        world.create(name)
        arn = f"arn:aws:lambda:eu-west-1:123456789012:function:{name}"
        world.declare(**{name: f"functionName: {arn}\n{MODE}"})

    run = world.run()

    assert {Status.IN_SYNC} == {result.status for result in run.functions}
    assert 1 == run.calls["GetCallerIdentity"]


def test_a_function_in_another_account_is_left_alone(world: World) -> None:
    """Credentials of the wrong account are found out before Lambda is asked anything."""
    world.declare(app=f"functionName: 210987654321:function:app\n{MODE}")

    result = world.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert "account 210987654321" in result.failure.what
    assert "account 123456789012" in result.failure.what
    assert world.calls == []


def test_other_functions_go_on(world: World) -> None:
    """The account is a matter of each function."""
    world.create("app")
    world.declare(app=MODE, other=f"functionName: 210987654321:function:other\n{MODE}")

    run = world.run()

    assert [Status.IN_SYNC, Status.FAILED] == [result.status for result in run.functions]


def test_throttling_of_lambda_says_nothing_of_the_account(world: World) -> None:
    """Asking for the account is no call to Lambda."""
    world.create("app")
    world.declare(app=f"functionName: 123456789012:function:app\n{MODE}")
    world.sandbox.inject(Fault(status=429, code="TooManyRequestsException", times=2))

    assert Status.IN_SYNC == world.one().status
