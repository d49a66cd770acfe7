"""``python -m reconciler`` and ``reconcile`` are the same program."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    # The first process of a container gets no SIGTERM that it has no handler for.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        from reconciler import tracebacks  # noqa: PLC0415 - a signal may come at any time

        tracebacks.install()
        from reconciler.cli import main as run_command  # noqa: PLC0415 - it takes a moment
        from reconciler.cli.streams import leave  # noqa: PLC0415

        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    leave(code)


if __name__ == "__main__":
    main()
