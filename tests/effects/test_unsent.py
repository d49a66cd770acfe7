"""Requests that never leave: they are not counted, and have no outcome to look for."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from reconciler.aws.connection import Connection
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import FailureKind, ReconcileError

if TYPE_CHECKING:
    from reconciler.model import Failure


def read_through(connection: Connection) -> Failure:
    """Try one read, and give what became of it."""
    try:
        with pytest.raises(ReconcileError) as raised:
            asyncio.run(connection.functions("eu-west-1", lambda: None).get_function("app"))
    finally:
        connection.close()
    return raised.value.failure


def test_an_endpoint_where_nobody_listens_is_not_counted() -> None:
    """The connection was refused: temporary, and surely without effect."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        endpoint = f"http://127.0.0.1:{gone.getsockname()[1]}"
    keys = Credentials("id", "secret")
    connection = Connection(
        ConnectionSettings(endpoint_url=endpoint, credentials=keys, isolated=True)
    )

    failure = read_through(connection)

    assert (FailureKind.TEMPORARY, False) == (failure.kind, failure.outcome_unknown)
    assert 0 == connection.calls.total()


def test_credentials_that_break_at_their_renewal_are_not_a_lost_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whatever their source raises, nothing was sent: permanent, and not counted."""
    keys = Credentials("id", "secret")
    connection = Connection(
        ConnectionSettings(endpoint_url="http://127.0.0.1:1", credentials=keys, isolated=True)
    )

    def broken(*_: object, **__: object) -> None:
        raise ValueError("the process printed no JSON")

    monkeypatch.setattr("botocore.signers.RequestSigner.sign", broken)

    failure = read_through(connection)

    assert (FailureKind.PERMANENT, False) == (failure.kind, failure.outcome_unknown)
    assert "credentials" in failure.what
    assert 0 == connection.calls.total()
