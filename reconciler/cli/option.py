"""How a flag is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def option(name: str, *short: str, **settings: Any) -> Decorator:  # noqa: ANN401 - click's own
    """Make an option whose environment variable follows from its long name."""
    variable = "RECONCILE_" + name.removeprefix("--").replace("-", "_").upper()
    return click.option(*short, name, envvar=variable, show_envvar=True, **settings)


def all_of(*decorators: Decorator) -> Decorator:
    """Make one decorator of many, whose options are shown in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for decorator in reversed(decorators):
            function = decorator(function)
        return function

    return decorate
