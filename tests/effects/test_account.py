"""Whose credentials they are: asked of STS once, however many functions want to know."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind
from tests.effects.server import REGION, Answer, connected, failing, serving, willing

if TYPE_CHECKING:
    from tests.effects.server import Asked
    from tests.effects.world import World


class StopError(Exception):
    """What a check raises when the run is to end."""


def identity(account: str) -> Answer:
    body = (
        "<GetCallerIdentityResponse><GetCallerIdentityResult>"
        f"<Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return Answer(headers={"Content-Type": "text/xml"}, body=body.encode())


def test_the_account_is_the_callers(world: World) -> None:
    """STS knows it without any permission."""
    with connected(world.sandbox.url) as connection:
        assert "123456789012" == asyncio.run(connection.account(REGION, willing))
        assert {"GetCallerIdentity": 1} == connection.calls


def test_the_account_is_asked_for_once() -> None:
    """However many want to know at the same time, or later."""
    with serving(lambda _: identity("111122223333")) as server, connected(server.url) as connection:

        async def ask() -> list[str]:
            first = await asyncio.gather(*(connection.account(REGION, willing) for _ in range(9)))
            return [*first, await connection.account("us-east-1", willing)]

        assert ["111122223333"] * 10 == asyncio.run(ask())
        assert {"GetCallerIdentity": 1} == connection.calls
    (asked,) = server.asked
    assert b"Action=GetCallerIdentity" in asked.body


def test_a_failure_is_not_remembered() -> None:
    """Whoever asks next, asks anew."""
    answers = [Answer(500, body=b"<x/>"), identity("111122223333")]

    def answer(_: Asked) -> Answer:
        return answers.pop(0)

    with serving(answer) as server, connected(server.url) as connection:

        async def ask() -> tuple[FailureKind, str]:
            failure = await failing(connection.account(REGION, willing))
            return failure.kind, await connection.account(REGION, willing)

        assert (FailureKind.TEMPORARY, "111122223333") == asyncio.run(ask())
        assert {"GetCallerIdentity": 2} == connection.calls


@pytest.mark.parametrize("account", ["", "12345", "x" * 12])
def test_an_answer_without_an_account_is_unreadable(account: str) -> None:
    """Only 12 digits are an account."""
    with serving(lambda _: identity(account)) as server, connected(server.url) as connection:
        failure = asyncio.run(failing(connection.account(REGION, willing)))

    assert (FailureKind.TEMPORARY, "GetCallerIdentity") == (failure.kind, failure.operation)


def test_nothing_is_asked_after_a_signal() -> None:
    """The check comes first, as for every request."""

    def check() -> None:
        raise StopError

    with (
        serving(lambda _: identity("111122223333")) as server,
        connected(server.url) as connection,
        pytest.raises(StopError),
    ):
        asyncio.run(connection.account(REGION, check))
    assert [] == server.asked


def test_one_failure_is_that_of_all_who_wait_for_it() -> None:
    """A fleet does not queue up to ask an STS that does not answer."""
    with (
        serving(lambda _: Answer(503, body=b"<x/>")) as server,
        connected(server.url) as connection,
    ):

        async def ask() -> set[FailureKind]:
            asking = (failing(connection.account(REGION, willing)) for _ in range(16))
            return {failure.kind for failure in await asyncio.gather(*asking)}

        assert {FailureKind.TEMPORARY} == asyncio.run(ask())
        assert 1 == len(server.asked)
