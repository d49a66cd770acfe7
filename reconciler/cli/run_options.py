"""What the main command was asked to do, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.fleet import MaxChanges, Shard


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any free one."""

    host: str
    port: int


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file for a report, and the report's form."""

    form: str
    path: Path


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The flags, read and checked; times in seconds."""

    filename: tuple[str, ...]
    plan: bool
    out: Path | None
    apply_plan: Path | None
    watch: bool
    interval: float | None
    full_interval: float | None
    listen: Address | None
    detailed_exitcode: bool
    selector: tuple[tuple[str, str], ...]
    only: tuple[str, ...]
    max_changes: MaxChanges | None
    output: str
    report: tuple[ReportFile, ...]
    metrics_file: Path | None
    server_side: bool
    sandbox: bool
    scenario: str | None
    function_timeout: float
    version_timeout: float
    grace: float
    parallelism: int
    quota_share: float | None
    shard: Shard | None
    shard_count: int | None
    profile: str | None
    region: str | None
    endpoint_url: str | None
    cache_dir: Path | None
    color: str
    log_format: str
    verbose: bool
    quiet: bool
