"""How much memory it takes to send large packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.stage import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEBIBYTE = 1 << 20
_SIZE = 45
_FUNCTIONS = 100
_LIMIT = 600.0


def one_for_all() -> Iterator[Figure]:
    """100 functions with one package of 45 MiB."""
    yield _figure("one package", own=False)


def one_for_each() -> Iterator[Figure]:
    """100 functions, each with a package of 45 MiB of its own."""
    yield _figure("a package each", own=True)


def _figure(what: str, *, own: bool) -> Figure:
    size = _SIZE * _MEBIBYTE
    with set_up(_FUNCTIONS, packages=size, own_packages=own, settle=0.2) as stage:
        cost = stage.reconcile("--quota-share", "none")
        sent = stage.calls["UpdateFunctionCode"]
    note = f"{sent} sent in {cost.wall:.0f} s"
    name = f"100 functions, 45 MiB, {what}: peak memory"
    return Figure(name, cost.peak, None, _LIMIT, "MiB", note)
