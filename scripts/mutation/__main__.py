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

    FOUND = "found by tests"
    TYPED = "by types"
    SURVIVED = "survived"


def main(patterns: list[str]) -> int:
    """Take the modules whose path fits one of the patterns, all without any; 1 under the score."""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    tests = settings["tool"]["mutation"]["tests"]
    os.environ.setdefault("SEEDS", "40")  # of the simulation, for what nothing else finds
    paths = list(_paths(tests, patterns))
    for files, path in {tuple(_tests(tests, path)): path for path in paths}.items():
        if not forks.passes(files, path):
            raise SystemExit(f"{path}: its tests fail without a mutant")
    scores = [_run(path, _tests(tests, path)) for path in paths]
    return int(min(scores, default=100.0) < LEAST_PERCENT)


def _run(path: Path, tests: list[str]) -> float:
    """Print what survives of one module, and its score in percent."""
    counts: Counter[Verdict] = Counter()

    def tell(mutant: Mutant, found: bool) -> None:  # noqa: FBT001 - as it is called
        verdict = _verdict(mutant, found=found)
        counts[verdict] += 1
        if verdict is Verdict.SURVIVED:
            original = mutant.path.read_text(encoding="utf-8")
            print(f"{mutant.path}: {mutant.place}\n{mutant.difference(original)}\n", flush=True)

    forks.run_all(mutants(path), tests, tell, at_once=int(os.environ.get("CHILDREN", "2")))
    total, survived = counts.total(), counts[Verdict.SURVIVED]
    score = 100 * (total - survived) / total if total else 100.0
    by_verdict = ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
    print(f"{path}: {total} mutants, {by_verdict}: {score:.1f}%\n", flush=True)
    return score


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
