"""The main job: from options to a report and an exit code."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
import uuid
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import fleet
from reconciler.aws.connections import Connections
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.cli import resources, saved_plans, scenarios
from reconciler.cli.extra import load_sandbox
from reconciler.cli.log import BackgroundHandler
from reconciler.cli.options import SANDBOX_REGION, environment_region
from reconciler.cli.reports import Reports
from reconciler.reconcile import Patience, Reader, Task, WaitSettings
from reconciler.report import progress
from reconciler.report.exit_code import exit_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Self

    from reconciler.cli.inputs import Found, Inputs
    from reconciler.cli.run_options import RunOptions
    from reconciler.cli.signals import Signals
    from reconciler.cli.sources import Sources
    from reconciler.manifest import Scenario
    from reconciler.model import RunResult, Tracing
    from reconciler.sandbox import Sandbox

_SANDBOX_SETTLE = 0.3
"""Seconds: long enough to see an update in progress, short enough to try things out."""


_THREADS = 512
"""
As many calls may be under way at once, over all accounts and regions; threads that are not
needed are never made.
"""

_log = logging.getLogger(__name__)


class Run:
    """
    One run of the main command, and what has to be closed after it.

    ``note`` is told the result before the reports are written, which may fail.
    """

    def __init__(
        self,
        options: RunOptions,
        scenario: Scenario,
        signals: Signals,
        note: Callable[[RunResult], None],
        tracing: Tracing,
    ) -> None:
        self._options = options
        self._scenario = scenario
        self._signals = signals
        self._note = note
        self._tracing = tracing
        self._run_id = str(uuid.uuid4())
        as_json = options.log_format == "json"
        self._log = BackgroundHandler(
            progress.JsonFormatter(self._run_id)
            if as_json
            else progress.TextFormatter(times=options.watch)
        )
        self._sandbox: Sandbox | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        resources.return_large_blocks()
        resources.allow_many_files()
        self._reports = Reports(self._options, self._run_id)
        with contextlib.ExitStack() as opening:
            opening.enter_context(self._logging())
            if self._options.sandbox:
                self._sandbox = opening.enter_context(
                    load_sandbox().Sandbox(settle=_SANDBOX_SETTLE)
                )
            self._connections = opening.enter_context(Connections(self._connection_settings()))
            self._stack = opening.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def region(self) -> str | None:
        """The region of manifests that name none."""
        return self._connections.region

    def reconcile(self, inputs: Inputs) -> int:
        """
        Plan or apply, report, and give the exit code.

        Raises ReconcileError where there are no credentials, or a saved plan is not to be used.
        """
        path = self._options.apply_plan
        saved = None if path is None else saved_plans.load(path)
        self._begin(inputs)
        tasks = inputs.tasks if saved is None else saved_plans.held(saved, inputs.tasks)
        result = asyncio.run(self._reconcile(tasks))
        if saved is not None:
            gone = saved_plans.undeclared(saved, inputs.tasks)
            result = replace(result, undeclared=gone)
        self._log.finish()
        self._note(result)
        return self._report(result)

    def watch(self, inputs: Inputs, find: Callable[[], Found], read_at: float) -> int:
        """
        Plan or apply again and again until a signal, and give the exit code.

        ``find`` reads manifests and packages anew; ``read_at`` is when ``inputs`` were read.
        """
        from reconciler.cli.sources import Sources  # noqa: PLC0415 - nothing else needs it

        self._begin(inputs)
        sources = Sources(self._options.filename, inputs, read_at, find, self._of_shard)
        code = asyncio.run(self._watch(inputs.tasks, sources))
        self._log.finish()
        self._reports.finish(code, None)
        return code

    def _report(self, result: RunResult) -> int:
        """
        Write all that is to be written, whatever of it cannot be, and give the exit code.

        Raises click.ClickException, which names all that could not.
        """
        troubles: list[str] = []
        code: int = exit_code(result, detailed=self._options.detailed_exitcode)
        try:
            self._reports.show(result)
        except click.ClickException as error:
            troubles.append(error.format_message())
            code = error.exit_code
        if self._options.out is not None:
            code = saved_plans.save(self._options.out, result, code)
        try:
            self._reports.finish(code, result)
        except click.ClickException as error:
            troubles.append(error.format_message())
        if troubles:
            raise click.ClickException("; ".join(troubles))
        return code

    async def _watch(self, tasks: Sequence[Task], sources: Sources) -> int:
        from reconciler.cli import watching  # noqa: PLC0415 - nothing else needs it

        return await watching.watch(
            await self._of_shard(tasks),
            sources,
            self._connections,
            settings=self._settings(),
            options=self._options,
            signals=self._signals,
            reports=self._reports,
        )

    def _begin(self, inputs: Inputs) -> None:
        """Fill the sandbox, where there is one, and see to credentials."""
        if self._sandbox is not None:
            region = self.region or SANDBOX_REGION
            self._sandbox.seed(inputs.specs, default_region=region)
            scenarios.play(self._scenario, self._sandbox, inputs.specs, region)
        self._connections.check_credentials()

    async def _reconcile(self, tasks: Sequence[Task]) -> RunResult:
        stop = fleet.Stop(self._options.grace)
        tasks = await self._of_shard(tasks)
        settings = self._settings()
        self._reports.started(len(tasks))
        with self._listener(len(tasks)) as progress:
            listener = self._reports.listening(progress)
            self._signals.begin(stop, listener)
            try:
                return await fleet.run(tasks, self._connections, settings, stop, listener)
            finally:
                self._signals.finish()

    def _settings(self) -> fleet.RunSettings:
        return fleet.RunSettings(
            run_id=self._run_id,
            plan_only=self._options.plan,
            server_side=self._options.server_side,
            cache=self._cache(),
            parallelism=self._options.parallelism,
            quota_share=self._options.quota_share,
            wait=WaitSettings(
                function_timeout=self._options.function_timeout,
                version_timeout=self._options.version_timeout,
            ),
            max_changes=self._options.max_changes,
            tracing=self._tracing,
        )

    async def _of_shard(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """Leave the accounts and regions of other machines to them. Raises ReconcileError."""
        shard = self._options.shard
        if shard is None:
            return tasks
        usual = self._connections.of(None)
        patience = Patience(self._settings().wait, asyncio.Event())
        read = Reader(patience, _log.info)
        its = await shard.of(
            tasks, lambda region: read(lambda: usual.account(region, patience.check))
        )
        _log.info("shard %s: %d of %d functions", shard, len(its), len(tasks))
        return its

    def _cache(self) -> Path | None:
        """Find the folder for what may be forgotten; nothing of a sandbox is worth keeping."""
        if self._sandbox is not None or self._options.cache_dir is not None:
            return self._options.cache_dir
        try:
            home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        except RuntimeError:  # a container's user without a home
            return None
        return Path(home) / "lambda-reconciler"

    def _connection_settings(self) -> ConnectionSettings:
        options = self._options
        region = options.region or environment_region()
        if self._sandbox is None:
            return ConnectionSettings(
                profile=options.profile,
                region=region,
                endpoint_url=options.endpoint_url,
                threads=max(options.parallelism, _THREADS),
                quota_share=options.quota_share,
                tracing=self._tracing,
            )
        sandbox = load_sandbox()
        return ConnectionSettings(
            region=region or SANDBOX_REGION,
            endpoint_url=self._sandbox.url,
            credentials=Credentials(sandbox.ACCESS_KEY_ID, sandbox.SECRET_ACCESS_KEY),
            isolated=True,
            threads=max(options.parallelism, _THREADS),
            quota_share=options.quota_share,
            tracing=self._tracing,
        )

    @contextlib.contextmanager
    def _listener(self, functions: int) -> Iterator[progress.Progress]:
        """Show a live table to a person, and lines to everything else."""
        options = self._options
        plain = options.quiet or options.verbose or options.log_format == "json"
        if plain or not sys.stderr.isatty():
            yield progress.LogProgress()
            return
        with progress.LiveProgress(functions) as live:
            yield live

    @contextlib.contextmanager
    def _logging(self) -> Iterator[None]:
        """Send our own log, and nobody else's, to standard error: boto's would tell secrets."""
        options, handler = self._options, self._log
        logger = logging.getLogger("reconciler")
        before = logger.propagate, logger.level
        logger.propagate = False
        logger.setLevel(
            logging.ERROR if options.quiet else logging.DEBUG if options.verbose else logging.INFO
        )
        logger.addHandler(handler)
        others = logging.NullHandler()  # else Python prints the warnings of boto, with tracebacks
        logging.getLogger().addHandler(others)
        try:
            yield
        finally:
            logging.getLogger().removeHandler(others)
            logger.removeHandler(handler)
            handler.finish()
            logger.propagate, logger.level = before
