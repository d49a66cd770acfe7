"""Many functions side by side: each is reconciled alone, and none waits for another's failure."""

from reconciler.fleet.connections import Connection, Connections
from reconciler.fleet.max_changes import MaxChanges
from reconciler.fleet.running import run
from reconciler.fleet.selection import Preparation, prepare, select
from reconciler.fleet.settings import RunSettings
from reconciler.fleet.shards import Shard
from reconciler.fleet.stopping import Stop
from reconciler.fleet.watch import (
    BrokenManifestsError,
    Health,
    Manifests,
    Observer,
    Pace,
    Round,
    Watch,
)

__all__ = [
    "BrokenManifestsError",
    "Connection",
    "Connections",
    "Health",
    "Manifests",
    "MaxChanges",
    "Observer",
    "Pace",
    "Preparation",
    "Round",
    "RunSettings",
    "Shard",
    "Stop",
    "Watch",
    "prepare",
    "run",
    "select",
]
