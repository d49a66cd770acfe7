"""Mutate what mutmut does not, and print every survivor and the score of each module."""

from __future__ import annotations

import fnmatch
import os
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.mutation import forks, of_mutmut
from scripts.mutation.beyond import mutants
from scripts.mutation.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.mutation.beyond import Mutant

LEAST_PERCENT = 95

Counts = Counter[tuple[Path, Verdict]]


def main(patterns: list[str]) -> int:
    """Take the modules whose path fits one of the patterns; all without any."""
    settings = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutation"]
    paths = list(_paths(settings["tests"], patterns))
    for tests, path in {tuple(_tests(settings, path)): path for path in paths}.items():
        if not forks.passes(tests, path):
            raise SystemExit(f"{path}: its tests fail without a mutant")
    counts: Counts = Counter()
    for path in paths:
        for verdict, name in of_mutmut.verdicts(path):
            counts[path, verdict] += 1
            if verdict is Verdict.SURVIVED:
                print(f"{of_mutmut.show(name)}\n", flush=True)
    _beyond(settings, paths, counts)
    return _print_scores(paths, counts)


def _beyond(settings: dict[str, dict[str, list[str]]], paths: list[Path], counts: Counts) -> None:
    def tell(mutant: Mutant, found: bool) -> None:  # noqa: FBT001 - as it is called
        verdict = _verdict(mutant, found=found)
        counts[mutant.path, verdict] += 1
        if verdict is Verdict.SURVIVED:
            original = mutant.path.read_text(encoding="utf-8")
            print(f"{mutant.path}: {mutant.place}\n{mutant.difference(original)}\n", flush=True)

    everything = (
        mutant
        for path in paths
        for mutant in mutants(path, whole=_fits(path, settings["imported"]))
    )
    at_once = int(os.environ.get("CHILDREN", "2"))
    forks.run_all(everything, lambda it: _tests(settings, it.path), tell, at_once=at_once)


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
    """Give the exit code: whether any module is under the least score."""
    worst = 100.0
    print(f"{'module':40} {'mutants':>8} {'tests':>7} {'types':>7} {'survive':>8} {'score':>7}")
    for path in paths:
        by_verdict = [counts[path, verdict] for verdict in Verdict]
        total = sum(by_verdict)
        score = 100 * (total - counts[path, Verdict.SURVIVED]) / total if total else 100.0
        worst = min(worst, score)
        found, typed, survived = by_verdict
        print(f"{path!s:40} {total:8} {found:7} {typed:7} {survived:8} {score:6.1f}%")
    return int(worst < LEAST_PERCENT)


def _paths(tests: dict[str, list[str]], patterns: list[str]) -> Iterator[Path]:
    for path in sorted(Path("reconciler").rglob("*.py")):
        if _fits(path, list(tests)) and (not patterns or _fits(path, patterns)):
            yield path


def _tests(settings: dict[str, dict[str, list[str]]], path: Path) -> list[str]:
    """Give the tests of a module, in the order in which they are to be tried."""
    return [
        str(file)
        for pattern, tests in settings["tests"].items()
        if _fits(path, [pattern])
        for test in tests
        for file in sorted(Path("tests").glob(test))
    ]


def _fits(path: Path, patterns: list[str]) -> bool:
    return any(fnmatch.fnmatch(str(path), pattern) for pattern in patterns)


sys.exit(main(sys.argv[1:]))
