"""Paths to specs: every file and document on its way through the checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from reconciler.manifest import check, files, reader, rules
from reconciler.manifest.build import spec_of
from reconciler.manifest.identity import Identity, check_unique, identify
from reconciler.manifest.resolve import resolve
from reconciler.manifest.values import ManifestError, Manifests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.manifest.files import SourceFile
    from reconciler.manifest.nodes import Node
    from reconciler.model import FunctionSpec, Location

MOST_DOCUMENTS = 10_000
"""Per run; more is a mistake in the paths rather than a fleet of functions."""


@dataclass(frozen=True, slots=True)
class _Settings:
    environment: Mapping[str, str]
    default_region: str | None


@dataclass(frozen=True, slots=True)
class _Read:
    """What one document came to: no spec where there are errors."""

    location: Location
    errors: tuple[ManifestError, ...]
    identity: Identity | None = None
    spec: FunctionSpec | None = None


def load(
    paths: Sequence[str],
    *,
    environment: Mapping[str, str],
    default_region: str | None,
    standard_input: BinaryIO | None,
) -> Manifests:
    """Read every manifest, and return all specs and all errors in document order."""
    settings = _Settings(environment, default_region or None)
    read = list(_limited(_read_all(files.read(paths, standard_input), settings)))
    errors = [error for item in read for error in item.errors]
    errors += check_unique(item.identity for item in read if item.identity is not None)
    return Manifests(
        specs=tuple(item.spec for item in read if item.spec is not None),
        errors=_in_order(errors, [item.location.file for item in read]),
    )


def _read_all(
    sources: Iterator[SourceFile | ManifestError], settings: _Settings
) -> Iterator[_Read]:
    for source in sources:
        if isinstance(source, ManifestError):
            yield _failed(source)
        else:
            yield from _read_file(source, settings)


def _read_file(source: SourceFile, settings: _Settings) -> Iterator[_Read]:
    text = files.decode(source.name, source.content)
    if isinstance(text, ManifestError):
        yield _failed(text)
        return
    for node in reader.read(source.name, text):
        if isinstance(node, ManifestError):
            yield _failed(node)
        else:
            yield _read_document(source, node, settings)


def _read_document(source: SourceFile, node: Node, settings: _Settings) -> _Read:
    document, errors = resolve(source.name, node, settings.environment)
    if (finding := check.foreign(document)) is not None:
        return _failed(finding.error)
    findings = check.check(document)
    document = document.without(findings)
    findings += rules.check(document, source.folder, settings.default_region)
    if not errors and not findings:  # else a broken field may be what it declares
        findings = rules.declares_nothing(document)
    errors += [finding.error for finding in findings]
    identity = identify(document, settings.default_region)
    if errors or identity is None:
        return _Read(document.location(), tuple(errors), identity)
    return _Read(document.location(), (), identity, spec_of(document, identity, source.folder))


def _failed(error: ManifestError) -> _Read:
    return _Read(error.location, (error,))


def _limited(read: Iterator[_Read]) -> Iterator[_Read]:
    """Pass on as many documents as a run may have, and say where it ends."""
    for number, item in enumerate(read):
        if number == MOST_DOCUMENTS:
            what = f"there are more than {MOST_DOCUMENTS:,} documents"
            yield _failed(ManifestError(item.location, what, "reconcile them in several runs"))
            return
        yield item


def _in_order(
    errors: Iterable[ManifestError], files_read: Iterable[str]
) -> tuple[ManifestError, ...]:
    """Sort by place, the files as they were read; an alias may repeat an error word by word."""
    order = {file: number for number, file in enumerate(dict.fromkeys(files_read))}

    def place(error: ManifestError) -> tuple[int, int, int]:
        location = error.location
        return order[location.file], location.line, location.column

    return tuple(sorted(dict.fromkeys(errors), key=place))
