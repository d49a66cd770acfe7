"""The flags that say what is reported, in which form, and where to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.option import all_of, option
from reconciler.cli.run_options import ReportFile

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from reconciler.cli.run_options import RunOptions

OUTPUTS = ("text", "json", "jsonl", "markdown", "github", "junit")
_IN_FILES = ("text", "json", "jsonl", "markdown", "junit")
_SUFFIXES = {
    ".txt": "text",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".xml": "junit",
}


class ReportPath(click.ParamType[ReportFile]):
    """``report.json``, ``junit=results``: the form by suffix, or by name."""

    name = "file"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's own
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> ReportFile:
        """Find the form."""
        if isinstance(value, ReportFile):
            return value
        form, separator, path = value.partition("=")
        if not separator or form not in _IN_FILES:
            form, path = _SUFFIXES.get(Path(value).suffix, ""), value
        if not form:
            known = ", ".join(_SUFFIXES)
            what = f"{value!r} ends with none of {known}: name its form, as in junit=FILE"
            self.fail(what, param, ctx)
        if not path:
            self.fail(f"{value!r} names no file", param, ctx)
        return ReportFile(form, Path(path))

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell offer files."""
        return click.Path(dir_okay=False).shell_complete(ctx, param, incomplete)


report_options = all_of(
    option(
        "--output",
        "-o",
        type=click.Choice(OUTPUTS),
        default="text",
        show_default=True,
        help="What to print on standard output (docs/reports.md).",
    ),
    option(
        "--report",
        metavar="[FORM=]FILE",
        type=ReportPath(),
        multiple=True,
        help="Write a report to a file too: .txt, .json, .jsonl, .md or .xml. Repeatable.",
    ),
    option(
        "--metrics-file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Write metrics for the textfile collector of Prometheus (docs/metrics.md).",
    ),
)


def check_reports(run: RunOptions) -> None:
    """Check what the flags mean together. Raises click.UsageError."""
    if run.watch and run.output == "github":
        raise click.UsageError("-o github is for one run: a watch is no step of a workflow")
    paths = [each.path.resolve() for each in run.report]
    if len({*paths}) < len(paths):
        raise click.UsageError("--report names the same file twice")
    for each in run.report:
        _check_place("--report", each.path)
    if run.metrics_file is not None:
        if run.watch:
            raise click.UsageError("--metrics-file is for one run: a watch has --listen")
        _check_place("--metrics-file", run.metrics_file)


def _check_place(flag: str, path: Path) -> None:
    if path.is_dir() or not path.parent.is_dir():
        where = "is a folder" if path.is_dir() else "lies in no folder that there is"
        raise click.UsageError(f"{flag} {str(path)!r} {where}")
