"""``python -m reconciler`` and ``reconcile`` are the same program."""

from __future__ import annotations

import gc
import os
import signal
import sys

_GARBAGE = 10_000  # objects between two looks for cycles, of which a run makes few


def main() -> None:
    """Run the command and leave with its exit code."""
    # The first process of a container gets no SIGTERM that it has no handler for. No exception
    # is raised: Python loses one that is raised in a callback, as imports have.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: os._exit(128 + number))
    gc.set_threshold(_GARBAGE)
    from reconciler import tracebacks  # noqa: PLC0415 - a signal may come at any time

    tracebacks.install()
    from reconciler.cli import main as run_command  # noqa: PLC0415 - it takes a moment
    from reconciler.cli.streams import leave  # noqa: PLC0415

    leave(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
