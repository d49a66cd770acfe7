"""Every kind of change: the rows of the order table, and where the code lies."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model import RuntimeManagement, UpdateRuntimeOn
from tests.effects.world import AUTO, FUNCTION_UPDATE, REGION, pinned
from tests.order_table import ORDERS, UNDECLARED, Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

PUT = "PutRuntimeManagementConfig"
WORDS = {"relax": PUT, "put": PUT, "code": "UpdateFunctionCode", "publish": "PublishVersion"}
NEW_VERSION = "2"
"""Each function begins with version 1, of older code."""

_ANOTHER = hashlib.sha256(b"another").hexdigest()
_MODES = {
    "Auto": AUTO,
    "FunctionUpdate": FUNCTION_UPDATE,
    "another pin": RuntimeManagement(
        UpdateRuntimeOn.MANUAL, f"arn:aws:lambda:{REGION}::runtime:{_ANOTHER}"
    ),
}


class Source(StrEnum):
    """Where the code lies, and what is special about its function."""

    ZIP = "zip file"
    SNAP_START = "zip file, SnapStart"
    LIVE = "not declared"
    S3 = "S3"
    REFERENCE = "S3, by reference"
    LIVE_REFERENCE = "not declared, by reference"
    IMAGE = "image"

    @property
    def declared(self) -> bool:
        """Whether the manifest has code."""
        return self not in (Source.LIVE, Source.LIVE_REFERENCE)

    @property
    def by_reference(self) -> bool:
        """Whether the function runs its package from the user's bucket."""
        return self in (Source.REFERENCE, Source.LIVE_REFERENCE)

    @property
    def in_bucket(self) -> bool:
        """Whether S3 has to do with it."""
        return self is Source.S3 or self.by_reference


@dataclass(frozen=True)
class Kind:
    """One kind of change."""

    cell: Cell
    source: Source

    def __str__(self) -> str:
        cell = self.cell
        return ", ".join(
            [
                str(self.source),
                f"{cell.live_mode} to {cell.mode}",
                "to arm64" if cell.moves else "same architecture",
                "published" if self.publishes else "unpublished",
            ]
        )

    @property
    def row(self) -> tuple[str, bool, bool]:
        """Name the row of the order table."""
        return self.cell.mode, self.cell.pinned, self.cell.moves

    @property
    def publishes(self) -> bool:
        """Whether a version is declared."""
        return self.cell.publish != UNDECLARED

    @property
    def architecture(self) -> str:
        """Name the architecture that is declared."""
        return "arm64" if self.cell.moves else "x86_64"

    @property
    def writes(self) -> list[str]:
        """Name the calls of the order table as AWS does; a version has a mode of its own."""
        calls = [WORDS[word] for word in self.cell.calls]
        of_version = self.cell.mode not in (UNDECLARED, "Auto") and "publish" in self.cell.calls
        return calls + ([f"{PUT} {NEW_VERSION}"] if of_version else [])

    @property
    def live_mode(self) -> RuntimeManagement:
        """Give the mode that the function begins with."""
        return _MODES[self.cell.live_mode]

    @property
    def mode(self) -> RuntimeManagement | None:
        """Give the declared mode."""
        word = self.cell.mode
        if word == UNDECLARED:
            return None
        return _MODES.get(word) or pinned(self.architecture)


def _cell(row: tuple[str, bool, bool], source: Source, *, publishes: bool) -> Cell:
    mode, pinned_now, moves = row
    unpinned = "FunctionUpdate" if mode == "Auto" else "Auto"
    return Cell(
        live_mode="another pin" if pinned_now else unpinned,
        mode=mode,
        code="new" if source.declared else UNDECLARED,
        architecture="other" if moves else "same",
        publish="not in sync" if publishes else UNDECLARED,
    )


def _all() -> Iterator[Kind]:
    for source in Source:
        for row in ORDERS:
            for publishes in (True, False):
                has_no_mode = source is Source.IMAGE and (row[0] != UNDECLARED or row[1])
                publishes_nothing = source is Source.SNAP_START and not publishes
                kind = Kind(_cell(row, source, publishes=publishes), source)
                changes = kind.writes or kind.cell.forbidden
                if changes and not has_no_mode and not publishes_nothing:
                    yield kind


KINDS = tuple(_all())
