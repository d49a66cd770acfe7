"""Print every mutant that no test notices, and the score of each module."""

from __future__ import annotations

import fnmatch
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.mutation import forks
from scripts.mutation.mutants import mutants

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.mutation.mutants import Mutant

LEAST_PERCENT = 95


class Verdict(Enum):
    """A test failed, the type checker refused it, or nothing noticed."""

    FOUND = "tests"
    TYPED = "types"
    SURVIVED = "survive"


Counts = Counter[tuple[Path, Verdict]]


def main(patterns: list[str]) -> int:
    """Take the modules whose path fits one of the patterns, all without any; 1 under the score."""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    tests = settings["tool"]["mutation"]["tests"]
    os.environ.setdefault("SEEDS", "40")  # of the simulation, for what nothing else finds
    paths = list(_paths(tests, patterns))
    for files, path in {tuple(_tests(tests, path)): path for path in paths}.items():
        if not forks.passes(files, path):
            raise SystemExit(f"{path}: its tests fail without a mutant")
    counts = _run(tests, paths)
    return _print_scores(paths, counts)


def _run(tests: dict[str, list[str]], paths: list[Path]) -> Counts:
    counts: Counts = Counter()

    def tell(mutant: Mutant, found: bool) -> None:  # noqa: FBT001 - as it is called
        verdict = _verdict(mutant, found=found)
        counts[mutant.path, verdict] += 1
        if verdict is Verdict.SURVIVED:
            original = mutant.path.read_text(encoding="utf-8")
            print(f"{mutant.path}: {mutant.place}\n{mutant.difference(original)}\n", flush=True)

    everything = (mutant for path in paths for mutant in mutants(path))
    at_once = int(os.environ.get("CHILDREN", "2"))
    forks.run_all(everything, lambda it: _tests(tests, it.path), tell, at_once=at_once)
    return counts


def _verdict(mutant: Mutant, *, found: bool) -> Verdict:
    if found:
        return Verdict.FOUND
    return Verdict.TYPED if _is_refused(mutant) else Verdict.SURVIVED


def _is_refused(mutant: Mutant) -> bool:
    """Whether mypy refuses the mutant, as ``make types`` would."""
    with tempfile.NamedTemporaryFile("w", suffix=".py", encoding="utf-8") as shadow:
        shadow.write(mutant.source)
        shadow.flush()
        command = [sys.executable, "-m", "mypy", "--shadow-file", str(mutant.path), shadow.name]
        checked = subprocess.run([*command, str(mutant.path)], capture_output=True, check=False)  # noqa: S603 - our own command
    return checked.returncode != 0


def _print_scores(paths: list[Path], counts: Counts) -> int:
    print(f"{'module':40} mutants   tests   types survive   score")
    good = True
    for path in paths:
        found, typed, survived = (counts[path, verdict] for verdict in Verdict)
        total = found + typed + survived
        score = 100 * (total - survived) / total if total else 100.0
        good = good and score >= LEAST_PERCENT
        print(f"{path!s:40} {total:7} {found:7} {typed:7} {survived:7} {score:6.1f}%")
    return int(not good)


def _paths(tests: dict[str, list[str]], patterns: list[str]) -> Iterator[Path]:
    for path in sorted(Path("reconciler").rglob("*.py")):
        if _fits(path, list(tests)) and (not patterns or _fits(path, patterns)):
            yield path


def _tests(tests: dict[str, list[str]], path: Path) -> list[str]:
    """Give the tests of a module, in the order in which they are to be tried."""
    return [
        str(file)
        for pattern, names in tests.items()
        if _fits(path, [pattern])
        for name in names
        for file in sorted(Path("tests").glob(name))
    ]


def _fits(path: Path, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(str(path), pattern) for pattern in patterns)


sys.exit(main(sys.argv[1:]))
