"""From the manifest's code source to a package, once per path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.artifacts.directory import from_directory
from reconciler.artifacts.package import Package, invalid
from reconciler.artifacts.zip_file import from_zip_file
from reconciler.model import Directory, Image, ReconcileError, S3Object, ZipFile

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import CodeSource


class Artifacts:
    """
    Packages by their source, each hashed once however many functions use it.

    Not thread-safe: a run resolves all of them before its first AWS call.
    """

    def __init__(self) -> None:
        self._resolved: dict[tuple[type, Path], Package | ReconcileError] = {}

    def resolve(self, source: CodeSource) -> Package:
        """Raise ReconcileError (Invalid) when the package cannot be deployed."""
        match source:
            case ZipFile(path=path) | Directory(path=path):
                outcome = self._once(type(source), path)
            case S3Object():
                raise _not_yet("spec.code.s3")
            case Image():
                raise _not_yet("spec.code.imageUri")
        if isinstance(outcome, ReconcileError):
            raise outcome
        return outcome

    def _once(self, kind: type, path: Path) -> Package | ReconcileError:
        key = (kind, path)
        if key not in self._resolved:
            try:
                self._resolved[key] = (
                    from_zip_file(path) if kind is ZipFile else from_directory(path)
                )
            except ReconcileError as error:
                self._resolved[key] = error
        return self._resolved[key]


def _not_yet(field: str) -> ReconcileError:
    return invalid(
        f"{field} is not deployed by this version",
        "declare spec.code.zipFile or spec.code.directory, or leave spec.code out",
    )
