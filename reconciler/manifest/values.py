"""What reading manifests gives: specs, and errors that say where, what and what now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.printable import printable

if TYPE_CHECKING:
    from reconciler.model import FunctionSpec, Location, Target


@dataclass(frozen=True, slots=True)
class ManifestError:
    """One thing to correct in a manifest."""

    location: Location
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{printable(str(self.location))}: {self.what}; {self.remedy}"


@dataclass(frozen=True, slots=True)
class Manifests:
    """
    Everything that was read, in the order of the documents.

    ``specs`` are the documents without an error of their own, in each of their
    targets. They describe the whole desired state only when ``errors`` is empty.
    """

    specs: tuple[FunctionSpec, ...]
    errors: tuple[ManifestError, ...]
    targets: tuple[Target, ...] = ()
