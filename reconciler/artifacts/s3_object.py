"""``code.s3``: a package in a bucket, which AWS fetches by itself."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts.native import native_code_of
from reconciler.artifacts.once import Once
from reconciler.artifacts.package import Package, changed, invalid, looked_into_once
from reconciler.model import CodeDigest, Failure, FailureKind, ReconcileError, S3Location

if TYPE_CHECKING:
    from reconciler.artifacts.cache import DigestCache
    from reconciler.artifacts.stores import ObjectStore
    from reconciler.model import NativeCode, ObjectHead, S3Object

LARGEST_OBJECT = 262_144_000
"""Bytes that a package may have unzipped (developer guide, gettingstarted-limits)."""
_IN_MEMORY = 8 * 1024 * 1024


async def from_s3_object(
    source: S3Object, store: ObjectStore, cache: DigestCache, *, trust: bool = True
) -> Package:
    """
    Learn what the object hashes to, reading no more of it than is needed.

    A declared hash is believed where nothing is known against it, to compare with; before
    the package is sent the object is read, once, so that a wrong one deploys nothing.
    Without ``trust`` the cache is not believed: AWS has answered with another hash.
    Raises ReconcileError.

    What is sent names the version that the manifest names, and none when it names none,
    although S3 may have told one. Without a version the manifest means the newest
    object, also one that comes meanwhile: to deploy the older one first would cost an
    update more. And a request with a version needs s3:GetObjectVersion, which a role
    may lack that reads newest objects only. The hash in AWS's answer tells a race.
    """
    location = S3Location(source.bucket, source.key, source.version_id)
    read = _Object(location, await store.head_object(location), store)
    if read.head.size > LARGEST_OBJECT:
        raise _too_large(location, read.head.size)
    known = read.checksum or (cache.find(read.identity) if trust else None)
    proof: Once[None, CodeDigest] = Once()
    prove = partial(proof.get, None, partial(_proven, source, read, known, cache))
    believed = source.sha256 if known is None else None

    async def content() -> S3Location:
        await prove()
        return location

    return Package(
        await prove() if believed is None else CodeDigest(believed),
        str(location),
        content,
        looked_into_once(read.native_code),
        in_s3=True,
        may_differ=source.version_id is None,
    )


async def _proven(
    source: S3Object, read: _Object, known: CodeDigest | None, cache: DigestCache
) -> CodeDigest:
    """
    Take the hash that is known, else read the object, and remember it.

    Raises ReconcileError (Invalid) when the manifest declares another one.
    """
    if known is None:
        known = await read.hashed()
        cache.remember(read.identity, known)
    if source.sha256 not in (None, known.code_sha256):
        raise invalid(
            f"{read.location} hashes to {known}, and the manifest's sha256 is {source.sha256}",
            "declare the hash of the object that is meant, or its versionId",
        )
    return known


@dataclass(frozen=True, slots=True)
class _Object:
    """One object as it was when ``head`` was read; all reading is of exactly these bytes."""

    location: S3Location
    head: ObjectHead
    store: ObjectStore

    @property
    def identity(self) -> tuple[str, ...]:
        """What must be equal for the bytes to be; an ETag alone may be no hash of them."""
        version = self.location.version_id or self.head.version_id or ""
        where = (self.store.endpoint, self.location.bucket, self.location.key)
        return (*where, version, self.head.etag, str(self.head.size))

    @property
    def checksum(self) -> CodeDigest | None:
        """S3's own hash, where the uploader asked for one."""
        return None if self.head.sha256 is None else CodeDigest(self.head.sha256)

    async def hashed(self) -> CodeDigest:
        """Read all of it once, and keep nothing."""
        sha256, size = hashlib.sha256(), 0

        def take(piece: bytes) -> None:
            nonlocal size
            sha256.update(piece)
            size += len(piece)

        await self.store.get_object(self.location, self.head.etag, take)
        if size != self.head.size:  # a connection that broke must not be remembered as a hash
            raise changed(str(self.location))
        return CodeDigest.of_zip(sha256.digest())

    async def native_code(self) -> NativeCode:
        """Fetch it into a file without a name, which nobody else can open."""
        try:
            with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
                await self.store.get_object(self.location, self.head.etag, file.write)
                return await asyncio.to_thread(native_code_of, file)
        except OSError as error:
            raise _no_room(self.location, error) from error


def _too_large(location: S3Location, size: int) -> ReconcileError:
    return invalid(
        f"{location} has {size:,} bytes, over Lambda's limit of {LARGEST_OBJECT:,} (250 MB) "
        "for an unzipped package",
        "make it smaller, or deploy a container image",
    )


def _no_room(location: S3Location, error: OSError) -> ReconcileError:
    return ReconcileError(
        Failure(
            FailureKind.TEMPORARY,
            f"{location} cannot be stored for a moment to look for native code ({error.strerror})",
            "point TMPDIR at a folder with room for it, or declare spec.code.nativeCheck: off",
        )
    )
