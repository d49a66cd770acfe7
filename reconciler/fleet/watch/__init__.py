"""The loop of a controller: rounds over all functions, until the signal to stop."""

from reconciler.fleet.watch.loop import Watch
from reconciler.fleet.watch.model import (
    BrokenManifestsError,
    Health,
    Manifests,
    Observer,
    Pace,
    Round,
)

__all__ = ["BrokenManifestsError", "Health", "Manifests", "Observer", "Pace", "Round", "Watch"]
