"""Sessions, clients and threads: how a call gets to AWS."""

from __future__ import annotations

import asyncio
import os
import re
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError

from reconciler.aws import errors, hidden
from reconciler.aws.budget import Budget
from reconciler.aws.calls import Caller
from reconciler.aws.clients import CONNECT_TIMEOUT, READ_TIMEOUT, Clients
from reconciler.aws.credentials import RenewableCredentials
from reconciler.aws.download import Downloads
from reconciler.aws.functions import BotoLambdaFunctions
from reconciler.aws.hidden import Hidden
from reconciler.aws.images import BotoImages
from reconciler.aws.objects import BotoObjects
from reconciler.model import ReconcileError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any, TypeVar

    from reconciler.aws.calls import Call, Fetch
    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.aws.settings import ConnectionSettings

    Outcome = TypeVar("Outcome")

_ACCOUNT = re.compile(r"[0-9]{12}")

_NOT_SET_FROM_OUTSIDE = {
    name: (None, None, default, convert)
    for name, (_, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
} | {
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's settings at their defaults, looked up in no file and no environment variable."""


class Connection:
    """
    One session, one client per service and region, and the threads that carry the calls.

    Lambda's calls have a budget per region. ``calls`` counts every request by operation.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._credentials = RenewableCredentials(
            lambda: _session(settings, _core(settings)).get_credentials()
        )
        addresses = (settings.endpoint_url or "", *os.environ.values())
        self._hidden = Hidden(self._credentials.seen, hidden.passwords(addresses))
        core = _core(settings)
        core.register_component("credential_provider", self._credentials)
        self._session = _session(replace(settings, credentials=None), core)
        self._clients = Clients(self._session, settings, self._note_sending)
        self._budgets: defaultdict[str, Budget] = defaultdict(Budget)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="aws")
        self._thread = threading.local()
        self._downloads = Downloads(
            self._carry,
            (CONNECT_TIMEOUT, READ_TIMEOUT),
            partial(core.get_config_variable, "ca_bundle"),
            use_proxies=not settings.isolated,
        )
        self._account: str | None = None
        self._asking_for_account: asyncio.Future[str] | None = None
        self.calls: Counter[str] = Counter()

    @property
    def region(self) -> str | None:
        """The region of the settings or of the profile."""
        return self._settings.region or self._session.region_name

    def check_credentials(self) -> None:
        """
        Raise ReconcileError when credentials cannot be had.

        They are fetched here, once, so that a broken profile is said once and not for
        each function.
        """
        try:
            credentials = self._session.get_credentials()
            if credentials is not None:
                credentials.get_frozen_credentials()
        except Exception as error:  # sources are programs and servers, and give anything
            raise ReconcileError(errors.no_credentials(error, self._hide(None))) from error
        if credentials is None:
            raise ReconcileError(errors.no_credentials())
        if not all(
            key.isascii() and key.isprintable() and " " not in key for key in self._credentials.seen
        ):
            raise ReconcileError(errors.UNSENDABLE)

    def functions(
        self,
        region: str,
        check: Callable[[], None],
        in_flight: Callable[[], bool] = lambda: False,
    ) -> LambdaFunctions:
        """
        Give the Lambda calls of one region. To be called from one thread only.

        ``check`` is asked last before each call is sent, and raises when it must not be;
        calls of what is ``in_flight`` come before others.
        """
        client = self._clients.get("lambda", region)
        call = partial(self._call_in_turn, self._budgets[region], Caller(check, in_flight))
        return BotoLambdaFunctions(client, call, self._fetch(client, check))

    def objects(self, region: str, check: Callable[[], None]) -> BotoObjects:
        """Give S3 as seen from one region; ``check`` as for ``functions``."""
        client = self._clients.get("s3", region)
        identity = partial(self._ask_for_account, region, check)
        return BotoObjects(client, self._call_at_once(check), self._carry, check, identity)

    def images(self, region: str, check: Callable[[], None]) -> BotoImages:
        """Give ECR in one region; ``check`` as for ``functions``."""
        client = self._clients.get("ecr", region)
        return BotoImages(client, self._call_at_once(check), self._fetch(client, check))

    async def account(self, region: str, check: Callable[[], None]) -> str:
        """
        Give the 12 digits of the account that the credentials belong to.

        AWS is asked once (STS GetCallerIdentity, which needs no permission), however many
        wait for it: all of them get the answer, or the failure, which is not remembered.
        """
        if self._account is not None:
            return self._account
        if self._asking_for_account is None or self._asking_for_account.done():
            asking = asyncio.ensure_future(self._ask_for_account(region, check))
            asking.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._asking_for_account = asking
        self._account = await asyncio.shield(self._asking_for_account)
        return self._account

    def close(self) -> None:
        """Let go of threads and sockets; a call under way ends by its own time-out."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._clients.close()

    def _fetch(self, client: Any, check: Callable[[], None]) -> Fetch:  # noqa: ANN401 - as above
        return partial(self._downloads.fetch, client.meta.endpoint_url, check)

    async def _carry(self, work: Callable[[], Outcome]) -> Outcome:
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def _ask_for_account(self, region: str, check: Callable[[], None]) -> str:
        operation = "GetCallerIdentity"
        client = self._clients.get("sts", region)
        answer = await self._call_at_once(check)(operation, client.get_caller_identity)
        account = answer.get("Account")
        if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
            raise errors.unreadable(operation, "no readable Account")
        return account

    async def _call_in_turn(
        self,
        budget: Budget,
        caller: Caller,
        operation: str,
        method: Callable[..., Mapping[str, Any]],
        **parameters: object,
    ) -> Mapping[str, Any]:
        """Make one request to Lambda, when its quota allows it."""
        send = partial(self._call, operation, method, **parameters)
        return await budget.spend(operation, caller, send)

    def _call_at_once(self, check: Callable[[], None]) -> Call:
        """Give the way to call a service whose quotas are far off."""

        def call(
            operation: str, method: Callable[..., Mapping[str, Any]], **parameters: object
        ) -> Awaitable[Mapping[str, Any]]:
            check()
            return self._call(operation, method, **parameters)

        return call

    async def _call(
        self, operation: str, method: Callable[..., Mapping[str, Any]], **parameters: object
    ) -> Mapping[str, Any]:
        """Make one request in a thread; a parameter that is None is left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        self._credentials.check_write(operation)
        renewals = self._credentials.renewals
        name = given.get("FunctionName")
        function_name = name if isinstance(name, str) else None
        request = partial(self._request, partial(method, **given), function_name)
        answer, error, sent = await self._carry(request)
        self.calls[operation] += sent
        if error is None:
            self._credentials.check_account(answer, renewals)
            return answer
        reached = sent or isinstance(error, errors.NOT_SENT)
        hide = self._hide(function_name)
        failure = (
            errors.classify(operation, error, hide)
            if reached
            else errors.no_credentials(error, hide)
        )
        renew = partial(self._credentials.renew, failure, renewals)
        raise ReconcileError(await self._carry(renew)) from error

    def _request(
        self, send: Callable[[], Mapping[str, Any]], function_name: str | None
    ) -> tuple[Mapping[str, Any], Exception | None, bool]:
        """Give the answer, or what befell the request, and whether it ever left."""
        self._thread.sent = False
        try:
            return self._hidden.take_out(function_name, send()), None, True
        except errors.NOT_SENT as error:
            return {}, error, False
        except Exception as error:  # noqa: BLE001 - botocore's parsers raise anything at odd bodies
            return {}, error, self._thread.sent

    def _hide(self, function_name: str | None) -> Callable[[str], str]:
        return partial(self._hidden.strike_out, function_name)

    def _note_sending(self, **_: object) -> None:
        """Be told by botocore, in the thread that sends, when credentials and body are ready."""
        self._thread.sent = True


def _core(settings: ConnectionSettings) -> botocore.session.Session:
    return botocore.session.Session(
        session_vars=_NOT_SET_FROM_OUTSIDE if settings.isolated else None
    )


def _session(settings: ConnectionSettings, core: botocore.session.Session) -> boto3.Session:
    keys = settings.credentials
    try:
        return boto3.Session(
            botocore_session=core,
            profile_name=settings.profile,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            region_name=settings.region,
        )
    except BotoCoreError as error:  # no such profile, or a file that cannot be parsed
        raise ReconcileError(errors.no_credentials(error)) from error
