"""As whom calls are made: the keys, the clients that sign with them, and whose they are."""

from __future__ import annotations

import asyncio
import re
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from reconciler.aws import errors
from reconciler.aws.clients import Clients
from reconciler.aws.credentials import RenewableCredentials
from reconciler.aws.together import Together
from reconciler.model import ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any, TypeVar

    from botocore.credentials import Credentials

    from reconciler.aws.common import Common
    from reconciler.aws.credentials import Source
    from reconciler.aws.errors import Hide
    from reconciler.model import Failure

    Outcome = TypeVar("Outcome")

_ACCOUNT = re.compile(r"[0-9]{12}")
_REFUSED_FOR = 1.0
"""Seconds for which a failure to get keys is told to others: hundreds may want them at once."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What befell a request that has no answer, and whether it ever left."""

    error: Exception
    sent: bool

    def failure(self, operation: str, hide: Hide) -> Failure:
        """Say what befell the request, or the keys that it was to be signed with."""
        if isinstance(self.error, ReconcileError):  # of a role, which has words of its own
            return self.error.failure
        if self.sent or isinstance(self.error, errors.NOT_SENT):
            return errors.classify(operation, self.error, hide)
        return errors.no_credentials(self.error, hide)


class Identity:
    """
    One set of credentials, with one client per service and region.

    ``source`` is as for RenewableCredentials.
    """

    def __init__(self, common: Common, source: Source) -> None:
        self._common = common
        self.credentials = RenewableCredentials(source, common.keys)
        self.session = common.session()
        self.session.register_component("credential_provider", self.credentials)
        self.clients = Clients(self.session.create_client, common.settings, self._note_sending)
        self._thread = threading.local()
        self._account: str | None = None
        self._asking_for_account = Together[str]()
        self._renewing = Together[None]()
        self._refused: tuple[Failure | None, float] = None, 0.0

    def check(self, hide: Hide) -> None:
        """
        Raise ReconcileError when credentials cannot be had.

        They are fetched here, once, so that a broken profile is said once and not for
        each function.
        """
        try:
            credentials = self.session.get_credentials()
            if credentials is not None:
                credentials.get_frozen_credentials()
        except ReconcileError:
            raise
        except Exception as error:  # sources are programs and servers, and give anything
            raise ReconcileError(errors.no_credentials(error, hide)) from error
        if credentials is None:
            raise ReconcileError(errors.no_credentials())
        if not all(
            key.isascii() and key.isprintable() and " " not in key for key in self.credentials.seen
        ):
            raise ReconcileError(errors.UNSENDABLE)

    async def account(self, ask: Callable[[], Coroutine[object, object, str]]) -> str:
        """
        Give the 12 digits of the account that the credentials belong to.

        AWS is asked once, however many wait for it: all of them get the answer, or the
        failure, which is not remembered.
        """
        if self._account is None:
            self._account = await self._asking_for_account.ask(ask)
        return self._account

    async def ready(self, operation: str, hide: Hide, check: Callable[[], None]) -> None:
        """
        Have keys that have run out renewed by one thread for all calls, while these hold none.

        Else each call of a target would hold a thread of all targets until the first has
        its role assumed. Raises ReconcileError.
        """
        if self.credentials.run_out:
            check()
            refused, until = self._refused
            if refused is not None and asyncio.get_running_loop().time() < until:
                raise ReconcileError(refused)
            await self._renewing.ask(partial(self._renew, operation, hide))

    def request(self, send: Callable[[], Outcome]) -> Outcome | Lost:
        """Give the answer, or what befell the request."""
        self._thread.sent = False
        try:
            return send()
        except errors.NOT_SENT as error:
            return Lost(error, sent=False)
        except Exception as error:  # noqa: BLE001 - botocore's parsers raise anything at odd bodies
            return Lost(error, sent=self._thread.sent)

    async def _renew(self, operation: str, hide: Hide) -> None:
        fetch = partial(self.request, self.credentials.get_frozen_credentials)
        fetched = await self._common.carry(fetch)
        if isinstance(fetched, Lost):
            failure = fetched.failure(operation, hide)
            pause = _REFUSED_FOR if failure.retry_after is None else failure.retry_after
            self._refused = failure, asyncio.get_running_loop().time() + pause
            raise ReconcileError(failure) from fetched.error

    def _note_sending(self, **_: object) -> None:
        """Be told by botocore, in the thread that sends, when credentials and body are ready."""
        self._thread.sent = True


def usual(common: Common) -> Identity:
    """Give that of the settings: explicit keys, a profile, or what the machine is set up with."""
    keys = common.settings.credentials

    def source() -> Credentials | None:
        session = common.session()
        if keys is not None:
            session.set_credentials(keys.access_key_id, keys.secret_access_key)
        return session.get_credentials()

    return Identity(common, source)


def was_sent(answer: object) -> bool:
    """Whether the request left that this is the outcome of."""
    return answer.sent if isinstance(answer, Lost) else True


def account_in(answer: Any) -> str:  # noqa: ANN401 - of GetCallerIdentity
    """Find the account; raises ReconcileError where none can be read."""
    account = answer.get("Account")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise errors.unreadable("GetCallerIdentity", "no readable Account")
    return account
