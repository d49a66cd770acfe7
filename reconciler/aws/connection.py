"""How a call gets to AWS: at its turn, as whom, in a thread, and what its answer may show."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.aws import identity as identities
from reconciler.aws.calls import Caller
from reconciler.aws.clients import CONNECT_TIMEOUT, READ_TIMEOUT
from reconciler.aws.common import Common
from reconciler.aws.download import Downloads
from reconciler.aws.functions import BotoLambdaFunctions
from reconciler.aws.identity import Lost, was_sent
from reconciler.aws.images import BotoImages
from reconciler.aws.objects import BotoObjects
from reconciler.model import ReconcileError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Mapping
    from typing import Any

    from reconciler.aws.budget import Budget
    from reconciler.aws.calls import Call, Fetch
    from reconciler.aws.identity import Identity
    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.aws.settings import ConnectionSettings
    from reconciler.model import Target


class Connection:
    """
    The calls of one target, or of the usual credentials.

    Lambda's calls have a budget per account and region. ``common`` is what it shares with
    other connections, and ``identity`` as whom it calls; by itself it has its own, which
    are the usual ones.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        common: Common | None = None,
        identity: Identity | None = None,
        target: Target | None = None,
    ) -> None:
        self._common = common or Common(settings)
        self._identity = identity or identities.usual(self._common)
        self._credentials = self._identity.credentials
        self._clients = self._identity.clients
        self._target = target
        self._account_of_calls: dict[str, str | None] = {}
        self._hidden = self._common.hidden()
        self._downloads = Downloads(
            self._common.carry,
            (CONNECT_TIMEOUT, READ_TIMEOUT),
            partial(self._identity.session.get_config_variable, "ca_bundle"),
            use_proxies=not settings.isolated,
        )

    @property
    def calls(self) -> Counter[str]:
        """Requests sent so far, by operation, with those of the connections that it shares with."""
        return self._common.calls

    @property
    def region(self) -> str | None:
        """The region of the settings or of the profile."""
        region: str | None = self._identity.session.get_config_variable("region")
        return region

    def check_credentials(self) -> None:
        """
        Raise ReconcileError when credentials cannot be had.

        They are fetched here, once, so that a broken profile is said once and not for
        each function.
        """
        self._identity.check(self._hide(None))

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
        call = partial(self._call_in_turn, region, Caller(check, in_flight))
        return BotoLambdaFunctions(client, call, self._fetch(client, check))

    def objects(self, region: str, check: Callable[[], None]) -> BotoObjects:
        """Give S3 as seen from one region; ``check`` as for ``functions``."""
        client = self._clients.get("s3", region)
        identity = partial(self._ask_for_account, region, check)
        return BotoObjects(client, self._call_at_once(check), self._common.carry, check, identity)

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
        return await self._identity.account(partial(self._ask_for_account, region, check))

    def get_function_rate(self, region: str) -> float:
        """Give the GetFunction requests a second that may be sent at the moment; inf at no pace."""
        known = self._target.account if self._target else None
        account = self._account_of_calls.get(region, known)
        return self._common.budgets.of(account, region).get_function_rate

    def close(self) -> None:
        """Let go of threads and sockets; a call under way ends by its own time-out."""
        self._common.close()
        self._clients.close()

    def _fetch(self, client: Any, check: Callable[[], None]) -> Fetch:  # noqa: ANN401 - as above
        return partial(self._downloads.fetch, client.meta.endpoint_url, check)

    async def _ask_for_account(self, region: str, check: Callable[[], None]) -> str:
        operation = "GetCallerIdentity"
        client = self._clients.get("sts", region)
        answer = await self._call_at_once(check)(operation, client.get_caller_identity)
        return identities.account_in(answer)

    async def _budget(self, region: str, check: Callable[[], None]) -> Budget:
        """
        Find the budget of the account that is called.

        Whose the usual credentials are is asked only where a target may be of the same
        account and region: by itself a connection has a budget of its own there.
        """
        account = self._target.account if self._target else None
        if account is None and region in self._common.shared_regions:
            check()
            account = await self.account(region, lambda: None)
            self._common.budgets.limit(account, region, None)
        self._account_of_calls[region] = account
        return self._common.budgets.of(account, region)

    async def _call_in_turn(
        self,
        region: str,
        caller: Caller,
        operation: str,
        method: Callable[..., Mapping[str, Any]],
        **parameters: object,
    ) -> Mapping[str, Any]:
        """Make one request to Lambda, when its quota allows it."""
        budget = await self._budget(region, caller.check)
        await self._identity.ready(operation, self._hide(None), caller.check)
        send = partial(self._call, operation, method, **parameters)
        return await budget.spend(operation, caller, send)

    def _call_at_once(self, check: Callable[[], None]) -> Call:
        """Give the way to call a service whose quotas are far off."""

        async def call(
            operation: str, method: Callable[..., Mapping[str, Any]], **parameters: object
        ) -> Mapping[str, Any]:
            await self._identity.ready(operation, self._hide(None), check)
            check()
            return await self._call(operation, method, **parameters)

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
        send = partial(self._send, partial(method, **given), function_name)
        answer = await self._common.carry(partial(self._identity.request, send))
        self._common.count(operation, sent=was_sent(answer))
        if not isinstance(answer, Lost):
            self._credentials.check_account(answer, renewals)
            return answer
        if isinstance(answer.error, ReconcileError):  # of its keys, which have been asked for anew
            raise answer.error
        failure = answer.failure(operation, self._hide(function_name))
        renew = partial(self._credentials.renew, failure, renewals)
        raise ReconcileError(await self._common.carry(renew)) from answer.error

    def _send(
        self, send: Callable[[], Mapping[str, Any]], function_name: str | None
    ) -> Mapping[str, Any]:
        return self._hidden.take_out(function_name, send())

    def _hide(self, function_name: str | None) -> Callable[[str], str]:
        return partial(self._hidden.strike_out, function_name)
