"""From a path in a manifest to a package, once per path."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.artifacts.directory import from_directory
from reconciler.artifacts.zip_file import from_zip_file
from reconciler.model import Directory, Image, ReconcileError, S3Object, ZipFile

if TYPE_CHECKING:
    from pathlib import Path

    from typing_extensions import TypeIs

    from reconciler.artifacts.package import Package
    from reconciler.model import CodeSource

LocalSource = ZipFile | Directory
"""What is on this machine, known before the first call."""
RemoteSource = S3Object | Image
"""What AWS fetches by itself: S3 or ECR must be asked what it hashes to."""


def is_remote(source: CodeSource) -> TypeIs[RemoteSource]:
    """Whether RemoteArtifacts resolves the source, and not Artifacts."""
    return isinstance(source, RemoteSource)


class Artifacts:
    """
    Packages on this machine by their source, each hashed once however many functions use it.

    Not thread-safe: a run resolves all of them before its first AWS call.
    """

    def __init__(self) -> None:
        self._resolved: dict[tuple[type, Path], Package | ReconcileError] = {}

    def resolve(self, source: LocalSource) -> Package:
        """Raise ReconcileError (Invalid) when the package cannot be deployed."""
        outcome = self._once(type(source), source.path)
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
