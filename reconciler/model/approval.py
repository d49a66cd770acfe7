"""What a saved plan lets a later run do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.live import PublishedVersion
    from reconciler.model.plan import Change, Step
    from reconciler.model.values import Architecture, CodeDigest, RuntimeManagement


@dataclass(frozen=True, slots=True)
class Basis:
    """
    What a plan was made from: the function as it was read, and what is declared for it.

    ``code``, ``architecture``, ``revision_id`` and ``runtime_management`` are those of $LATEST;
    of ``newest_version`` its number, code, architecture and mode count. None means that
    it was not read, or that there is none; ``versions_unread`` is as in LiveFunction.
    ``desired_code`` and ``desired_mode`` are None where nothing is declared.
    """

    account: str
    region: str
    code: CodeDigest
    architecture: Architecture
    revision_id: str | None = None
    runtime_management: RuntimeManagement | None = None
    newest_version: PublishedVersion | None = None
    versions_unread: bool = False
    desired_code: CodeDigest | None = None
    desired_mode: RuntimeManagement | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """
    The steps that were approved for one function, and what they were planned from.

    ``basis`` is None where the function could not be planned. ``stale`` are the differences
    that are known before the function is read again, as of its manifest.
    """

    basis: Basis | None
    steps: tuple[Step, ...] = ()
    stale: tuple[Change, ...] = ()
