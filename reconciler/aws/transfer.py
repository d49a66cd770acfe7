"""Bodies of answers, passed on piece by piece, within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.model import Failure, FailureKind, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.aws.calls import Carry

PIECE = 1 << 20  # bytes


class Body(Protocol):
    """What is read of botocore's StreamingBody."""

    def read(self, amt: int, /) -> bytes:
        """Give up to ``amt`` bytes; none at the end."""

    def close(self) -> None:
        """Let go of the socket."""


@dataclass(slots=True)
class Transfer:
    """
    One body on its way into ``sink``.

    ``subject`` names it in errors. ``limit`` is in bytes: a piece that goes beyond is
    not passed on, and ``too_much`` says what that means.
    """

    operation: str
    subject: str
    body: Body
    sink: Callable[[bytes], object]
    limit: int
    too_much: Failure
    received: int = 0

    async def run(self, carry: Carry, check: Callable[[], None]) -> None:
        """
        Pass everything on, in threads of the pool, one after the other.

        ``check`` is asked before each piece. Raises ReconcileError, a temporary one
        when the body breaks off.
        """
        try:
            check()
            while await carry(self._pass_on):
                check()
        finally:
            self.body.close()

    def _pass_on(self) -> bool:
        """Pass one piece on, and say whether there may be more."""
        try:
            piece = self.body.read(PIECE)
        except Exception as error:  # noqa: BLE001 - of botocore, urllib3 or ssl; some show the URL
            broken_off = broken(self.operation, self.subject, type(error).__name__)
        else:
            self.received += len(piece)
            if self.received > self.limit:
                raise ReconcileError(self.too_much)
            if piece:
                self.sink(piece)
            return bool(piece)
        raise ReconcileError(broken_off)


def broken(operation: str, subject: str, how: str) -> Failure:
    """Say that something did not come as it should, and may the next time."""
    return Failure(
        FailureKind.TEMPORARY,
        f"{operation}: {subject} could not be read ({how})",
        "check the network and its proxies, then run again",
        operation,
        code=how,
    )
