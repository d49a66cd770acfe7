"""All ways into AWS that a run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.aws.connection import Connection

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from reconciler.aws.settings import ConnectionSettings
    from reconciler.model import Target


class Connections:
    """The connection of the usual credentials."""

    def __init__(self, settings: ConnectionSettings) -> None:
        self._usual = Connection(settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._usual.close()

    @property
    def region(self) -> str | None:
        """The region of the settings or of the profile."""
        return self._usual.region

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests sent so far, by operation."""
        return self._usual.calls

    def check_credentials(self) -> None:
        """Raise ReconcileError when the usual credentials cannot be had."""
        self._usual.check_credentials()

    def of(self, target: Target | None) -> Connection:
        """Give the connection of a target, or that of the usual credentials."""
        if target is not None:
            raise AssertionError("no manifest can name a target yet")
        return self._usual
