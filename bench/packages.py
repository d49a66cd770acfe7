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


def packages() -> Iterator[Figure]:
    """100 functions with packages of 45 MiB: one for all, and one for each."""
    for each, what in ((False, "one package"), (True, "a package each")):
        size = _SIZE * _MEBIBYTE
        with set_up(_FUNCTIONS, packages=size, own_packages=each, settle=0.2) as stage:
            cost = stage.reconcile("--quota-share", "none")
            sent = stage.calls["UpdateFunctionCode"]
        note = f"{sent} sent in {cost.wall:.0f} s"
        name = f"100 functions, 45 MiB, {what}: peak memory"
        yield Figure(name, cost.peak, None, _LIMIT, "MiB", note)
