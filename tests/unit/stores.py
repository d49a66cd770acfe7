"""S3 and ECR in memory: what is in them, what was asked of them, and what they refuse."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.artifacts import RemoteArtifacts
from reconciler.model import (
    Failure,
    FailureKind,
    Image,
    ImageManifest,
    ObjectHead,
    ReconcileError,
    S3Location,
    S3Object,
)
from tests.unit.builders import location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from reconciler.artifacts import RemoteSource
    from reconciler.model import Repository

REGION = "eu-west-1"
REGISTRY = f"123456789012.dkr.ecr.{REGION}.amazonaws.com"
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"

BUSY = Failure(FailureKind.TEMPORARY, "SlowDown: reduce your request rate", "run again")
DENIED = Failure(FailureKind.PERMANENT, "AccessDenied: not authorized", "give the permission")
ABSENT = Failure(FailureKind.PERMANENT, "ImageNotFound: no such image", "push it")


def sha256(content: bytes) -> str:
    """Hash as CodeSha256 is written."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def image_digest(name: str) -> str:
    """Make up a digest."""
    return f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"


def s3_object(
    key: str = "a.zip", version_id: str | None = None, declared: str | None = None, line: int = 1
) -> S3Object:
    """Declare an object."""
    return S3Object("artifacts", key, version_id, declared, location(line=line))


def image(tail: str = "app:v1", registry: str = REGISTRY, line: int = 1) -> Image:
    """Declare an image."""
    return Image(f"{registry}/{tail}", location(line=line))


def manifest(name: str = "v1", config: str | None = "config") -> ImageManifest:
    """Make an image's manifest; its digest is made up, and its configuration is named."""
    content = {} if config is None else {"config": {"digest": image_digest(config)}}
    return ImageManifest(image_digest(name), MANIFEST, json.dumps(content))


@dataclass
class Objects:
    """
    S3. ``content`` is by key; ``checksums`` says whether it tells its own hash.

    ``errors`` befall the next calls in turn, and ``cut`` bytes are lost at the end of each
    download. While there is a ``gate``, calls wait until it is set.
    """

    endpoint: str = "https://s3.test"
    content: dict[str, bytes] = field(default_factory=dict)
    checksums: bool = False
    version_id: str | None = None
    sizes: dict[str, int] = field(default_factory=dict)
    etags: dict[str, str] = field(default_factory=dict)
    errors: list[Failure | None] = field(default_factory=list)
    cut: int = 0
    heads: list[S3Location] = field(default_factory=list)
    downloads: list[S3Location] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def head_object(self, location: S3Location) -> ObjectHead:
        """Tell of the newest object."""
        self.heads.append(location)
        await self._begin()
        content = self.content[location.key]
        return ObjectHead(
            self._etag(location.key),
            self.sizes.get(location.key, len(content)),
            self.version_id,
            sha256(content) if self.checksums else None,
        )

    async def get_object(
        self, location: S3Location, etag: str, sink: Callable[[bytes], object]
    ) -> None:
        """Give the content in small pieces."""
        self.downloads.append(location)
        await self._begin()
        if etag != self._etag(location.key):
            raise ReconcileError(BUSY)
        content = self.content[location.key]
        content = content[: len(content) - self.cut]
        for start in range(0, len(content), 100):
            sink(content[start : start + 100])

    def _etag(self, key: str) -> str:
        return self.etags.get(key, hashlib.sha256(self.content[key]).hexdigest()[:8])

    async def _begin(self) -> None:
        await (asyncio.sleep(0) if self.gate is None else self.gate.wait())
        if self.errors and (failure := self.errors.pop(0)) is not None:
            raise ReconcileError(failure)


@dataclass
class Images:
    """ECR. ``found`` is by tag or digest, in any repository; ``configs`` by digest; see Objects."""

    found: dict[str, ImageManifest | Failure] = field(default_factory=dict)
    configs: dict[str, bytes | Failure] = field(default_factory=dict)
    errors: list[Failure | None] = field(default_factory=list)
    calls: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    config_calls: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None

    async def batch_get_image(
        self, repository: Repository, image_ids: Sequence[str]
    ) -> Mapping[str, ImageManifest | Failure]:
        """Answer for each id."""
        self.calls.append((repository.name, tuple(image_ids)))
        await (asyncio.sleep(0) if self.gate is None else self.gate.wait())
        if self.errors and (failure := self.errors.pop(0)) is not None:
            raise ReconcileError(failure)
        return {image_id: self.found.get(image_id, ABSENT) for image_id in image_ids}

    async def image_config(self, repository: Repository, digest: str) -> bytes:
        """Give it, or refuse."""
        self.config_calls.append(f"{repository.name}@{digest}")
        await asyncio.sleep(0)
        config = self.configs[digest]
        if isinstance(config, Failure):
            raise ReconcileError(config)
        return config


@dataclass
class World:
    """Both, in one region; another region has nothing."""

    s3: Objects = field(default_factory=Objects)
    ecr: Images = field(default_factory=Images)

    def objects(self, region: str) -> Objects:
        """Give S3."""
        return self.s3 if region == REGION else Objects()

    def images(self, region: str) -> Images:
        """Give ECR."""
        return self.ecr if region == REGION else Images()

    def artifacts(
        self, *sources: RemoteSource, also: Iterable[tuple[RemoteSource, str]] = ()
    ) -> RemoteArtifacts:
        """Begin a run that knows these sources, without a cache."""
        known = [*((source, REGION) for source in sources), *also]
        return RemoteArtifacts(self, known, None)
