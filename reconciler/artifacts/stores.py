"""What is asked of S3 and ECR to learn what an artifact hashes to, as narrow protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.model import Failure, ImageManifest, ObjectHead, Repository, S3Location


class ObjectStore(Protocol):
    """
    S3 as seen from one region.

    Each call raises ReconcileError, classified once: temporary ones may be tried again.
    A bucket in another region is refused, since Lambda takes code from its own only.
    """

    @property
    def endpoint(self) -> str:
        """The address that is asked; another one may have other objects of the same name."""

    async def head_object(self, location: S3Location) -> ObjectHead:
        """Read what S3 knows of the object (HeadObject with ChecksumMode ENABLED)."""

    async def get_object(
        self, location: S3Location, etag: str, sink: Callable[[bytes], object]
    ) -> None:
        """
        Stream the object into ``sink``, piece by piece, in a thread of its own.

        Raises a temporary ReconcileError when its ETag is another by now.
        """


class ImageRegistry(Protocol):
    """ECR in one region. Each call raises ReconcileError, classified once."""

    async def batch_get_image(
        self, repository: Repository, image_ids: Sequence[str]
    ) -> Mapping[str, ImageManifest | Failure]:
        """
        Look up to 100 images up in one call (BatchGetImage), each by tag or by digest.

        The answer has every id that was asked for; a Failure says why there is none.
        """

    async def image_config(self, repository: Repository, digest: str) -> bytes:
        """
        Fetch an image's configuration, a JSON document, by the digest in its manifest.

        Raises a permanent ReconcileError also when a second try of the download fails.
        """


class Stores(Protocol):
    """Where artifacts are, by region."""

    def objects(self, region: str) -> ObjectStore:
        """Give S3."""

    def images(self, region: str) -> ImageRegistry:
        """Give ECR."""
