"""What the connection gives to the calls of a service: how they are carried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

_Outcome = TypeVar("_Outcome")


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who makes requests, as the budget sees it.

    ``check`` is asked last before each request, and raises when it must not be sent.
    ``in_flight`` says whether a function was begun: what it needs to end comes first.
    """

    check: Callable[[], None]
    in_flight: Callable[[], bool] = lambda: False


class Call(Protocol):
    """How a request is made; see Connection."""

    def __call__(
        self, operation: str, method: Callable[..., Mapping[str, Any]], **parameters: object
    ) -> Awaitable[Mapping[str, Any]]:
        """Make one request; a parameter that is None is left out."""


class Carry(Protocol):
    """How work that blocks is done beside the loop."""

    def __call__(self, work: Callable[[], _Outcome]) -> Awaitable[_Outcome]:
        """Do it in a thread of the pool."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """
    What is to be fetched: ``subject`` names it in errors, beside AWS's operation.

    More than ``limit`` bytes are a permanent failure, with ``too_large`` as its remedy.
    """

    operation: str
    subject: str
    limit: int
    too_large: str


class Fetch(Protocol):
    """How a signed URL is read; see Downloads."""

    def __call__(self, url: str, wanted: Wanted) -> Awaitable[bytes]:
        """Fetch it whole."""
