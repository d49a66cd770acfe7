"""What the desired code hashes to, and how it is sent."""

from reconciler.artifacts.package import Package
from reconciler.artifacts.resolve import Artifacts

__all__ = ["Artifacts", "Package"]
