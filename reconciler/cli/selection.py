"""What --selector and --only leave, and which of them must be a typo."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import click

from reconciler import fleet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.model import FunctionSpec


def choose(
    specs: Sequence[FunctionSpec], labels: Sequence[tuple[str, str]], names: Sequence[str]
) -> tuple[FunctionSpec, ...]:
    """
    Give the specs that are selected.

    Raises click.UsageError where a label or a name matches no function at all, or all of
    them together leave none.
    """
    unmatched = [*_unmatched_labels(specs, labels), *_unmatched_names(specs, names)]
    if unmatched:
        raise click.UsageError("; ".join(unmatched))
    chosen = fleet.select(specs, labels, names)
    if not chosen:
        raise click.UsageError(f"--selector and --only leave none of {len(specs)} functions")
    return chosen


def _unmatched_labels(
    specs: Iterable[FunctionSpec], labels: Iterable[tuple[str, str]]
) -> Iterator[str]:
    known = {label for spec in specs for label in spec.labels.items()}
    texts = {f"{key}={value}" for key, value in known}
    for key, value in labels:
        if (key, value) not in known:
            text = f"{key}={value}"
            yield f"--selector {text} matches no function{_did_you_mean(text, texts)}"


def _unmatched_names(specs: Iterable[FunctionSpec], names: Iterable[str]) -> Iterator[str]:
    known = {name for spec in specs for name in (spec.name, spec.id)}
    for name in names:
        if not any(fnmatchcase(each, name) for each in known):
            yield f"--only {name} matches no function{_did_you_mean(name, known)}"


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
