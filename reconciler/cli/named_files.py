"""The files that flags name: each has one use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.cli.run_options import RunOptions


def check_files(run: RunOptions) -> None:
    """
    Let no file take the place of another, and none be called "-". Raises click.UsageError.

    Reports of earlier runs are taken away first: a plan would be gone before it is read.
    """
    uses: dict[Path, str] = {}
    for flag, path in _named(run):
        if str(path) == "-":
            raise click.UsageError(f"{flag} wants the name of a file, and - is none")
        other = uses.setdefault(path.resolve(), flag)
        if other != flag:
            raise click.UsageError(f"{other} and {flag} name the same file")


def _named(run: RunOptions) -> Iterator[tuple[str, Path]]:
    flags = {
        "--out": run.out,
        "--apply-plan": run.apply_plan,
        "--metrics-file": run.metrics_file,
    }
    yield from ((flag, path) for flag, path in flags.items() if path is not None)
    yield from (("--report", each.path) for each in run.report)
