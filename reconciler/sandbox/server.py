"""The sandbox as a whole: start it, point the AWS_ENDPOINT_URL at it, look at what happened."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from reconciler.sandbox.accounts import HOUR, Accounts
from reconciler.sandbox.application import Application
from reconciler.sandbox.control_plane import ControlPlane
from reconciler.sandbox.faults import Faults
from reconciler.sandbox.moto_backend import MotoBackend
from reconciler.sandbox.names import called_by
from reconciler.sandbox.quotas import Quota, Quotas
from reconciler.sandbox.request_log import RequestLog
from reconciler.sandbox.seed import seed
from reconciler.sandbox.stock import Stock
from reconciler.sandbox.wsgi_server import HOST, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from types import TracebackType

    from reconciler.model import FunctionSpec
    from reconciler.sandbox.faults import Fault
    from reconciler.sandbox.request_log import RequestRecord

ACCESS_KEY_ID = "sandbox"
"""Any credentials are accepted; these cannot be mistaken for real ones."""
SECRET_ACCESS_KEY = "sandbox"  # noqa: S105 - it opens nothing

_POLL_SECONDS = 0.02
"""How soon the accepting thread notices that it is to stop."""


class Sandbox:
    """
    A server on 127.0.0.1 that answers as AWS does.

    ``port`` 0 takes any free one. ``settle`` is for how many seconds an update stays in
    progress. ``log`` gets a line of JSON for each request. ``quota`` is ``off`` or
    ``aws``; it goes by ``control_plane.clock`` too. It can be seeded and given faults
    before it is started.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        settle: float = 1.0,
        log: Path | None = None,
        quota: str = Quota.OFF,
    ) -> None:
        self._port = port
        self._accounts = Accounts()
        self._moto = MotoBackend()
        self._faults = Faults()
        self._log = RequestLog(log)
        self._server: LoopbackServer | None = None
        self._thread: threading.Thread | None = None
        self.control_plane = ControlPlane(settle=settle, artifacts=self._moto)
        self._quotas = Quotas(Quota(quota), self._now)

    @property
    def url(self) -> str:
        """The endpoint of all services, while the sandbox runs."""
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return f"http://{HOST}:{self._server.port}"

    @property
    def requests(self) -> tuple[RequestRecord, ...]:
        """The requests to Lambda so far, in order of completion."""
        return self._log.records

    def start(self) -> None:
        """Listen; OSError when the port is taken."""
        if self._server is not None:
            raise RuntimeError("the sandbox is running already")
        application = Application(
            self.control_plane, self._moto, self._accounts, self._faults, self._quotas, self._log
        )
        self._server = LoopbackServer(self._port, application)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_SECONDS,), name="sandbox", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, end all connections, and forget what moto keeps."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        server.shutdown()
        self._thread.join()
        server.hang_up()
        server.server_close()
        self._moto.reset()

    def seed(self, specs: Iterable[FunctionSpec], *, default_region: str) -> None:
        """
        Create the functions that the specs name, with other code than theirs, and that code.

        The roles of their targets can be assumed. Where specs without such a role name an
        account, the usual credentials are of it: of the first, if of several.
        """
        specs = tuple(specs)
        roles = [spec.target.assume_role if spec.target else None for spec in specs]
        for role in filter(None, roles):
            self.allow_role(role.role_arn, external_id=role.external_id)
        named = (
            spec.function.account for spec, role in zip(specs, roles, strict=True) if role is None
        )
        self._accounts.usual = next(filter(None, named), self._accounts.usual)
        with called_by(self._accounts.usual):
            seed(self.control_plane, Stock(self._moto), specs, default_region)

    @property
    def account(self) -> str:
        """The account of the usual credentials, which are all that AssumeRole did not give."""
        return self._accounts.usual

    def allow_role(
        self, arn: str, *, external_id: str | None = None, seconds: float = HOUR
    ) -> None:
        """
        Let a role be assumed, by whoever tells its external id, for so many seconds.

        Its session may call what is in its account. ValueError for what is no role's ARN.
        """
        self._accounts.allow(arn, external_id, seconds)

    def forbid_role(self, arn: str) -> None:
        """Let nobody assume a role any more; sessions that were begun go on."""
        self._accounts.forbid(arn)

    def expire_sessions(self) -> None:
        """End all sessions of assumed roles, before their time."""
        self._accounts.expire()

    def inject(self, fault: Fault) -> None:
        """Let something happen to requests to come."""
        self._faults.inject(fault)

    def withdraw(self, fault: Fault) -> None:
        """Let what was injected happen no more; it may have happened often enough already."""
        self._faults.withdraw(fault)

    def _now(self) -> float:
        """Read the clock that the control plane has now; a test may have put in its own."""
        return self.control_plane.clock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
