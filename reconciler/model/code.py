"""What UpdateFunctionCode is sent, and what is known of what is inside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model.values import Architecture


@dataclass(frozen=True, slots=True, weakref_slot=True)
class ZipContent:
    """The bytes of a deployment package, sent with the call; it can be shared while it is held."""

    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class S3Location:
    """A deployment package that AWS fetches itself; no version means the newest."""

    bucket: str
    key: str
    version_id: str | None = None

    def __str__(self) -> str:
        version = "" if self.version_id is None else f" (version {self.version_id})"
        return f"s3://{self.bucket}/{self.key}{version}"


@dataclass(frozen=True, slots=True)
class ImageLocation:
    """An image by its digest: REGISTRY/REPOSITORY@sha256:HEX."""

    image_uri: str


CodeContent = ZipContent | S3Location | ImageLocation


@dataclass(frozen=True, slots=True)
class NativeCode:
    """
    For which architectures a package has machine code: one file's name for each.

    Empty when it has none, as most packages of interpreted languages have. For an image
    it is the platform that its configuration says.
    """

    files: tuple[tuple[Architecture, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """
    What S3 says of an object without a download; ``size`` in bytes.

    ``sha256`` is base64, and only that of the whole object (ChecksumType FULL_OBJECT):
    a composite value is no hash of the bytes. ``version_id`` is None in a bucket
    without versions.
    """

    etag: str
    size: int
    version_id: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Repository:
    """A private ECR repository; ``registry`` is the host name in an image's URI."""

    registry: str
    account: str
    region: str
    name: str


@dataclass(frozen=True, slots=True)
class ImageManifest:
    """An image's manifest as ECR keeps it; ``digest`` is ``sha256:`` and 64 hex digits."""

    digest: str
    media_type: str
    body: str = field(repr=False)
