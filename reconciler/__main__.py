"""``python -m reconciler`` and ``reconcile`` are the same program."""

from __future__ import annotations

import signal
import sys

from reconciler import tracebacks


def main() -> None:
    """Run the command and leave with its exit code."""
    # The first process of a container gets no SIGTERM that it has no handler for.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    tracebacks.install()
    try:
        from reconciler.cli import main as run_command  # noqa: PLC0415 - it takes a moment

        code = run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
