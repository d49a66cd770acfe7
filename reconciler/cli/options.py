"""The flags, once each: every one can also be given as RECONCILE_<NAME>."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.named_files import check_files
from reconciler.cli.option import all_of as _all
from reconciler.cli.option import option as _option
from reconciler.cli.parameters import (
    ChangeLimit,
    Duration,
    Label,
    QuotaShare,
    ShardNumber,
    number,
    region,
)
from reconciler.cli.plan_options import check_plan, plan_options
from reconciler.cli.report_options import check_reports, report_options
from reconciler.cli.run_options import RunOptions
from reconciler.cli.watch_options import check_watch, watch_options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.fleet import Shard

SANDBOX_REGION = "us-east-1"
"""Where the sandbox puts functions when no region is set anywhere."""


_DAY = 86_400

_PATH = click.Path(allow_dash=True, readable=False)
"""Whether it can be read is found out with all other errors of manifests."""

_SCENARIO: dict[str, Any] = {
    "metavar": "FILE",
    "type": click.Path(dir_okay=False, readable=False),
    "help": "How the sandbox's functions begin, and what goes wrong in it (docs/sandbox.md).",
}

manifests = _option(
    "--filename",
    "-f",
    metavar="PATH",
    type=_PATH,
    multiple=True,
    default=("manifests/",),
    show_default="manifests/",
    help="A manifest, a folder of them, or - for standard input. Repeatable.",
)

run_options = _all(
    manifests,
    _option("--plan", is_flag=True, help="Show what would be done, and write nothing."),
    plan_options,
    watch_options,
    _option(
        "--detailed-exitcode", is_flag=True, help="With --plan: exit 2 when there are differences."
    ),
    _option(
        "--server-side",
        is_flag=True,
        help="With --plan: let AWS validate each UpdateFunctionCode by a dry run.",
    ),
    _option(
        "--selector",
        "-l",
        type=Label(),
        multiple=True,
        help="Only functions with this label. Repeatable: all must match.",
    ),
    _option(
        "--only",
        metavar="GLOB",
        multiple=True,
        help="Only functions whose NAME or NAME@TARGET matches. Repeatable: any may match.",
    ),
    _option(
        "--max-changes",
        metavar="N|P%",
        type=ChangeLimit(),
        help="Write nothing, and exit 5, when more functions would change than this.",
    ),
    report_options,
    _option(
        "--sandbox",
        is_flag=True,
        help="Run against an AWS Lambda sandbox inside this process; no AWS account is touched.",
    ),
    _option("--scenario", **_SCENARIO),
    _option(
        "--function-timeout",
        type=Duration(),
        default=300.0,
        show_default="5m",
        help="How long one function may take, waiting included.",
    ),
    _option(
        "--version-timeout",
        type=Duration(),
        default=1800.0,
        show_default="30m",
        help="How long a published version may take to be ready; SnapStart needs minutes.",
    ),
    _option(
        "--grace",
        type=Duration(),
        default=30.0,
        show_default="30s",
        help="After SIGTERM or SIGINT: how long it may take until the report is written.",
    ),
    _option(
        "--parallelism",
        type=click.IntRange(1, 256),
        default=32,
        show_default=True,
        help="How many functions of an account and region are worked on at once; waits are free.",
    ),
    _option(
        "--quota-share",
        type=QuotaShare(),
        default=0.8,
        show_default=True,
        help="The share of AWS's request quotas to use; none for an emulator without quotas.",
    ),
    _option(
        "--shard",
        metavar="I/N",
        type=ShardNumber(),
        help="Only accounts and regions of the I-th of N machines, e.g. 3/16.",
    ),
    _option(
        "--shard-count",
        metavar="N",
        type=click.IntRange(1, 9999),
        help="As --shard, for a Kubernetes Indexed Job: I is JOB_COMPLETION_INDEX plus one.",
    ),
    _option("--profile", help="A profile of the AWS configuration, over AWS_PROFILE."),
    _option(
        "--region",
        callback=region,
        help="The region of manifests that name none, over AWS_REGION.",
    ),
    _option("--endpoint-url", help="Another endpoint than AWS's, over AWS_ENDPOINT_URL."),
    _option(
        "--cache-dir",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where the hashes of downloaded S3 objects are kept, over $XDG_CACHE_HOME.",
    ),
    _option(
        "--color",
        type=click.Choice(["auto", "always", "never"]),
        default="auto",
        show_default=True,
        help="auto heeds NO_COLOR, FORCE_COLOR and whether a person looks.",
    ),
    _option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="The form of the log lines on standard error.",
    ),
    _option("--verbose", "-v", is_flag=True, help="Also show functions in sync, and every wait."),
    _option("--quiet", "-q", is_flag=True, help="Say nothing on standard error but errors."),
)

sandbox_options = _all(
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        show_default="any free one",
        envvar="RECONCILE_SANDBOX_PORT",
        show_envvar=True,
        help="The port on 127.0.0.1.",
    ),
    click.option(
        "--seed",
        metavar="PATH",
        type=_PATH,
        multiple=True,
        envvar="RECONCILE_SANDBOX_SEED",
        show_envvar=True,
        help="Create each function that these manifests name, with other code. Repeatable.",
    ),
    click.option(
        "--settle",
        metavar="SECONDS",
        type=click.FloatRange(min=0, max=_DAY),
        callback=number,
        default=1.0,
        show_default=True,
        envvar="RECONCILE_SANDBOX_SETTLE",
        show_envvar=True,
        help="How long an update stays in progress.",
    ),
    click.option(
        "--quota",
        type=click.Choice(["off", "aws"]),
        default="off",
        show_default=True,
        envvar="RECONCILE_SANDBOX_QUOTA",
        show_envvar=True,
        help="aws: 100 GetFunction and 15 other requests a second, then 429.",
    ),
    click.option("--scenario", envvar="RECONCILE_SANDBOX_SCENARIO", show_envvar=True, **_SCENARIO),
    click.option(
        "--log",
        metavar="FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        envvar="RECONCILE_SANDBOX_LOG",
        show_envvar=True,
        help="Append a line of JSON per request.",
    ),
)


def read(given: Mapping[str, Any]) -> RunOptions:
    """Check what flags mean together. Raises click.UsageError."""
    run = RunOptions(**{**given, "shard": _shard(given)})
    if run.sandbox and (run.profile or run.endpoint_url):
        raise click.UsageError(
            "--sandbox has its own endpoint and keys: leave out --profile and --endpoint-url"
        )
    if run.server_side and not run.plan:
        raise click.UsageError("--server-side belongs to --plan")
    if run.scenario is not None and not run.sandbox:
        raise click.UsageError("--scenario is for the sandbox: add --sandbox, or leave it out")
    if run.verbose and run.quiet:
        raise click.UsageError("--verbose and --quiet contradict each other")
    check_files(run)
    check_plan(run)
    check_watch(run)
    check_reports(run)
    return run


def _shard(given: Mapping[str, Any]) -> Shard | None:
    """Find out which shard this is. Raises click.UsageError."""
    from reconciler.fleet import Shard  # noqa: PLC0415 - takes a moment

    shard: Shard | None = given["shard"]
    count = given["shard_count"]
    if count is None:
        return shard
    if shard is not None:
        raise click.UsageError("--shard and --shard-count say the same: leave one out")
    index = os.environ.get("JOB_COMPLETION_INDEX", "")
    if re.fullmatch("[0-9]{1,9}", index) is None or int(index) >= count:
        what = f"JOB_COMPLETION_INDEX is {index!r}" if index else "JOB_COMPLETION_INDEX is not set"
        raise click.UsageError(f"{what}, and --shard-count {count} needs 0 to {count - 1} there")
    return Shard(int(index) + 1, count)


def environment_region() -> str | None:
    """Read the region as AWS's own tools do; botocore by itself knows only the second name."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None
