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
    Send the declared code, or the live package again, together with the architecture.

    ``source_kms_key_arn`` and ``by_reference`` (S3ObjectStorageMode REFERENCE) are
    carried over from live where they are not declared, because AWS resets them when the
    call omits them (developer guide, encrypt-zip-package and
    configuration-self-managed-storage).
    """

    code: CodeDigest
    architecture: Architecture
    source_kms_key_arn: str | None = None
    by_reference: bool = False
    live_package: bool = False


@dataclass(frozen=True, slots=True)
class PutRuntimeManagementConfig:
    """Set the runtime update mode of $LATEST or of one published version."""

    runtime_management: RuntimeManagement
    qualifier: str = LATEST


@dataclass(frozen=True, slots=True)
class PublishVersion:
    """
    Publish $LATEST, guarded by the code it must have.

    ``to_latest_published`` is AWS's PublishTo=LATEST_PUBLISHED.
    """

    code: CodeDigest
    description: str | None = None
    to_latest_published: bool = False


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
