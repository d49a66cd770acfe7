"""
What an image's documents say: manifest, index and configuration, which anybody may have written.

The OCI image specification and Docker's image manifest v2, schema 2, name the same
members alike. What is not as they say counts as not said.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model import ImageManifest

_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,32}")
UNSAID = "unknown"
"""What buildx writes as the platform of an attestation."""


@dataclass(frozen=True, slots=True)
class Platform:
    """What an image runs on, in Go's names: ``linux`` and ``amd64``, ``arm64``, ..."""

    os: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.os}/{self.architecture}"


def is_index(manifest: ImageManifest) -> bool:
    """Whether this is a list of images, or of an image and what attests it, in place of one."""
    listed = isinstance(_object(manifest.body).get("manifests"), list)
    return manifest.media_type in _INDEXES or listed


def images_of(index: ImageManifest) -> Iterator[tuple[Platform, str]]:
    """Give the images of an index, each with its digest."""
    entries = _object(index.body).get("manifests")
    for entry in entries if isinstance(entries, list) else ():
        digest = _digest(entry)
        platform = _platform(_member(entry, "platform"))
        if digest is not None and platform is not None and platform.architecture != UNSAID:
            yield platform, digest


def config_digest(manifest: ImageManifest) -> str | None:
    """Give the digest of the image's configuration."""
    return _digest(_member(_object(manifest.body), "config"))


def platform_of(config: bytes) -> Platform | None:
    """Read in an image's configuration what it runs on."""
    return _platform(_object(config))


def _platform(document: Mapping[str, object]) -> Platform | None:
    os, architecture = document.get("os"), document.get("architecture")
    if not isinstance(architecture, str) or _WORD.fullmatch(architecture) is None:
        return None
    known_os = isinstance(os, str) and _WORD.fullmatch(os) is not None
    return Platform(str(os) if known_os else UNSAID, architecture)


def _digest(document: object) -> str | None:
    digest = document.get("digest") if isinstance(document, dict) else None
    found = isinstance(digest, str) and _DIGEST.fullmatch(digest)
    return str(digest) if found else None


def _member(document: object, name: str) -> Mapping[str, object]:
    found = document.get(name) if isinstance(document, dict) else None
    return found if isinstance(found, dict) else {}


def _object(text: str | bytes) -> Mapping[str, object]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
