"""The scripts with which shells complete the command; they are click's own, as are the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

if TYPE_CHECKING:
    import click

SHELLS = ("bash", "zsh", "fish")
"""Those that click knows."""

_VARIABLE = "_RECONCILE_COMPLETE"
"""Set by the scripts when they ask; click's own name for it."""


def script(command: click.Command, shell: str) -> str:
    """Give what the shell has to read, once for each session. Raises ValueError."""
    kind = get_completion_class(shell)
    if kind is None:
        raise ValueError(f"there is no completion for {shell!r}, only for {', '.join(SHELLS)}")
    # click's own source() of bash would start bash to ask for its version.
    return ShellComplete.source(kind(command, {}, "reconcile", _VARIABLE)) + "\n"


class _Joined(ShellComplete):
    """
    Completes ``--option=value`` too.

    bash splits the word and gives ``=`` as one of its own. zsh and fish give it whole, and take
    what is offered in place of it all: click offers the value alone.
    """

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[Any]]:
        """Offer a value with the option that it belongs to, where both are one word."""
        option, joined, _ = incomplete.partition("=")
        words = args[:-1] if args[-1:] == ["="] else args
        offered = super().get_completions(words, incomplete)
        if not joined or not option.startswith("--"):
            return offered
        return [
            CompletionItem(f"{option}={item.value}", type=item.type, help=item.help)
            for item in offered
        ]


class _Bash(_Joined, BashComplete):
    pass


class _Zsh(_Joined, ZshComplete):
    pass


class _Fish(_Joined, FishComplete):
    pass


def prepare() -> None:
    """Let click answer with these."""
    for kind in (_Bash, _Zsh, _Fish):
        add_completion_class(kind)
