"""
One function, level-triggered: observe, plan, perform the first step, settle, repeat.

Nothing is remembered between two rounds but what a write of our own cannot have
changed; kill it anywhere, and the next run needs no memory of this one.
"""

from reconciler.reconcile.patience import InterruptedRunError, Patience, Reader, WaitSettings
from reconciler.reconcile.reconciliation import Reconciliation
from reconciler.reconcile.shared import Halts, Newest, Shared
from reconciler.reconcile.task import Task

__all__ = [
    "Halts",
    "InterruptedRunError",
    "Newest",
    "Patience",
    "Reader",
    "Reconciliation",
    "Shared",
    "Task",
    "WaitSettings",
]
