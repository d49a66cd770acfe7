"""What the fleet needs of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.artifacts.stores import ImageRegistry, ObjectStore
    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.model import Target


class Connection(Protocol):
    """One set of credentials, in any region."""

    def functions(
        self, region: str, check: Callable[[], None], in_flight: Callable[[], bool], /
    ) -> LambdaFunctions:
        """
        Give the Lambda calls of one region.

        ``check`` raises when none may be sent any more. ``in_flight`` says whether they are
        for a function that was begun, so that they come before others.
        """

    def objects(self, region: str, check: Callable[[], None], /) -> ObjectStore:
        """Give the S3 calls of one region."""

    def images(self, region: str, check: Callable[[], None], /) -> ImageRegistry:
        """Give the ECR calls of one region."""

    def get_function_rate(self, region: str, /) -> float:
        """Give the GetFunction requests a second that may be sent now; inf where nothing paces."""

    async def account(self, region: str, check: Callable[[], None], /) -> str:
        """Give the account that the credentials are of, asked for once."""


class Connections(Protocol):
    """The connections of a run, each made once."""

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests sent so far, by operation."""

    def of(self, target: Target | None) -> Connection:
        """Give the connection of a target, or that of the usual credentials."""


class Stores:
    """S3 and ECR by region, for what functions share; ``check`` as for Connection."""

    def __init__(self, connection: Connection, check: Callable[[], None]) -> None:
        self._connection = connection
        self._check = check

    def objects(self, region: str) -> ObjectStore:
        """Give S3 as seen from a region."""
        return self._connection.objects(region, self._check)

    def images(self, region: str) -> ImageRegistry:
        """Give ECR of a region."""
        return self._connection.images(region, self._check)
