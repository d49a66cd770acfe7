"""Where to connect to, and as whom."""

from __future__ import annotations

from dataclasses import dataclass, field

from reconciler.model import NotTraced, Tracing


@dataclass(frozen=True, slots=True)
class Credentials:
    """Explicit keys; without them the usual AWS settings are asked."""

    access_key_id: str
    secret_access_key: str


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """
    Where to and as whom; None leaves it to the usual AWS settings.

    ``isolated`` shuts out everything else that the machine is set up with: profiles,
    files, proxies and endpoint variants. Only the endpoint and keys given here count.
    ``threads`` carry the calls of all connections together. ``quota_share`` is the share of
    AWS's request quotas that is used where a target names no other, over 0 and up to 1;
    None means that there are no quotas to keep to. ``tracing`` is told of each request.
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    credentials: Credentials | None = None
    isolated: bool = False
    threads: int = 16
    quota_share: float | None = 0.8
    tracing: Tracing = field(default_factory=NotTraced)
