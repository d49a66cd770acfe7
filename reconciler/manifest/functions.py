"""
``kind: Function`` documents: one to its spec, or to one for each of its targets.

A document is interpreted once for all targets, or once for each set of values that its
strings ask of them. A mistake is told once, and of which targets where not of all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.manifest import check, regions, rules
from reconciler.manifest.build import spec_of
from reconciler.manifest.identity import Identity, identify, in_target
from reconciler.manifest.nodes import Mapping, Scalar
from reconciler.manifest.resolve import resolve
from reconciler.manifest.substitution import UNKNOWN_TARGET, TargetValues, values_of
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import dotted, shown

if TYPE_CHECKING:
    from collections import abc
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.manifest.document import Document, FieldPath, Finding
    from reconciler.manifest.nodes import Node
    from reconciler.manifest.targets import Targets
    from reconciler.model import FunctionSpec, Location, Target

TARGETS = ("spec", "targets")
_OTHERS_NAMED = 2


@dataclass(frozen=True, slots=True)
class Source:
    """
    A document as it was written; relative paths start from ``folder``.

    ``packages`` says whether what it names there is looked for.
    """

    file: str
    folder: Path
    node: Node
    environment: abc.Mapping[str, str]
    default_region: str | None
    packages: bool


@dataclass(frozen=True, slots=True)
class Read:
    """What one document came to: no specs where there are errors."""

    location: Location
    errors: tuple[ManifestError, ...]
    identities: tuple[Identity, ...] = ()
    specs: tuple[FunctionSpec, ...] = ()


@dataclass(frozen=True, slots=True)
class _Checked:
    """A document interpreted with some values, and what is wrong in it by itself."""

    document: Document
    errors: tuple[ManifestError, ...]
    findings: tuple[Finding, ...]
    identity: Identity | None


def names_targets(node: Node) -> bool:
    """Whether the document has spec.targets, so that it must wait for all that there are."""
    return _field(_field(node, "spec"), "targets") is not None


def _field(node: Node | None, name: str) -> Node | None:
    entries = node.entries if isinstance(node, Mapping) else ()
    return next(
        (value for key, value in entries if isinstance(key, Scalar) and key.text == name), None
    )


def read(source: Source, document: Document, errors: Iterable[ManifestError]) -> Read:
    """Read a document that names no targets; it is resolved already, with those errors."""
    checked = _check(source, document, errors)
    findings = [*regions.check(checked.document, checked.identity)]
    wrong = [*checked.errors, *(item.error for item in (*checked.findings, *findings))]
    wrong = wrong or _declares_nothing(checked.document)
    identity, location = checked.identity, document.location()
    identities = () if identity is None else (identity,)
    if wrong or identity is None:
        return Read(location, tuple(wrong), identities)
    return Read(location, (), identities, (spec_of(checked.document, identity, source.folder),))


def read_in_targets(source: Source, targets: Targets) -> Read:
    """Read a document that names targets, once for each."""
    document, errors = resolve(source.file, source.node, source.environment, UNKNOWN_TARGET)
    if (finding := check.foreign(document)) is not None:
        return Read(finding.error.location, (finding.error,))
    fan_out = _FanOut(source, _check(source, document, errors))
    named, unknown = _named(fan_out.first.document, targets)
    for target, location in named:
        fan_out.add(target, location)
    wrong = [finding.error for finding in unknown]
    wrong += fan_out.errors(is_known=bool(named))
    wrong = wrong or _declares_nothing(document)
    specs = () if wrong else tuple(fan_out.specs)
    return Read(document.location(), tuple(wrong), tuple(fan_out.identities), specs)


def _check(source: Source, document: Document, errors: Iterable[ManifestError]) -> _Checked:
    findings = check.check(document)
    document = document.without(findings)
    findings += rules.package(document, source.folder) if source.packages else []
    identity = identify(document, source.default_region)
    return _Checked(document, tuple(errors), tuple(findings), identity)


def _declares_nothing(document: Document) -> list[ManifestError]:
    """Look last, and only where nothing else is wrong: a broken field may be what it declares."""
    return [finding.error for finding in rules.declares_nothing(document)]


def _named(
    document: Document, targets: Targets
) -> tuple[list[tuple[Target, Location]], list[Finding]]:
    """Return the targets that the document names, and what is wrong with the other names."""
    items = document.value(*TARGETS)
    named: list[tuple[Target, Location]] = []
    unknown: list[Finding] = []
    for number in range(len(items) if isinstance(items, list) else 0):
        path: FieldPath = (*TARGETS, number)
        name = document.text(*path)
        if name is None:
            continue
        target = targets.by_name.get(name)
        if target is not None:
            named.append((target, document.location(*path)))
        elif name not in targets.by_name and targets.is_complete:
            what = f"{dotted(path)} is {shown(name)}, and no target has that name"
            unknown.append(document.finding(path, what, targets.remedy_for(name)))
    return named, unknown


class _FanOut:
    """One document in target after target."""

    def __init__(self, source: Source, first: _Checked) -> None:
        self.first = first
        self.identities: list[Identity] = []
        self.specs: list[FunctionSpec] = []
        self._source = source
        self._checked: dict[tuple[str | None, ...], _Checked] = {}
        self._errors: dict[ManifestError, None] = {}
        self._findings: dict[FieldPath, dict[ManifestError, list[str]]] = {}
        self._targets = 0

    def add(self, target: Target, location: Location) -> None:
        self._targets += 1
        checked = self._with_values(values_of(target))
        findings = regions.check(checked.document, checked.identity, target)
        self._errors.update(dict.fromkeys(checked.errors))
        for finding in (*checked.findings, *findings):
            by_error = self._findings.setdefault(finding.path, {})
            by_error.setdefault(finding.error, []).append(target.name)
        if checked.identity is not None:
            identity = in_target(checked.identity, target, location)
            self.identities.append(identity)
            if not (checked.errors or checked.findings or findings):
                spec = spec_of(checked.document, identity, self._source.folder, target)
                self.specs.append(spec)

    def _with_values(self, values: abc.Mapping[str, str | None]) -> _Checked:
        """Interpret the document, once for all targets that have what it asks for in common."""
        asked = self.first.document.target_fields
        if not asked:
            return self.first
        key = tuple(values[name] for name in sorted(asked))
        if key not in self._checked:
            self._checked[key] = self._resolve(values)
        return self._checked[key]

    def _resolve(self, values: TargetValues) -> _Checked:
        source = self._source
        document, errors = resolve(source.file, source.node, source.environment, values)
        return _check(source, document, errors)

    def errors(self, *, is_known: bool) -> list[ManifestError]:
        """Return every mistake once; without targets only what is wrong whatever they are."""
        if not is_known:
            findings = (finding.error for finding in self.first.findings)
            return [*self.first.errors, *findings]
        return [*self._errors, *(self._told_once(by) for by in self._findings.values())]

    def _told_once(self, by_error: abc.Mapping[ManifestError, list[str]]) -> ManifestError:
        error = next(iter(by_error))
        names = list(dict.fromkeys(name for of_error in by_error.values() for name in of_error))
        if len(by_error) == 1 and len(names) == self._targets:
            return error
        return ManifestError(error.location, f"{error.what} ({_in_words(names)})", error.remedy)


def _in_words(names: list[str]) -> str:
    """Name the targets of an error, the first of many."""
    if len(names) <= _OTHERS_NAMED:
        return f"in {' and '.join(names)}"
    return f"in {names[0]} and {len(names) - 1} other targets"
