"""Sessions, clients and threads: how a call gets to AWS."""

from __future__ import annotations

import asyncio
import os
import threading
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import boto3
import botocore.session
from botocore.config import Config
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError, ClientError

from reconciler import __version__
from reconciler.aws import errors
from reconciler.aws.budget import Budget
from reconciler.aws.functions import BotoLambdaFunctions
from reconciler.model import Failure, FailureKind, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from mypy_boto3_lambda import LambdaClient

    from reconciler.aws.protocol import LambdaFunctions

_CONNECT_TIMEOUT = 5.0
_READ_TIMEOUT = 60.0  # an upload of 50 MB is answered only when AWS has stored it

_ISOLATED = Config(proxies={}, use_fips_endpoint=False, use_dualstack_endpoint=False)
_NOT_SET_FROM_OUTSIDE = {
    name: (None, None, default, convert)
    for name, (_, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
} | {
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's settings at their defaults, looked up in no file and no environment variable."""


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
    """

    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None
    credentials: Credentials | None = None
    isolated: bool = False
    threads: int = 16


class Connection:
    """
    One session, one client and one budget per region, and the threads that carry the calls.

    ``calls`` counts every request by operation. botocore's own retries are off: a
    write that it repeats by itself could not be told from somebody else's.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self._settings = settings
        self._session = _session(settings)
        self._clients: dict[str, LambdaClient] = {}
        self._budgets: defaultdict[str, Budget] = defaultdict(Budget)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="aws")
        self._thread = threading.local()
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
        except ClientError as error:  # from STS, when a role is assumed
            raise ReconcileError(errors.classify("AssumeRole", error)) from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise _no_credentials(f"no AWS credentials could be had: {error}") from error
        if credentials is None:
            raise _no_credentials("no AWS credentials were found")

    def functions(self, region: str, check: Callable[[], None]) -> LambdaFunctions:
        """
        Give the Lambda calls of one region. To be called from one thread only.

        ``check`` is asked last before each call is sent, and raises when it must not be.
        """
        if region not in self._clients:
            try:
                self._clients[region] = self._client(region)
            except (BotoCoreError, ValueError) as error:  # e.g. no such region, a bad endpoint
                remedy = "correct the region, the endpoint, or the AWS setting that is named"
                raise ReconcileError(Failure(FailureKind.INVALID, str(error), remedy)) from error
        return BotoLambdaFunctions(self._clients[region], partial(self._call, region, check))

    def close(self) -> None:
        """Let go of threads and sockets; a call under way ends by its own time-out."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for client in self._clients.values():
            client.close()

    def _client(self, region: str) -> LambdaClient:
        config = Config(
            connect_timeout=_CONNECT_TIMEOUT,
            read_timeout=_READ_TIMEOUT,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=self._settings.threads,
            user_agent_extra=f"lambda-reconciler/{__version__}",
        )
        if self._settings.isolated:
            config = config.merge(_ISOLATED)
        client = self._session.client(
            "lambda",
            region_name=region,
            endpoint_url=self._settings.endpoint_url,
            config=config,
        )
        client.meta.events.register("before-send.lambda", self._note_sending)
        return client

    async def _call(
        self,
        region: str,
        check: Callable[[], None],
        operation: str,
        method: Callable[..., Mapping[str, Any]],
        **parameters: object,
    ) -> Mapping[str, Any]:
        """Make one request in a thread, in its turn; a parameter that is None is left out."""
        given = {name: value for name, value in parameters.items() if value is not None}
        await self._budgets[region].take(operation, check)
        loop = asyncio.get_running_loop()
        request = partial(self._request, partial(method, **given))
        answer, error, sent = await loop.run_in_executor(self._pool, request)
        self.calls[operation] += sent
        if error is None:
            return answer
        if sent or isinstance(error, errors.NOT_SENT):
            raise ReconcileError(errors.classify(operation, error)) from error
        raise _no_credentials(f"no AWS credentials could be had: {error}") from error

    def _request(
        self, send: Callable[[], Mapping[str, Any]]
    ) -> tuple[Mapping[str, Any], Exception | None, bool]:
        """Give the answer, or what befell the request, and whether it ever left."""
        self._thread.sent = False
        try:
            return send(), None, True
        except errors.NOT_SENT as error:
            return {}, error, False
        except Exception as error:  # noqa: BLE001 - botocore's parsers raise anything at odd bodies
            return {}, error, self._thread.sent

    def _note_sending(self, **_: object) -> None:
        """Be told by botocore, in the thread that sends, when credentials and body are ready."""
        self._thread.sent = True


def _session(settings: ConnectionSettings) -> boto3.Session:
    keys = settings.credentials
    core = botocore.session.Session(
        session_vars=_NOT_SET_FROM_OUTSIDE if settings.isolated else None
    )
    try:
        return boto3.Session(
            botocore_session=core,
            profile_name=settings.profile,
            aws_access_key_id=keys.access_key_id if keys else None,
            aws_secret_access_key=keys.secret_access_key if keys else None,
            region_name=settings.region,
        )
    except BotoCoreError as error:  # no such profile, or a file that cannot be parsed
        raise _no_credentials(str(error)) from error


def _no_credentials(what: str) -> ReconcileError:
    remedy = "set AWS_PROFILE, --profile or the AWS_* variables, then run again"
    return ReconcileError(Failure(FailureKind.PERMANENT, what, remedy))
