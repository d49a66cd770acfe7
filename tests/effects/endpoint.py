"""An endpoint of Lambda that answers in JSON as a test says."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.effects.server import Answer, Asked, connected, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.aws.connection import Connection


@dataclass(frozen=True)
class Sent:
    """One request as it was on the wire."""

    method: str
    path: str
    query: dict[str, str]
    body: Any


@dataclass
class Endpoint:
    """A server that notes every request and answers each as it is told."""

    answer: Callable[[Sent], dict[str, Any]]
    sent: list[Sent] = field(default_factory=list)


@contextmanager
def listening(endpoint: Endpoint) -> Iterator[Connection]:
    """Serve, and give a connection to it."""

    def answer(asked: Asked) -> Answer:
        body = json.loads(asked.body) if asked.body else None
        endpoint.sent.append(request := Sent(asked.method, asked.path, asked.query, body))
        request_id = {"x-amzn-RequestId": f"request-{len(endpoint.sent)}"}
        return Answer(200, request_id, json.dumps(endpoint.answer(request)).encode())

    with serving(answer) as server, connected(server.url) as connection:
        yield connection
