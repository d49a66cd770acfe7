"""The plan: what differs and which calls close it, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model.values import LATEST

if TYPE_CHECKING:
    from reconciler.model.failure import Failure
    from reconciler.model.values import Architecture, CodeDigest, RuntimeManagement


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. ``old`` is None where nothing exists yet."""

    field: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class UpdateFunctionCode:
    """
    Send the declared code together with its architecture.

    ``source_kms_key_arn`` is carried over from live, because AWS resets it when the
    call omits it (developer guide, encrypt-zip-package).
    """

    code: CodeDigest
    architecture: Architecture
    source_kms_key_arn: str | None = None


@dataclass(frozen=True, slots=True)
class PutRuntimeManagementConfig:
    """Set the runtime update mode of $LATEST or of one published version."""

    runtime_management: RuntimeManagement
    qualifier: str = LATEST


@dataclass(frozen=True, slots=True)
class PublishVersion:
    """Publish $LATEST, guarded by the code it must have."""

    code: CodeDigest
    description: str | None = None


Step = UpdateFunctionCode | PutRuntimeManagementConfig | PublishVersion


@dataclass(frozen=True, slots=True)
class Plan:
    """
    The difference between desired and live.

    ``steps`` are in the order in which they are safe. ``refusal`` is set when
    something stands in the way that this program cannot change; steps beside it are
    those that are safe all the same.
    ``notes`` are sentences for the reader: warnings and things to know.
    """

    changes: tuple[Change, ...] = ()
    steps: tuple[Step, ...] = ()
    refusal: Failure | None = None
    notes: tuple[str, ...] = ()

    @property
    def in_sync(self) -> bool:
        """Whether nothing is to be done and nothing stands in the way."""
        return not self.steps and self.refusal is None
