"""The clients of botocore, all set up alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from reconciler import __version__
from reconciler.aws.hidden import struck_out
from reconciler.aws.objects import stay_in_region
from reconciler.aws.traced import trace
from reconciler.model import Failure, FailureKind, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.aws.settings import ConnectionSettings

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 60.0  # an upload of 50 MB is answered only when AWS has stored it

_KEPT_SOCKETS = 16
"""
Open connections that a client keeps while nobody uses them; more are opened and closed again.

The quota's 100 calls a second need as many where each takes 0.16 s. All clients together
keep no more than the number of accounts and regions times this.
"""

_USER_AGENT = f"lambda-reconciler/{__version__} Botocore/{botocore.__version__}"
"""botocore's own has 8 parts, and is made twice for each request: a tenth of what one costs."""

_ISOLATED = Config(proxies={}, use_fips_endpoint=False, use_dualstack_endpoint=False)

_S3: Any = {"us_east_1_regional_endpoint": "regional"}
"""The global endpoint, botocore's default there, leads to buckets of any region."""
_S3_ELSEWHERE: Any = _S3 | {"addressing_style": "path"}  # no name service knows BUCKET.HOST


class Clients:
    """
    One client per service and region, made when it is first asked for.

    ``create_client`` is that of a session of botocore's. ``note_sending`` is called in the
    thread that sends, just before each request. botocore's own retries are off: a write
    that it repeats by itself could not be told from somebody else's.
    """

    def __init__(
        self,
        create_client: Callable[..., Any],
        settings: ConnectionSettings,
        note_sending: Callable[..., None],
    ) -> None:
        self._create_client = create_client
        self._settings = settings
        self._note_sending = note_sending
        self._clients: dict[tuple[str, str], Any] = {}

    def get(self, service: str, region: str) -> Any:  # noqa: ANN401 - of any service
        """Give the client, from one thread only. Raises ReconcileError when there is none."""
        key = (service, region)
        if key not in self._clients:
            try:
                self._clients[key] = self._make(service, region)
            except (BotoCoreError, ValueError) as error:  # e.g. no such region, a bad endpoint
                remedy = "correct the region, the endpoint, or the AWS setting that is named"
                what = struck_out(str(error))
                raise ReconcileError(Failure(FailureKind.INVALID, what, remedy)) from error
        return self._clients[key]

    def close(self) -> None:
        """Let go of the sockets."""
        for client in self._clients.values():
            client.close()

    def _make(self, service: str, region: str) -> Any:  # noqa: ANN401 - of any service
        client = self._create_client(
            service,
            region_name=region,
            endpoint_url=self._settings.endpoint_url,
            config=self._config(),
        )
        client.meta.events.register(f"before-send.{service}", self._note_sending)
        trace(client, self._settings.tracing)
        if service == "s3":
            client.meta.events.register_last("before-parameter-build.s3", stay_in_region)
        return client

    def _config(self) -> Config:
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            retries={"total_max_attempts": 1, "mode": "standard"},
            max_pool_connections=_KEPT_SOCKETS,
            user_agent=_USER_AGENT,
            s3=_S3 if self._settings.endpoint_url is None else _S3_ELSEWHERE,
        )
        return config.merge(_ISOLATED) if self._settings.isolated else config
