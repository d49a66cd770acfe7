"""The flags of ``--watch``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.option import all_of, option
from reconciler.cli.parameters import Duration
from reconciler.cli.run_options import Address

if TYPE_CHECKING:
    from reconciler.cli.run_options import RunOptions

_STANDARD_INPUT = "-"
_MOST = 65_535


class ListenAddress(click.ParamType[Address]):
    """``127.0.0.1:8080``, ``[::1]:8080``."""

    name = "host:port"
    _FORM = re.compile(
        r"(?:\[(?P<v6>[0-9A-Fa-f:.]+)\]|(?P<host>[^:\s/\[\]]+)):(?P<port>[0-9]{1,5})"
    )

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Address:
        """Take the text apart; all interfaces have to be asked for by name, as 0.0.0.0."""
        if isinstance(value, Address):
            return value
        found = self._FORM.fullmatch(value)
        if found is None or int(found["port"]) > _MOST:
            self.fail(f"{value!r} is not HOST:PORT, such as 127.0.0.1:8080", param, ctx)
        return Address(found["v6"] or found["host"], int(found["port"]))


watch_options = all_of(
    option(
        "--watch",
        is_flag=True,
        help="Go on until SIGTERM or SIGINT, round after round (docs/watch.md).",
    ),
    option(
        "--interval",
        type=Duration(),
        show_default="5m",
        help="With --watch: from the beginning of a round to that of the next, +-10 %.",
    ),
    option(
        "--full-interval",
        type=Duration(),
        show_default="24h, or as long as it takes to add a quarter of the calls at most",
        help="With --watch: how often each function is looked at although nothing changed.",
    ),
    option(
        "--listen",
        metavar="HOST:PORT",
        type=ListenAddress(),
        help="With --watch: serve /healthz, /readyz and /metrics there.",
    ),
)


def check_watch(run: RunOptions) -> None:
    """Check what the flags mean together. Raises click.UsageError."""
    if not run.watch:
        given = {
            "--interval": run.interval,
            "--full-interval": run.full_interval,
            "--listen": run.listen,
        }
        for flag, value in given.items():
            if value is not None:
                raise click.UsageError(f"{flag} belongs to --watch")
        return
    if run.detailed_exitcode:
        raise click.UsageError("--detailed-exitcode is for one run: a watch has no differences")
    if _STANDARD_INPUT in run.filename:
        raise click.UsageError("--watch reads manifests again: name a file or folder, not -")
