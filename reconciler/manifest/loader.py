"""
Paths to specs: every file and document on its way through the checks.

A Function that names targets waits until all documents are read, since a target may
stand behind it or in another file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

from reconciler.manifest import check, files, functions, reader, targets
from reconciler.manifest.functions import Read, Source
from reconciler.manifest.identity import check_unique
from reconciler.manifest.kinds import DocumentKind, kind_of
from reconciler.manifest.resolve import resolve
from reconciler.manifest.values import ManifestError, Manifests
from reconciler.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.manifest.document import Document
    from reconciler.manifest.files import SourceFile
    from reconciler.manifest.targets import DeclaredTarget, Targets

MOST_DOCUMENTS = 10_000
"""Per run; more is a mistake in the paths rather than a fleet of functions."""
MOST_FUNCTIONS = 100_000
"""Per run, one in several targets counted in each: what one machine carries and more."""


@dataclass(frozen=True, slots=True)
class _Settings:
    environment: Mapping[str, str]
    default_region: str | None
    packages: bool


@dataclass(frozen=True, slots=True)
class _ReadTarget:
    """What a ``kind: Target`` document came to."""

    declared: DeclaredTarget
    errors: tuple[ManifestError, ...]


_FirstLook: TypeAlias = "ManifestError | Source | Read | _ReadTarget"
"""What could not be read, what waits for targets, and what is read."""


def load(
    paths: Sequence[str],
    *,
    environment: Mapping[str, str],
    default_region: str | None,
    standard_input: BinaryIO | None,
    packages: bool = True,
) -> Manifests:
    """
    Read every manifest, and return all specs and all errors in document order.

    Without ``packages`` nobody asks whether the packages that they name are there.
    """
    settings = _Settings(environment, default_region or None, packages)
    looks = list(_limited(_look_at_all(files.read(paths, standard_input), settings)))
    declared = [item.declared for item in looks if isinstance(item, _ReadTarget)]
    is_complete = not any(isinstance(item, ManifestError) for item in looks)
    read = list(_finished(looks, targets.collect(declared, is_complete=is_complete)))
    errors = [error for item in looks for error in _errors_of(item)]
    errors += [error for item in read for error in item.errors]
    errors += targets.check_unique(declared)
    errors += check_unique(identity for item in read for identity in item.identities)
    return Manifests(
        specs=tuple(spec for item in read for spec in item.specs),
        errors=_in_order(errors, (_location_of(item).file for item in looks)),
        targets=tuple(each.target for each in declared if each.target is not None),
    )


def _look_at_all(
    sources: Iterator[SourceFile | ManifestError], settings: _Settings
) -> Iterator[_FirstLook]:
    for source in sources:
        if isinstance(source, ManifestError):
            yield source
        else:
            yield from _look_at_file(source, settings)


def _look_at_file(source: SourceFile, settings: _Settings) -> Iterator[_FirstLook]:
    text = files.decode(source.name, source.content)
    if isinstance(text, ManifestError):
        yield text
        return
    for node in reader.read(source.name, text):
        if isinstance(node, ManifestError):
            yield node
        else:
            environment, region = settings.environment, settings.default_region
            folder = source.folder
            yield _look_at(
                Source(source.name, folder, node, environment, region, settings.packages)
            )


def _look_at(source: Source) -> Source | Read | _ReadTarget:
    if functions.names_targets(source.node):
        return source
    document, errors = resolve(source.file, source.node, source.environment)
    if (finding := check.foreign(document)) is not None:
        return Read(finding.error.location, (finding.error,))
    if kind_of(document) is DocumentKind.TARGET:
        return _read_target(document, errors)
    return functions.read(source, document, errors)


def _read_target(document: Document, errors: list[ManifestError]) -> _ReadTarget:
    findings = check.check(document)
    document = document.without(findings)
    findings += targets.check(document)
    errors += [finding.error for finding in findings]
    return _ReadTarget(targets.declared(document, is_valid=not errors), tuple(errors))


def _finished(looks: Iterable[_FirstLook], known: Targets) -> Iterator[Read]:
    """Give every function its targets, as many as a run may have."""
    number = 0
    for item in looks:
        if not isinstance(item, Source | Read):
            continue
        read = functions.read_in_targets(item, known) if isinstance(item, Source) else item
        number += len(read.identities)
        if number > MOST_FUNCTIONS:
            what = f"there are more than {MOST_FUNCTIONS:,} functions, counted in each target"
            error = ManifestError(read.location, what, "reconcile them in several runs")
            yield Read(read.location, (error,))
            return
        yield read


def _limited(looks: Iterator[_FirstLook]) -> Iterator[_FirstLook]:
    """Pass on as many documents as a run may have, and say where it ends."""
    for number, item in enumerate(looks):
        if number == MOST_DOCUMENTS:
            what = f"there are more than {MOST_DOCUMENTS:,} documents"
            yield ManifestError(_location_of(item), what, "reconcile them in several runs")
            return
        yield item


def _errors_of(item: _FirstLook) -> tuple[ManifestError, ...]:
    """Return the errors of what is no Function; those of one are in what is read of it."""
    if isinstance(item, ManifestError):
        return (item,)
    return item.errors if isinstance(item, _ReadTarget) else ()


def _location_of(item: _FirstLook) -> Location:
    if isinstance(item, Source):
        return Location(item.file, item.node.line, item.node.column)
    return item.declared.location if isinstance(item, _ReadTarget) else item.location


def _in_order(
    errors: Iterable[ManifestError], files_read: Iterable[str]
) -> tuple[ManifestError, ...]:
    """Sort by place, the files as they were read; an alias may repeat an error word by word."""
    order = {file: number for number, file in enumerate(dict.fromkeys(files_read))}

    def place(error: ManifestError) -> tuple[int, int, int]:
        location = error.location
        return order[location.file], location.line, location.column

    return tuple(sorted(dict.fromkeys(errors), key=place))
