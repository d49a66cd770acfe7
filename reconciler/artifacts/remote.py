"""From an S3 object or an image to a package, once per run."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts.cache import DigestCache
from reconciler.artifacts.image import from_image, image_reference
from reconciler.artifacts.lookup import ImageLookup
from reconciler.artifacts.once import Once
from reconciler.artifacts.resolve import is_remote
from reconciler.artifacts.s3_object import from_s3_object
from reconciler.model import Image, S3Object, parse_image_uri

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from reconciler.artifacts.package import Package
    from reconciler.artifacts.resolve import RemoteSource
    from reconciler.artifacts.stores import Stores
    from reconciler.model import CodeSource, Repository

    Key = tuple[str | None, ...]


class RemoteArtifacts:
    """
    Packages that AWS fetches by itself, each looked up once however many functions use it.

    ``sources`` are those of the run, each with its function's region: images of one
    repository are looked up together. ``cache`` is the folder for the hashes of objects
    that had to be read, None for no such memory. All askers share one event loop.
    """

    def __init__(
        self, stores: Stores, sources: Iterable[tuple[CodeSource, str]], cache: Path | None
    ) -> None:
        self._stores = stores
        self._cache = DigestCache(cache)
        self._packages: Once[Key, Package] = Once()
        self._lookups = _lookups(sources)
        self._doubted: set[Key] = set()

    async def resolve(self, source: CodeSource, region: str) -> Package:
        """
        Raise ReconcileError when the package is not there or cannot be deployed.

        A failure is not kept: who asks next has it looked up again.
        """
        remote = _remote(source)
        if isinstance(remote, S3Object):
            work = partial(self._s3_object, remote, region)
        else:
            work = partial(self._image, remote, region)
        return await self._packages.get(_key(remote, region), work)

    def forget(self, source: CodeSource, region: str) -> None:
        """
        Look the source up anew for the next asker: AWS has seen something else there.

        What an earlier run says that an S3 object hashes to is then not believed any more.
        """
        remote = _remote(source)
        key = _key(remote, region)
        self._packages.forget(key)
        if isinstance(remote, S3Object):
            self._doubted.add(key)
        elif (parsed := parse_image_uri(remote.image_uri)) is not None:
            repository, image_id = parsed
            self._lookup(repository).forget(image_id)

    async def _s3_object(self, source: S3Object, region: str) -> Package:
        trust = _key(source, region) not in self._doubted
        store = self._stores.objects(region)
        return await from_s3_object(source, store, self._cache, trust=trust)

    async def _image(self, source: Image, region: str) -> Package:
        reference = image_reference(source.image_uri, region)
        registry = self._stores.images(region)
        manifest = await self._lookup(reference.repository).find(registry, reference.image_id)
        return from_image(reference, manifest, registry)

    def _lookup(self, repository: Repository) -> ImageLookup:
        return self._lookups.setdefault(repository, ImageLookup(repository, ()))


def _remote(source: CodeSource) -> RemoteSource:
    if not is_remote(source):
        raise AssertionError("what is on this machine is resolved before the run")
    return source


def _key(source: RemoteSource, region: str) -> Key:
    """Tell sources apart by all but their place in a manifest."""
    if isinstance(source, S3Object):
        return region, source.bucket, source.key, source.version_id, source.sha256
    return region, source.image_uri


def _lookups(sources: Iterable[tuple[CodeSource, str]]) -> dict[Repository, ImageLookup]:
    """Group by repository what ECR can be asked for; the rest fails when somebody asks for it."""
    image_ids: defaultdict[Repository, list[str]] = defaultdict(list)
    for source, region in sources:
        parsed = parse_image_uri(source.image_uri) if isinstance(source, Image) else None
        if parsed is not None and parsed[0].region == region:
            image_ids[parsed[0]].append(parsed[1])
    return {repository: ImageLookup(repository, ids) for repository, ids in image_ids.items()}
