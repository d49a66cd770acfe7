"""The scripts with which shells complete the command; they are click's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from click.shell_completion import ShellComplete, get_completion_class

if TYPE_CHECKING:
    import click

SHELLS = ("bash", "zsh", "fish")
"""Those that click knows."""


def script(command: click.Command, shell: str) -> str:
    """Give what the shell has to read, once for each session. Raises ValueError."""
    kind = get_completion_class(shell)
    if kind is None:
        raise ValueError(f"there is no completion for {shell!r}, only for {', '.join(SHELLS)}")
    # click's own source() of bash would start bash to ask for its version.
    return ShellComplete.source(kind(command, {}, "reconcile", "_RECONCILE_COMPLETE")) + "\n"
