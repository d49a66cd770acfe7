"""
Tests against a module that is not the one on disk, each run in a process of its own.

The parent has imported the libraries, which are slow to import, and nothing of the project.
"""

from __future__ import annotations

import gc
import importlib.machinery
import importlib.util
import os
import resource
import signal
import sys
import traceback
from typing import TYPE_CHECKING

import boto3  # noqa: F401 - imported here once, for all children
import botocore.session  # noqa: F401 - the same
import hypothesis  # noqa: F401 - the same
import jsonschema  # noqa: F401 - the same
import pytest
import tenacity  # noqa: F401 - the same
import yaml  # noqa: F401 - the same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from pathlib import Path
    from types import CodeType

    from scripts.mutation.mutants import Mutant

MOST_SECONDS = 120
"""Of processor time; a mutant that takes longer is as good as found."""

_OPTIONS = (
    *("-x", "-q", "--tb=no", "--assert=plain", "--hypothesis-profile=mutation"),
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:cov"),
)


def run_all(
    mutants: Iterable[Mutant],
    tests: Sequence[str],
    tell: Callable[[Mutant, bool], None],
    *,
    at_once: int,
) -> None:
    """Run the tests against each mutant, and tell whether the mutant was found."""
    running: dict[int, Mutant] = {}
    gc.freeze()  # what the children inherit is not theirs to collect

    def reap() -> None:
        child, status = os.wait()
        tell(running.pop(child), status != 0)

    for mutant in mutants:
        if len(running) >= at_once:
            reap()
        child = os.fork()
        if child == 0:
            _be(mutant, tests)
        running[child] = mutant
    while running:
        reap()


def passes(tests: Sequence[str], at: Path) -> bool:
    """Whether the tests pass as long as nothing is mutated."""
    from scripts.mutation.mutants import Mutant  # noqa: PLC0415 - libcst is for the parent alone

    results: list[bool] = []
    clean = Mutant(at, "", at.read_text(encoding="utf-8"))
    run_all([clean], tests, lambda _, found: results.append(found), at_once=1)
    return results == [False]


def _be(mutant: Mutant, tests: Sequence[str]) -> None:
    """Become the mutant; never returns."""
    code = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        signal.alarm(10 * MOST_SECONDS)
        sys.meta_path.insert(0, _Finder(mutant))
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = int(pytest.main([*_OPTIONS, *tests]))
    except BaseException:  # noqa: BLE001 - the child ends here, whatever it is
        traceback.print_exc()
    finally:
        os._exit(code)


class _Finder:
    """Find the mutant where its module is asked for."""

    def __init__(self, mutant: Mutant) -> None:
        parts = mutant.path.with_suffix("").parts
        self._is_package = parts[-1] == "__init__"
        self._name = ".".join(parts[:-1] if self._is_package else parts)
        self._mutant = mutant

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        if name != self._name:
            return None
        path = str(self._mutant.path.absolute())
        folders = [str(self._mutant.path.absolute().parent)] if self._is_package else None
        loader: Loader = _Loader(name, path, self._mutant.source)
        return importlib.util.spec_from_file_location(
            name, path, loader=loader, submodule_search_locations=folders
        )


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, source: str) -> None:
        super().__init__(name, path)
        self._source = source

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - its parameter, by its name
        return compile(self._source, self.path, "exec", dont_inherit=True)
