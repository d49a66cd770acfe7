"""From paths to what can be run: every error in manifests and packages at once."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from reconciler import fleet, manifest
from reconciler.cli import selection
from reconciler.cli.streams import complain, say
from reconciler.model import FailureKind
from reconciler.report import github
from reconciler.report.exit_code import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import Failure, FunctionSpec, Location, Target
    from reconciler.reconcile import Task


@dataclass(frozen=True, slots=True)
class Inputs:
    """
    The chosen functions; ``tasks`` lacks those without a region, where none is required.

    ``declared`` are the functions' names in all manifests, chosen or not, and ``targets``
    all targets there.
    """

    specs: tuple[FunctionSpec, ...]
    tasks: tuple[Task, ...]
    declared: frozenset[str] = frozenset()
    targets: tuple[Target, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """
    What there is to run, or every error of it, one line each.

    ``temporary`` errors may be gone next time: a build is still writing. ``places`` has
    the place of each error, None where there is none.
    """

    inputs: Inputs | None
    errors: tuple[str, ...] = ()
    temporary: bool = False
    places: tuple[Location | None, ...] = ()


def read(  # noqa: PLR0913 - as find, and how errors are shown
    paths: Sequence[str],
    default_region: str | None,
    *,
    selector: Sequence[tuple[str, str]] = (),
    only: Sequence[str] = (),
    offline: bool = False,
    packages: bool = True,
    annotate: bool = False,
) -> Inputs | None:
    """
    Load manifests and resolve their packages, or print every error and give None.

    With ``annotate`` they are printed for GitHub as well. ``offline`` does without a
    region, which only AWS needs; without ``packages`` nobody looks at any, and there are no
    tasks. Raises click.UsageError when the selection leaves none of
    the functions that there are, and click's Exit when the errors may be gone next time.
    """
    found = find(
        paths, default_region, selector=selector, only=only, offline=offline, packages=packages
    )
    if found.errors:
        if annotate:
            say(github.errors(zip(found.places, found.errors, strict=True)))
        for error in found.errors:
            complain(error)
        complain(f"{count(len(found.errors), 'error')}; nothing was sent to AWS.")
    if found.temporary:
        raise click.exceptions.Exit(ExitCode.TEMPORARY)
    return found.inputs


def find(  # noqa: PLR0913 - where it is, what of it, and what is looked at
    paths: Sequence[str],
    default_region: str | None,
    *,
    selector: Sequence[tuple[str, str]] = (),
    only: Sequence[str] = (),
    offline: bool = False,
    packages: bool = True,
) -> Found:
    """Load and resolve as ``read`` does, and print nothing. Raises click.UsageError."""
    loaded = manifest.load(
        paths,
        environment=os.environ,
        default_region=default_region,
        standard_input=sys.stdin.buffer if sys.stdin else None,
        packages=packages,
    )
    chosen, wrong_selection = _choose(loaded.specs, selector, only)
    preparation = fleet.prepare(chosen if packages else (), region_required=not offline)
    errors = [str(error) for error in loaded.errors]
    places: list[Location | None] = [error.location for error in loaded.errors]
    errors += [f"{location}: {failure}" for location, failure in preparation.errors]
    places += [location for location, _ in preparation.errors]
    if not errors and not loaded.specs:
        places.append(None)
        errors.append("the manifests declare no function; check the paths given by -f")
    if errors:
        failures = (failure for _, failure in preparation.errors)
        temporary = not loaded.errors and _all_temporary(failures)
        return Found(None, tuple(errors), temporary, tuple(places))
    if wrong_selection is not None:
        raise wrong_selection
    declared = frozenset(spec.function.name for spec in loaded.specs)
    return Found(Inputs(chosen, preparation.tasks, declared, loaded.targets))


def _choose(
    specs: Sequence[FunctionSpec],
    selector: Sequence[tuple[str, str]],
    only: Sequence[str],
) -> tuple[tuple[FunctionSpec, ...], click.UsageError | None]:
    """Select; a selection that cannot be meant is told only of manifests that are right."""
    try:
        return selection.choose(specs, selector, only), None
    except click.UsageError as error:
        return (), error


def _all_temporary(failures: Iterable[Failure]) -> bool:
    kinds = {failure.kind for failure in failures}
    return kinds == {FailureKind.TEMPORARY}


def count(number: int, noun: str) -> str:
    """Put a number before a noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
