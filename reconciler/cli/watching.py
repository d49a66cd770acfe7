"""``--watch``: rounds until a signal, told as they end, and the exit code of it all."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import fleet
from reconciler.model import Status
from reconciler.report.exit_code import ExitCode
from reconciler.report.progress import LogProgress

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.cli.metrics import Metrics
    from reconciler.cli.reports import Reports
    from reconciler.cli.run_options import RunOptions
    from reconciler.cli.signals import Signals
    from reconciler.cli.sources import Sources
    from reconciler.model import RunResult
    from reconciler.reconcile import Task

_log = logging.getLogger(__name__)

_WORDS = {
    Status.UPDATED: "updated",
    Status.PLANNED: "would change",
    Status.FAILED: "failed",
    Status.INTERRUPTED: "interrupted",
    Status.SUSPENDED: "suspended",
    Status.NOT_ATTEMPTED: "not attempted",
    Status.IN_SYNC: "in sync",
}


async def watch(  # noqa: PLR0913 - all that one run has
    tasks: Sequence[Task],
    sources: Sources,
    connections: fleet.Connections,
    *,
    settings: fleet.RunSettings,
    options: RunOptions,
    signals: Signals,
    reports: Reports,
) -> ExitCode:
    """Watch until a signal comes. Raises click.UsageError when --listen cannot be."""
    stop = fleet.Stop(options.grace)
    teller = Teller(reports)
    reports.started(len(tasks))
    with contextlib.ExitStack() as stack:
        made = fleet.Watch(
            tasks,
            sources,
            connections,
            settings=replace(settings, cache=stack.enter_context(_lasting(settings.cache))),
            pace=_pace(options),
            stop=stop,
            listener=reports.listening(LogProgress()),
            observer=teller,
        )
        if options.listen is not None:
            _listen(options, made.health, teller, stack)
        signals.begin(stop, LogProgress())
        try:
            clean = await made.run()
        finally:
            signals.finish()
    if stop.signal_number == signal.SIGINT:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if clean else ExitCode.TERMINATED


def _pace(options: RunOptions) -> fleet.Pace:
    usual = fleet.Pace()
    return replace(
        usual,
        interval=options.interval or usual.interval,
        full_interval=options.full_interval,
    )


def _listen(
    options: RunOptions, health: fleet.Health, teller: Teller, stack: contextlib.ExitStack
) -> None:
    from reconciler.cli.metrics import Metrics  # noqa: PLC0415 - nothing else needs it
    from reconciler.cli.serving import Server  # noqa: PLC0415

    if options.listen is None:
        return
    health.heartbeat = asyncio.get_running_loop().time()
    teller.metrics = Metrics(health)
    server = stack.enter_context(Server(options.listen, health, teller.metrics))
    _log.info("listening on %s", server.url)


@contextlib.contextmanager
def _lasting(cache: Path | None) -> Iterator[Path | None]:
    """
    Give a folder for the hashes of S3 objects, for as long as the watch lasts.

    Without one each object that S3 knows no SHA-256 of would be fetched in each round.
    """
    if _can_be_written(cache):
        yield cache
        return
    try:
        made = tempfile.TemporaryDirectory(prefix="reconcile-", ignore_cleanup_errors=True)
    except OSError:
        yield None
        return
    with made as name:
        yield Path(name)


def _can_be_written(folder: Path | None) -> bool:
    if folder is None:
        return False
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


_MOST_WAITING = 8
"""Reports that wait for somebody to read those before."""


class Teller:
    """
    Logs each round, reports those with news, and counts all of them.

    One thread writes reports, one after the other: rounds and tries end at the same time. When
    nobody reads them the watch goes on, and later reports are lost.
    """

    def __init__(self, reports: Reports) -> None:
        self._reports = reports
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="report")
        self._waiting = 0
        self.metrics: Metrics | None = None

    async def ended(self, finished: fleet.Round) -> None:
        """Tell of a round; a report that cannot be written does not end the watch."""
        _log.info("%s", summary(finished))
        if self.metrics is not None:
            self.metrics.note(finished)
        self._reports.round_finished(finished)
        if finished.news:
            await self._report(finished.result)

    async def _report(self, result: RunResult) -> None:
        if self._waiting >= _MOST_WAITING:
            _log.error("the report is lost: nobody reads those before")
            return
        self._waiting += 1
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writer, self._reports.show, result)
        except click.ClickException as error:
            _log.error("the report is lost: %s", error.format_message())
        finally:
            self._waiting -= 1

    def note(self, message: str) -> None:
        """Log it."""
        _log.info("%s", message)

    def trouble(self, message: str) -> None:
        """Log it."""
        _log.warning("%s", message)


def summary(finished: fleet.Round) -> str:
    """Say in one line what a round came to."""
    ended = Counter(each.status for each in finished.result.functions)
    told = [f"{ended[status]} {word}" for status, word in _WORDS.items() if ended[status]]
    calls = sum(finished.result.calls.values())
    cost = f"{calls} call{'' if calls == 1 else 's'} in {finished.seconds:.1f} s"
    if finished.number is None:
        return f"tried again: {', '.join(told) or 'no functions'}; {cost}"
    rest = finished.functions - ended.total() - finished.elsewhere - finished.waiting
    if rest > 0:
        told.append(f"{rest} {'unchanged' if finished.complete else 'not looked at'}")
    if finished.waiting:
        told.append(f"{finished.waiting} waiting to be tried again")
    if finished.elsewhere:
        told.append(f"{finished.elsewhere} still under way")
    return f"round {finished.number}: {', '.join(told) or 'no functions'}; {cost}"
