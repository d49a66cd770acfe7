"""What all connections of a run share."""

from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import botocore.session
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES
from botocore.exceptions import BotoCoreError

from reconciler.aws import errors, hidden
from reconciler.aws.budgets import Budgets
from reconciler.aws.hidden import Hidden
from reconciler.model import ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from botocore.session import Session

    from reconciler.aws.settings import ConnectionSettings

    Outcome = TypeVar("Outcome")

_NOT_SET_FROM_OUTSIDE = {
    name: (None, None, default, convert)
    for name, (_, _, default, convert) in BOTOCORE_DEFAUT_SESSION_VARIABLES.items()
} | {
    "config_file": (None, None, os.devnull, None),
    "credentials_file": (None, None, os.devnull, None),
}
"""botocore's settings at their defaults, looked up in no file and no environment variable."""


class Common:
    """
    The threads that carry calls, the budgets, the count of calls, the secrets met.

    ``calls`` counts requests by operation. ``keys`` are all access keys and tokens so far,
    of whichever account: an error of one may quote those of another. ``shared_regions``
    are those where an account is called through more than one connection, perhaps.
    """

    def __init__(self, settings: ConnectionSettings) -> None:
        self.settings = settings
        self.calls: Counter[str] = Counter()
        self.budgets = Budgets(settings.quota_share)
        self.keys: set[str] = set()
        self.shared_regions: set[str] = set()
        self._passwords = tuple(
            hidden.passwords((settings.endpoint_url or "", *os.environ.values()))
        )
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="aws")
        self._counting = threading.Lock()
        self._models: Any = None

    def session(self) -> Session:
        """
        Make a session of botocore's, which reads the machine's AWS settings anew.

        AWS's models are read once for all of them: by itself each session takes 0.1 s and
        10 MiB for its first client. Raises ReconcileError for settings that are no good.
        """
        settings = self.settings
        made = botocore.session.Session(
            session_vars=_NOT_SET_FROM_OUTSIDE if settings.isolated else None
        )
        for name in ("profile", "region"):
            if (value := getattr(settings, name)) is not None:
                made.set_config_variable(name, value)
        try:
            made.get_scoped_config()
            self._models = self._models or made.get_component("data_loader")
        except BotoCoreError as error:  # no such profile, or a file that cannot be parsed
            raise ReconcileError(errors.no_credentials(error)) from error
        made.register_component("data_loader", self._models)
        return made

    def hidden(self) -> Hidden:
        """Begin to remember the secrets of one connection's functions, and strike out all keys."""
        return Hidden(self.keys, self._passwords)

    def count(self, operation: str, *, sent: bool) -> None:
        """Count a request if it was sent, in any thread."""
        with self._counting:
            self.calls[operation] += sent

    async def carry(self, work: Callable[[], Outcome]) -> Outcome:
        """
        Do work that blocks in a thread; one is made when none is idle, up to a limit.

        It is done in the context of whoever asks for it.
        """
        loop, run = asyncio.get_running_loop(), contextvars.copy_context().run
        return await loop.run_in_executor(self._pool, run, work)

    def close(self) -> None:
        """Let go of the threads; a call under way ends by its own time-out."""
        self._pool.shutdown(wait=False, cancel_futures=True)
