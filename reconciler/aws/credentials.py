"""
Credentials that are had anew when AWS calls the old ones stale.

botocore renews what it knows to expire (a role, SSO, a container's), some minutes
before. It cannot know that somebody rewrote a file with keys, or that a token died
early: then the source is asked once more, and every client goes on with what it gives.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from botocore.credentials import RefreshableCredentials

from reconciler.aws.rules import STALE_CREDENTIALS, STALE_OR_NOT
from reconciler.model import Failure, FailureKind, ReconcileError, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from botocore.credentials import Credentials, ReadOnlyCredentials

    Source = Callable[[], Credentials | None]


class RenewableCredentials:
    """
    What every client of a session signs with; the keys behind it may be exchanged.

    ``source`` gives those of a new session: environment and files are read anew, roles
    assumed anew. For botocore this is both the session's credential provider and its
    credentials. Calls in flight keep the keys that they were signed with. ``seen`` are all
    keys and tokens so far, which must not be shown; others may have theirs in it as well.
    """

    def __init__(self, source: Source, seen: set[str] | None = None) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._keys: Credentials | None = None
        self._signed_with: ReadOnlyCredentials | None = None
        self._helped = self._replaced = False
        self._accounts: set[str] = set()
        self._confirmed = True
        self.renewals = 0
        self.seen: set[str] = set() if seen is None else seen

    def load_credentials(self) -> RenewableCredentials | None:
        """Ask the source for the first time; None when it has nothing (botocore's protocol)."""
        self._keys = self._source()
        return None if self._keys is None else self

    @property
    def method(self) -> str:
        """How the keys were found (botocore's protocol)."""
        return self._loaded.method

    @property
    def run_out(self) -> bool:
        """
        Whether whoever signs next has to wait for other keys.

        botocore makes a call wait for them ten minutes before the old ones expire, and
        fetches them beside the calls from fifteen minutes on (RefreshableCredentials).
        """
        keys = self._keys
        return isinstance(keys, RefreshableCredentials) and keys.refresh_needed(_LAST_MINUTES)

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        """Give the keys to sign one request with (botocore's protocol)."""
        before, keys = self._signed_with, self._loaded.get_frozen_credentials()
        self._replaced = self._replaced or not (before is None or _same(keys, before))
        self._signed_with = keys
        self.seen.update(key for key in (keys.access_key, keys.secret_key, keys.token) if key)
        return keys

    def get_deferred_property(self, property_name: str) -> Callable[[], str | None]:
        """Promise a property of the keys of that time (botocore's protocol)."""
        return lambda: getattr(self._loaded, property_name, None)

    def renew(self, failure: Failure, renewals: int) -> Failure:
        """
        Say what a failure means once stale keys were exchanged, or could not be.

        ``renewals`` is their number when the call was begun. The source is asked once for
        all calls that were under way; where it gives the same keys again, or none, the
        failure stays what it is. Blocks while the source is asked. What stale keys may be
        the reason of or not has none asked, but may be over where they were exchanged.
        """
        exchanged = failure.code in STALE_OR_NOT and self.renewals != renewals
        if failure.code not in STALE_CREDENTIALS and not exchanged:
            return failure
        with self._lock:
            if self.renewals == renewals:
                self._helped = self._exchange()
                self.renewals += 1
                self._confirmed = self._confirmed and not self._helped
            helped = self._helped
        if not helped:
            return failure
        remedy = "other credentials were found meanwhile: run again"
        return replace(failure, kind=FailureKind.TEMPORARY, scope=Scope.FUNCTION, remedy=remedy)

    def check_write(self, operation: str) -> None:
        """
        Raise a temporary ReconcileError while it is not known whose exchanged keys are.

        A write that waited for its turn meanwhile is not sent, so that the function is
        read first. Another call may still have the keys exchanged in the moment between
        this check and the signature; a RevisionId guards the writes that take one.
        """
        if operation in _WRITES and not self._confirmed:
            raise ReconcileError(_not_confirmed(operation))

    def check_account(self, answer: Mapping[str, Any], renewals: int) -> None:
        """
        Raise ReconcileError when keys turn out to be another account's than those before.

        They were exchanged here, or botocore renewed them and the source gave others.

        Every answer with a function's ARN tells: those of GetFunction, of both calls on
        runtime management, of UpdateFunctionCode and PublishVersion. ``renewals`` is
        their number when the call was begun: what older keys read says nothing of these.
        """
        account = _account(answer)
        if account is None:
            return
        exchanged = self.renewals or self._replaced
        if exchanged and self._accounts and account not in self._accounts:
            raise ReconcileError(_other_account(account))
        self._accounts.add(account)
        self._confirmed = self._confirmed or renewals == self.renewals

    def _exchange(self) -> bool:
        try:
            keys = self._source()
            fresh = None if keys is None else keys.get_frozen_credentials()
        except Exception:  # noqa: BLE001 - sources are programs and servers, and give anything
            return False  # the failure at hand says what to do about it
        if fresh is None or _same(fresh, self._signed_with):
            return False
        self._keys = keys
        return True

    @property
    def _loaded(self) -> Credentials:
        if self._keys is None:
            raise AssertionError("botocore signs only after load_credentials gave something")
        return self._keys


_LAST_MINUTES = 10 * 60  # seconds, as in botocore
_ARN_COLONS = 6
_WRITES = ("UpdateFunctionCode", "PublishVersion", "PutRuntimeManagementConfig")


def _account(answer: Mapping[str, Any]) -> str | None:
    """Find the account in the ARN of the function that an answer is about."""
    configuration = answer.get("Configuration", answer)
    arn = configuration.get("FunctionArn") if isinstance(configuration, dict) else None
    if not isinstance(arn, str) or arn.count(":") < _ARN_COLONS:
        return None
    return arn.split(":")[4]


def _same(fresh: ReadOnlyCredentials, old: ReadOnlyCredentials | None) -> bool:
    """Compare what signs; the account id is told by some sources only."""
    return old is not None and (fresh.access_key, fresh.secret_key, fresh.token) == (
        old.access_key,
        old.secret_key,
        old.token,
    )


def _other_account(account: str) -> Failure:
    return Failure(
        FailureKind.PERMANENT,
        f"the credentials expired, and those found in their place are of account {account}",
        "check the AWS credentials and AWS_PROFILE, then run again",
        scope=Scope.RUN,
    )


def _not_confirmed(operation: str) -> Failure:
    return Failure(
        FailureKind.TEMPORARY,
        f"{operation}: not sent: the credentials expired, others were found in their place, "
        "and whose they are is not known yet",
        "run again",
        operation,
    )
