"""How a target is entered: its role is assumed with the usual credentials."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from botocore.credentials import DeferredRefreshableCredentials, create_assume_role_refresher

from reconciler.aws.identity import Lost, was_sent
from reconciler.model import FailureKind, ReconcileError, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from botocore.credentials import Credentials

    from reconciler.aws.common import Common
    from reconciler.aws.identity import Identity
    from reconciler.model import AssumeRole, Failure, Target

SESSION_NAME = "lambda-reconciler"
"""What CloudTrail shows as the session, where a target names no other."""

_OPERATION = "AssumeRole"


class Entry:
    """
    The source of one target's credentials.

    They last an hour, STS's default, and no longer can they: the base may be a role itself
    (API reference, AssumeRole: role chaining). botocore has them renewed before they expire,
    by the usual credentials of that time. STS is asked in the target's region.
    """

    def __init__(self, common: Common, usual: Identity, target: Target, role: AssumeRole) -> None:
        self._common = common
        self._usual = usual
        self._target = target
        self._role = role
        self._hide = partial(common.hidden().strike_out, None)
        self._refresh: Callable[[], Mapping[str, Any]] | None = None

    def __call__(self) -> Credentials:
        """
        Give keys that are fetched when they are first needed.

        The first time this is for one thread only, since a client is made. Raises
        ReconcileError when there can be none.
        """
        if self._refresh is None:
            client = self._usual.clients.get("sts", self._target.region)
            self._refresh = create_assume_role_refresher(client, _request(self._role))
        return DeferredRefreshableCredentials(partial(self._fetch, self._refresh), "assume-role")

    def _fetch(self, refresh: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        """
        Assume the role, once more where other usual credentials were found meanwhile.

        Raises ReconcileError.
        """
        renewals = self._usual.credentials.renewals
        try:
            return self._ask(refresh)
        except ReconcileError as error:
            renewed = self._usual.credentials.renew(error.failure, renewals)
            if renewed is error.failure:
                raise
        return self._ask(refresh)

    def _ask(self, refresh: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any]:
        answer = self._usual.request(refresh)
        self._common.count(_OPERATION, sent=was_sent(answer))
        if not isinstance(answer, Lost):
            return answer
        failure = self._explained(answer.failure(_OPERATION, self._hide))
        raise ReconcileError(failure) from answer.error

    def _explained(self, failure: Failure) -> Failure:
        """Tell which role it is; what is refused for good is so for the whole target."""
        scope = Scope.FUNCTION if failure.kind is FailureKind.TEMPORARY else Scope.RUN
        role = f"target {self._target.name} is entered as {self._role.role_arn}"
        remedy = f"{failure.remedy}; {role}"
        return replace(failure, remedy=remedy, scope=scope, outcome_unknown=False)


def _request(role: AssumeRole) -> dict[str, str]:
    request = {"RoleArn": role.role_arn, "RoleSessionName": role.session_name or SESSION_NAME}
    return request if role.external_id is None else request | {"ExternalId": role.external_id}
