"""All that a run reports: on standard output, in files, and as events while it goes."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import streams, whole_files
from reconciler.cli.event_stream import EventStream, WithEvents
from reconciler.printable import printable
from reconciler.report import github, json_report, junit, markdown, text
from reconciler.report.events import Events
from reconciler.report.style import Style, wants_colour

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.cli.run_options import ReportFile, RunOptions
    from reconciler.fleet import Round
    from reconciler.model import RunResult
    from reconciler.report.progress import Progress

_EVENTS = "jsonl"
_MOST_ON_A_PAGE = 1_000_000
"""Bytes of a step's page, of which GitHub shows nothing at all when it has more than 1 MiB."""


class Reports:
    """
    Knows where reports go; made before the first call, finished after the last.

    Files of an earlier run, and the plan that it saved, are taken away first, so that what
    lies there is of this run.
    """

    def __init__(self, options: RunOptions, run_id: str) -> None:
        self._options = options
        self._streams: list[EventStream] = []
        self._events: list[Events] = []
        self._open = contextlib.ExitStack()
        writers: list[Callable[[str], None]] = []
        if options.out is not None:
            whole_files.forget(options.out)
        for each in options.report:
            whole_files.forget(each.path)
            if each.form == _EVENTS:
                writers.append(self._lines_in(each.path))
        if options.output == _EVENTS:
            writers.append(streams.say)
        for write in writers:
            stream = EventStream(write)
            self._streams.append(stream)
            self._events.append(Events(run_id, stream.put, plan_only=options.plan))

    def started(self, functions: int) -> None:
        """Tell of the beginning."""
        for each in self._events:
            each.started(functions, watch=self._options.watch)

    def listening(self, progress: Progress) -> Progress:
        """Give a listener that also writes events."""
        return WithEvents(progress, self._events) if self._events else progress

    def show(self, result: RunResult) -> None:
        """Write all reports of a run; files first, since standard output may never be read."""
        failed = [failed for each in self._options.report if (failed := self._file(each, result))]
        try:
            self._print(result)
        except click.ClickException as error:
            failed.append(error.format_message())
        if failed:
            raise click.ClickException("; ".join(failed))

    def round_finished(self, finished: Round) -> None:
        """Tell of a round of the watch."""
        for each in self._events:
            each.round_finished(
                finished.result,
                number=finished.number,
                seconds=finished.seconds,
                complete=finished.complete,
            )

    def finish(self, exit_code: int, result: RunResult | None) -> None:
        """Tell of the end, and wait until all events are written. Raises click.ClickException."""
        for each in self._events:
            if result is None:
                each.watch_finished(exit_code)
            else:
                each.run_finished(result, exit_code)
        with self._open:
            for stream in self._streams:
                stream.finish()

    def _file(self, file: ReportFile, result: RunResult) -> str | None:
        """Write one; give what went wrong."""
        if file.form == _EVENTS:
            return None
        plain = replace(self._options, color="never", output=file.form)
        try:
            whole_files.write(file.path, rendered(result, plain))
        except OSError as error:
            return printable(f"--report {file.path}: {error.strerror}")
        return None

    def _print(self, result: RunResult) -> None:
        options = self._options
        if options.output == _EVENTS:
            return
        if options.output == "github":
            append_summary(result)
        coloured = options.output == "text" and wants_colour(options.color, sys.stdout, os.environ)
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        streams.say(
            rendered(result, options, coloured=coloured, width=width),
            coloured=coloured if options.output == "text" else None,
        )

    def _lines_in(self, path: Path) -> Callable[[str], None]:
        """Open a file for events, which others read while it grows."""
        try:
            file = path.open("w", encoding="utf-8", buffering=1)
        except OSError as error:
            raise click.UsageError(f"--report {str(path)!r}: {error.strerror}") from error

        def write(line: str) -> None:
            with _named(path):
                file.write(line)

        def close() -> None:
            with _named(path):  # what could not be written is tried once more
                file.close()

        self._open.callback(close)
        return write


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Say of which file it is that something cannot be done."""
    try:
        yield
    except OSError as error:
        raise click.ClickException(f"--report {path}: {error.strerror}") from error


def rendered(
    result: RunResult, options: RunOptions, *, coloured: bool = False, width: int | None = None
) -> str:
    """Give the report in the form that is asked for."""
    match options.output:
        case "json":
            return json_report.render(result)
        case "markdown":
            return markdown.render(result)
        case "github":
            return github.render(result)
        case "junit":
            return junit.render(result, detailed=options.detailed_exitcode)
        case _:
            return text.render(result, Style(coloured), verbose=options.verbose, width=width)


def append_summary(result: RunResult) -> None:
    """Add to the page of the workflow's step, where there is one; its loss is told."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        with Path(path).open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(markdown.render(result, limit=_MOST_ON_A_PAGE - file.tell()))
    except OSError as error:
        streams.complain(f"reconcile: GITHUB_STEP_SUMMARY: {error.strerror}")
