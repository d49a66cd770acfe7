"""From the code members of a request to a package, with the hash that AWS gives it."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from reconciler.model import PackageType
from reconciler.model.partition import PARTITIONS
from reconciler.sandbox import errors
from reconciler.sandbox.state import Package

if TYPE_CHECKING:
    from reconciler.sandbox.requests import CodeMembers

MAX_ZIPPED = 52_428_800
"""The limit of a zip file in bytes (recorded: test_oversized_zipped_create_lambda)."""
MAX_UNZIPPED = 262_144_000
"""The limit of its content in bytes (recorded: test_oversized_lambda)."""

_SUFFIXES = "|".join(sorted({re.escape(known.dns_suffix) for known in PARTITIONS}))
_IMAGE_URI = re.compile(
    rf"(?P<repository>(?P<account>\d{{12}})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?:{_SUFFIXES})"
    r"/(?P<name>[a-z0-9._/-]+))(?::(?P<tag>[\w.-]+))?(?:@sha256:(?P<digest>[0-9a-f]{64}))?",
)
_STORAGE_MODES = ("COPY", "REFERENCE")


_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
"""What Lambda runs: one image, not an index of several (developer guide: images-create)."""


@dataclass(frozen=True, slots=True)
class SourceImage:
    """An ImageUri taken apart; ``digest`` is hex."""

    uri: str
    repository: str
    account: str
    region: str
    name: str
    tag: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class FoundImage:
    """What ECR has under a tag or a digest; ``digest`` is hex."""

    digest: str
    media_type: str


class Artifacts(Protocol):
    """Where code that a request only names comes from."""

    def s3_object(self, region: str, code: CodeMembers) -> tuple[bytes, str | None]:
        """Fetch an object and its version id, or raise S3's error in Lambda's words."""

    def find_image(self, image: SourceImage) -> FoundImage | None:
        """Look an image up; None when the repository does not exist here."""


class NoArtifacts:
    """A world without S3 and ECR, for a control plane on its own."""

    def s3_object(self, region: str, code: CodeMembers) -> tuple[bytes, str | None]:
        """Answer as S3 does when there is no bucket."""
        del region, code
        raise errors.s3_error("NoSuchBucket", "The specified bucket does not exist")

    def find_image(self, image: SourceImage) -> FoundImage | None:
        """Know no repository."""
        del image
        return None


def make_package(code: CodeMembers, region: str, artifacts: Artifacts) -> Package:
    """Read the one code source that a request gives."""
    check_one_source(code)
    if "ImageUri" in code:
        return _image(code["ImageUri"], region, artifacts)
    if "ZipFile" in code:
        return _zip(code, code["ZipFile"])
    content, version_id = artifacts.s3_object(region, code)
    return _zip(code, content, version_id)


def check_one_source(code: CodeMembers) -> None:
    """
    Refuse no source and more than one.

    The texts for none and for ZipFile are known from public error reports; for S3
    together with an image the sandbox has its own.
    """
    sources = [name for name in ("ZipFile", "S3Bucket", "ImageUri") if name in code]
    if not sources or ("S3Bucket" in code) != ("S3Key" in code):
        raise errors.invalid_parameter("Please provide a source for function code.")
    if len(sources) > 1:
        last = "a ZipFile" if "ZipFile" in sources else "an ImageUri"
        raise errors.invalid_parameter(
            f"Please do not provide other FunctionCode parameters when providing {last}.",
        )


def check_package_type(code: CodeMembers, package_type: PackageType) -> None:
    """Refuse to turn a zip function into an image function, and the reverse (recorded)."""
    image = "ImageUri" in code
    if package_type is PackageType.IMAGE and not image:
        raise errors.invalid_parameter(
            "Please provide ImageUri when updating a function with packageType Image.",
        )
    if package_type is PackageType.ZIP and image:
        raise errors.invalid_parameter(
            "Please don't provide ImageUri when updating a function with packageType Zip.",
        )


def _zip(code: CodeMembers, content: bytes, version_id: str | None = None) -> Package:
    _check_zip(content)
    return Package(
        PackageType.ZIP,
        code_sha256=base64.b64encode(hashlib.sha256(content).digest()).decode("ascii"),
        code_size=len(content),
        content=content,
        source_kms_key_arn=code.get("SourceKMSKeyArn"),
        resolved_s3_object=_reference(code, version_id),
    )


def _reference(code: CodeMembers, version_id: str | None) -> dict[str, str] | None:
    """
    Keep the S3 origin of a package that Lambda does not copy; COPY forgets it (recorded).

    REFERENCE requires S3 versioning (developer guide: configuration-self-managed-storage);
    what AWS says without it, or of another source, is not recorded.
    """
    mode = code.get("S3ObjectStorageMode", "COPY")
    if mode not in _STORAGE_MODES:
        rule = f"Member must satisfy enum value set: [{', '.join(_STORAGE_MODES)}]"
        raise errors.validation([errors.constraint(mode, "s3ObjectStorageMode", rule)])
    if mode == "COPY":
        return None
    if version_id is None:
        raise errors.invalid_parameter(
            "S3ObjectStorageMode REFERENCE needs code from an S3 bucket that keeps versions.",
        )
    return {
        "S3Bucket": code["S3Bucket"],
        "S3Key": code["S3Key"],
        "S3ObjectVersion": version_id,
    }


def _check_zip(content: bytes) -> None:
    if len(content) > MAX_ZIPPED:
        raise errors.too_large(f"Zipped size must be smaller than {MAX_ZIPPED} bytes")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [member.file_size for member in archive.infolist()]
    except (zipfile.BadZipFile, ValueError) as problem:
        raise errors.invalid_parameter(
            "Could not unzip uploaded file. Please check your file, then try to upload again.",
        ) from problem
    if not sizes:
        raise errors.invalid_parameter("Uploaded file must be a non-empty zip")
    if sum(sizes) > MAX_UNZIPPED:
        raise errors.invalid_parameter(f"Unzipped size must be smaller than {MAX_UNZIPPED} bytes")


def _image(image_uri: str, region: str, artifacts: Artifacts) -> Package:
    """
    Resolve an image once; Lambda never looks at the tag again.

    Where ECR does not have the repository, the image is taken on trust, and the same tag
    is always the same image.
    """
    image = _source_image(image_uri, region)
    found = artifacts.find_image(image)
    if found is not None and found.media_type not in _MANIFESTS:
        raise errors.invalid_parameter(
            "The image manifest, config or layer media type for the source image "
            f"{image_uri} is not supported.",
        )
    digest = found.digest if found else image.digest or _invented_digest(image_uri)
    return Package(
        PackageType.IMAGE,
        code_sha256=digest,
        image_uri=image_uri,
        resolved_image_uri=f"{image.repository}@sha256:{digest}",
    )


def _source_image(image_uri: str, region: str) -> SourceImage:
    """Take an ImageUri apart; its registry must be in the function's region (images-create)."""
    match = _IMAGE_URI.fullmatch(image_uri)
    if match is None or match["region"] != region:
        raise errors.invalid_parameter(
            f"Source image {image_uri} is not valid. Provide a valid source image.",
        )
    return SourceImage(image_uri, **match.groupdict())


def _invented_digest(image_uri: str) -> str:
    return hashlib.sha256(image_uri.encode()).hexdigest()
