"""Whether somebody else has moved $LATEST since it was last read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import PublishVersion, UpdateFunctionCode

if TYPE_CHECKING:
    from reconciler.model import LiveFunction, PublishedVersion, Step


class Moves:
    """
    Compares each settled reading of $LATEST with the one before.

    Who publishes and then changes something leaves a RevisionId with which our own
    PublishVersion would make another version of the same code.
    """

    def __init__(self) -> None:
        self._revision_id: str | None = None
        self._write: Step | None = None

    def wrote(self, step: Step) -> None:
        """Note an accepted write of ours."""
        self._write = step

    def foreign(self, live: LiveFunction, newest: PublishedVersion | None) -> bool:
        """
        Whether $LATEST has moved, and no write of ours since the last reading explains it.

        Our own update leaves what it sent, and our own version what ``newest`` is. Whether a
        mode moves it is unknown.
        """
        step, self._write = self._write, None
        before, self._revision_id = self._revision_id, live.revision_id
        if before is None or live.revision_id == before:
            return False
        left = step if isinstance(step, UpdateFunctionCode) else newest
        if left is None or not isinstance(step, UpdateFunctionCode | PublishVersion):
            return True
        return (left.code, left.architecture) != (live.code, live.architecture)
