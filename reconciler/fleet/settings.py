"""What a run is told, as values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.model import NotTraced
from reconciler.reconcile import WaitSettings

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.fleet.max_changes import MaxChanges
    from reconciler.model import Tracing

QUOTA_SHARE = 0.8
"""The share of AWS's request quotas that is used where nothing else is said."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """
    What holds for all functions of a run.

    ``parallelism`` is how many functions of one account and region are worked on at once;
    those that wait for AWS do not count. ``quota_share`` is as in Target, None for no pace.
    ``server_side`` lets AWS validate what a plan would send. ``cache`` is the folder for
    the hashes of S3 objects that had to be downloaded once, None for no such memory.
    With ``max_changes`` all functions are planned before the first is changed.
    ``tracing`` is told of the run and of each function.
    """

    run_id: str
    plan_only: bool = False
    server_side: bool = False
    cache: Path | None = None
    parallelism: int = 32
    quota_share: float | None = QUOTA_SHARE
    wait: WaitSettings = field(default_factory=WaitSettings)
    max_changes: MaxChanges | None = None
    tracing: Tracing = field(default_factory=NotTraced)
