"""``code.imageUri``: a container image in ECR."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts import oci
from reconciler.artifacts.package import Package, invalid, looked_into_once
from reconciler.model import (
    Architecture,
    CodeDigest,
    Failure,
    FailureKind,
    ImageLocation,
    NativeCode,
    PackageType,
    ReconcileError,
    Scope,
    parse_image_uri,
)

if TYPE_CHECKING:
    from reconciler.artifacts.stores import ImageRegistry
    from reconciler.model import ImageManifest, Repository

_LINUX = "linux"
_ARCHITECTURES = {"amd64": Architecture.X86_64, "arm64": Architecture.ARM64}
_MOST_SHOWN = 12
"""Images of an index that an error names."""


@dataclass(frozen=True, slots=True)
class ImageReference:
    """An image as a manifest names it; ``image_id`` is its tag or its digest."""

    image_uri: str
    repository: Repository
    image_id: str


def image_reference(image_uri: str, region: str) -> ImageReference:
    """Take the URI apart. Raises ReconcileError where Lambda in this region cannot take it."""
    parsed = parse_image_uri(image_uri)
    if parsed is None:
        raise invalid(
            f"{image_uri} names no image in a private ECR repository",
            "write ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG, or ...@sha256:DIGEST",
        )
    repository, image_id = parsed
    if repository.region != region:
        raise invalid(
            f"{image_uri} is in {repository.region}, and the function is in {region}: "
            "Lambda takes images of its own region only",
            "push or replicate the image to the function's region, and declare it there",
        )
    return ImageReference(image_uri, repository, image_id)


def from_image(
    reference: ImageReference, manifest: ImageManifest, registry: ImageRegistry
) -> Package:
    """
    Make a package of what ECR has under the tag or digest.

    It is sent by digest: AWS then gets what was planned, wherever the tag points by then.
    Raises ReconcileError (Permanent) for an index.
    """
    if oci.is_index(manifest):
        raise _index(reference, manifest)
    uri = _by_digest(reference.repository, manifest.digest)

    async def content() -> ImageLocation:
        return ImageLocation(uri)

    return Package(
        CodeDigest(manifest.digest.removeprefix("sha256:")),
        reference.image_uri,
        content,
        looked_into_once(partial(_native_code, reference.repository, manifest, registry)),
        PackageType.IMAGE,
        resolved_image_uri=uri,
    )


def _by_digest(repository: Repository, digest: str) -> str:
    return f"{repository.registry}/{repository.name}@{digest}"


def _index(reference: ImageReference, manifest: ImageManifest) -> ReconcileError:
    """
    Refuse what AWS would refuse ("media type ... is not supported"), and say what it takes.

    Lambda has no images for several architectures (developer guide, images-create), and
    docker buildx makes an index even of one image, since it adds a provenance.
    """
    images = ", ".join(
        f"{platform} is {_by_digest(reference.repository, digest)}"
        for platform, digest in itertools.islice(oci.images_of(manifest), _MOST_SHOWN)
    )
    return ReconcileError(
        Failure(
            FailureKind.PERMANENT,
            f"{reference.image_uri} is an index of images ({manifest.media_type}), "
            "and Lambda takes one image for one platform",
            "build it for one platform with docker buildx build --provenance=false --sbom=false, "
            "or declare the digest of the image for the function's platform"
            + (f": {images}" if images else ""),
        )
    )


async def _native_code(
    repository: Repository, manifest: ImageManifest, registry: ImageRegistry
) -> NativeCode:
    """
    Read the platform in the image's configuration.

    Where it may not or cannot be fetched, the image is deployed all the same: this only
    spares an update that AWS would accept and that could not run.
    """
    digest = oci.config_digest(manifest)
    if digest is None:
        return NativeCode()
    try:
        config = await registry.image_config(repository, digest)
    except ReconcileError as error:
        if error.failure.kind is FailureKind.TEMPORARY or error.failure.scope is Scope.RUN:
            raise
        return NativeCode()
    platform = oci.platform_of(config)
    if platform is None:
        return NativeCode()
    name = platform.architecture if platform.os in (_LINUX, oci.UNSAID) else str(platform)
    return NativeCode(((_ARCHITECTURES.get(name, Architecture(name)), str(platform)),))
