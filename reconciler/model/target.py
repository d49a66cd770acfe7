"""Where functions live: an account and a region, and the way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.values import Location


@dataclass(frozen=True, slots=True)
class AssumeRole:
    """The role that is assumed with the usual credentials (STS AssumeRole)."""

    role_arn: str
    external_id: str | None = None
    session_name: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """
    One ``kind: Target`` document, valid in itself.

    Without ``assume_role`` the usual credentials are used. ``quota_share`` is the share of
    AWS's request quotas that may be used there, over 0 and up to 1; None means the run's.
    """

    name: str
    account: str
    region: str
    location: Location = field(compare=False)
    assume_role: AssumeRole | None = None
    quota_share: float | None = None
