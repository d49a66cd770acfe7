"""An answer about another function, as a cache or a gateway on the way may give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.aws import parse
from reconciler.model import FailureKind, ReconcileError, Status
from reconciler.sandbox.application import Application

if TYPE_CHECKING:
    from tests.effects.world import World

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:app"

SAME = [
    ("app", ARN),
    ("app", f"{ARN}:7"),
    (ARN, ARN),
    ("123456789012:function:app", f"{ARN}:$LATEST"),
    ("function", "arn:aws:lambda:eu-west-1:123456789012:function:function:3"),
    ("us-east-1.app", "arn:aws:lambda:eu-west-1:123456789012:function:us-east-1.app"),
]


@pytest.mark.parametrize(("asked", "answered"), SAME)
@pytest.mark.parametrize("within", [True, False], ids=["GetFunction", "others"])
def test_the_function_that_was_asked_for_is_taken(
    asked: str, answered: str, *, within: bool
) -> None:
    """In whatever form its name was sent."""
    arn = {"FunctionArn": answered}
    parse.check_function("GetFunction", {"Configuration": arn} if within else arn, asked)


@pytest.mark.parametrize(
    "answered", [f"{ARN}2", ARN.replace("app", "App"), "arn:aws:lambda:eu-west-1:1:function:x:app"]
)
def test_another_function_is_an_unreadable_answer(answered: str) -> None:
    """It is tried again: whatever mixed them up may not do so twice."""
    with pytest.raises(ReconcileError, match="GetFunction: the answer has the function") as raised:
        parse.check_function("GetFunction", {"Configuration": {"FunctionArn": answered}}, "app")

    assert FailureKind.TEMPORARY is raised.value.failure.kind


def test_a_function_is_not_called_in_sync_by_the_answer_of_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one is in sync, and this one is not."""
    world.create("app", "old")
    world.create("other", "new")
    world.package("new", "new")
    world.declare(app="code: {zipFile: new.zip}")
    respond = Application.__call__

    def mixed_up(self: Application, environ: Any, start_response: Any) -> Any:  # noqa: ANN401 - WSGI
        path = environ["PATH_INFO"].replace("/functions/app", "/functions/other")
        reads = environ["REQUEST_METHOD"] == "GET"
        return respond(self, {**environ, "PATH_INFO": path} if reads else environ, start_response)

    monkeypatch.setattr(Application, "__call__", mixed_up)

    result = world.one()

    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.TEMPORARY is result.failure.kind
    assert "the answer has the function other" in result.failure.what
    assert [] == world.writes
