"""The flags of saved plans."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.option import all_of, option

if TYPE_CHECKING:
    from reconciler.cli.run_options import RunOptions

plan_options = all_of(
    option(
        "--out",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        help="With --plan: save the plan there, for --apply-plan.",
    ),
    option(
        "--apply-plan",
        metavar="FILE",
        type=click.Path(dir_okay=False, readable=False, path_type=Path),
        help="Apply exactly what --plan --out has saved; exit 5 where it fits no more.",
    ),
)


def check_plan(run: RunOptions) -> None:
    """Check what the flags mean together. Raises click.UsageError."""
    if run.out is not None:
        if not run.plan:
            raise click.UsageError("--out belongs to --plan")
        if run.watch:
            raise click.UsageError("--out is for one run: a watch plans again and again")
        if run.out.exists() and not run.out.is_file():
            raise click.UsageError(f"--out {run.out}: a device or a pipe can hold no plan")
        if not run.out.absolute().parent.is_dir():
            raise click.UsageError(f"--out {run.out}: there is no such folder")
    if run.apply_plan is None:
        return
    if run.plan or run.watch:
        raise click.UsageError("--apply-plan contradicts --plan and --watch")
    selected = run.selector or run.only or run.shard
    if selected:
        raise click.UsageError(
            "--apply-plan takes all that was planned: leave out --selector, --only and --shard"
        )
