"""Many functions side by side: each is reconciled alone, and none waits for another's failure."""

from reconciler.fleet.max_changes import MaxChanges
from reconciler.fleet.running import Connection, RunSettings, run
from reconciler.fleet.selection import Preparation, prepare, select
from reconciler.fleet.stopping import Stop

__all__ = [
    "Connection",
    "MaxChanges",
    "Preparation",
    "RunSettings",
    "Stop",
    "prepare",
    "run",
    "select",
]
