"""``python -m bench [NAME ...]``: measure, print a table, write results.json."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import against_floor, crowded, packages, quotas, simulated, startup, steady
from bench.figures import Figure, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

BENCHES: dict[str, Callable[[], Iterator[Figure]]] = {
    "plan": quotas.plan,
    "plan-modes": quotas.plan_modes,
    "plan-versions": quotas.plan_versions,
    "apply": quotas.apply,
    "floor-plan": against_floor.plan,
    "floor-apply": against_floor.apply,
    "watch": steady.steady,
    "rival": crowded.crowded,
    "version": startup.version,
    "validate": startup.validate,
    "package-shared": packages.one_for_all,
    "package-each": packages.one_for_each,
    "targets": simulated.targets,
    "memory": simulated.memory,
    "fleet": simulated.fleet_of_shards,
}
_RESULTS = Path(__file__).with_name("results.json")


def main(names: Sequence[str]) -> int:
    """Measure these, or all. Gives 1 when a figure is over its limit."""
    unknown = sorted(set(names) - BENCHES.keys())
    if unknown:
        _say(f"no such bench: {', '.join(unknown)}; there are {', '.join(BENCHES)}")
        return 64
    figures: list[Figure] = []
    for name in names or BENCHES:
        begun = time.perf_counter()
        figures += BENCHES[name]()
        _say(f"{name}: {time.perf_counter() - begun:.0f} s")
    _RESULTS.write_text(json.dumps(_document(figures), indent=2) + "\n")
    _say(f"\n{table(figures)}")
    return int(any(figure.verdict == "FAIL" for figure in figures))


def _document(figures: Sequence[Figure]) -> dict[str, object]:
    return {
        "machine": f"{os.cpu_count()} CPUs, {platform.platform()}",
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
        "figures": [figure.document() for figure in figures],
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
