"""Many functions side by side: each is reconciled alone, and none waits for another's failure."""

from reconciler.fleet.connections import Connection, Connections
from reconciler.fleet.max_changes import MaxChanges
from reconciler.fleet.running import RunSettings, run
from reconciler.fleet.selection import Preparation, prepare, select
from reconciler.fleet.shards import Shard
from reconciler.fleet.stopping import Stop

__all__ = [
    "Connection",
    "Connections",
    "MaxChanges",
    "Preparation",
    "RunSettings",
    "Shard",
    "Stop",
    "prepare",
    "run",
    "select",
]
