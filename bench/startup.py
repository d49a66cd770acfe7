"""How soon the command is there, and what it takes to read manifests."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.processes import measured
from bench.stage import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.processes import Cost

_ROUNDS = 10
_MANIFESTS = 2000
_BARE = """\
import pathlib, sys, yaml
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    for document in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader):
        pass
"""


def version() -> Iterator[Figure]:
    """``reconcile --version`` beside an empty program, in turn."""
    ours, floor, click = [], [], []
    for _ in range(_ROUNDS):
        floor.append(measured(["-c", "pass"]))
        click.append(measured(["-c", "import click"]))
        ours.append(measured(["-m", "reconciler", "--version"]))
    note = f"{_best(click) * 1000:.0f} ms for click alone"
    yield Figure("--version: wall over python -c pass", _best(ours), _best(floor), note=note)


def validate() -> Iterator[Figure]:
    """``reconcile validate`` of 2,000 manifests beside PyYAML's own parser in C."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write(folder, tuple(f"f{number:05}" for number in range(_MANIFESTS)))
        manifests = str(folder / "manifests")
        ours, floor = [], []
        for _ in range(3):
            ours.append(measured(["-m", "reconciler", "validate", "-f", manifests]))
            floor.append(measured(["-c", _BARE, manifests]))
    yield Figure("validate of 2,000: wall over bare YAML", _best(ours), _best(floor))


def _best(costs: list[Cost]) -> float:
    return min(cost.wall for cost in costs)
