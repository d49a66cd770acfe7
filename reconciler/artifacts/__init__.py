"""What the desired code hashes to, and how it is sent."""

from reconciler.artifacts.native import native_code_in
from reconciler.artifacts.package import Package
from reconciler.artifacts.remote import RemoteArtifacts
from reconciler.artifacts.resolve import Artifacts, LocalSource, RemoteSource, is_remote
from reconciler.artifacts.room import Room
from reconciler.artifacts.stores import ImageRegistry, ObjectStore, Stores

__all__ = [
    "Artifacts",
    "ImageRegistry",
    "LocalSource",
    "ObjectStore",
    "Package",
    "RemoteArtifacts",
    "RemoteSource",
    "Room",
    "Stores",
    "is_remote",
    "native_code_in",
]
