"""The command line: arguments, what they set in motion, and exit codes."""

from reconciler.cli.commands import main

__all__ = ["main"]
