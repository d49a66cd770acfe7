"""All ways into AWS that a run has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.aws import identity
from reconciler.aws.common import Common
from reconciler.aws.connection import Connection
from reconciler.aws.entry import Entry
from reconciler.aws.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

    from reconciler.aws.settings import ConnectionSettings
    from reconciler.model import AssumeRole, Target


class Connections:
    """
    The connection of the usual credentials, and one of each target.

    All share one pool of threads, and one budget for each account and region. Targets
    without a role share the usual credentials with it, their clients, and the answer to
    whose they are; targets with the same role and region share its session.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self._common = Common(settings)
        self._identity = identity.usual(self._common)
        self._usual = Connection(settings, self._common, self._identity)
        self._targets: dict[Target, Connection] = {}
        self._roles: dict[tuple[AssumeRole, str], Identity] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for role in self._roles.values():
            role.clients.close()
        self._usual.close()

    @property
    def region(self) -> str | None:
        """The region of the settings or of the profile."""
        return self._usual.region

    @property
    def calls(self) -> Mapping[str, int]:
        """Requests sent so far, by operation."""
        return self._common.calls

    def check_credentials(self) -> None:
        """
        Raise ReconcileError when the usual credentials cannot be had.

        The targets' are not asked for: what keeps one from being entered is no matter of
        the others.
        """
        self._usual.check_credentials()

    def of(self, target: Target | None) -> Connection:
        """Give the connection of a target, or that of the usual credentials."""
        if target is None:
            return self._usual
        if target not in self._targets:
            common = self._common
            common.budgets.limit(target.account, target.region, target.quota_share)
            common.shared_regions.add(target.region)
            of_target = self._identity_of(target)
            self._targets[target] = Connection(common.settings, common, of_target, target)
        return self._targets[target]

    def _identity_of(self, target: Target) -> Identity:
        role = target.assume_role
        if role is None:
            return self._identity
        key = (role, target.region)
        if key not in self._roles:
            entry = Entry(self._common, self._identity, target, role)
            self._roles[key] = Identity(self._common, entry)
        return self._roles[key]
