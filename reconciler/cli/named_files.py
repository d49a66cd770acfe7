"""The files that flags name: each has one use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.cli.run_options import RunOptions

_READ = ("--scenario", "--apply-plan")


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
        written = flag not in _READ
        if written and any(_among(path, each) for each in run.filename):
            raise click.UsageError(f"{flag} {path} would take the place of a manifest")


def _among(path: Path, manifests: str) -> bool:
    """Whether a file is a manifest of these, or would be read as one by the next run."""
    from reconciler.manifest.files import SUFFIXES  # noqa: PLC0415 - --help needs no manifests

    file, place = path.resolve(), Path(manifests).resolve()
    return file == place or (place in file.parents and file.suffix in SUFFIXES)


def _named(run: RunOptions) -> Iterator[tuple[str, Path]]:
    flags = {
        "--scenario": None if run.scenario is None else Path(run.scenario),
        "--out": run.out,
        "--apply-plan": run.apply_plan,
        "--metrics-file": run.metrics_file,
    }
    yield from ((flag, path) for flag, path in flags.items() if path is not None)
    yield from (("--report", each.path) for each in run.report)
