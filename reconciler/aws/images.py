"""ECR through boto3: manifests by tag or digest, and what an image says of itself."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from reconciler.aws.calls import Wanted
from reconciler.aws.errors import classify_part, unreadable
from reconciler.aws.transfer import broken
from reconciler.model import Failure, FailureKind, ImageManifest, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from reconciler.aws.calls import Call, Fetch
    from reconciler.model import Repository

_BATCH_GET_IMAGE = "BatchGetImage"
_GET_URL = "GetDownloadUrlForLayer"
_MEDIA_TYPES = [
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
]
"""All that an image can be pushed as, so that ECR converts none into another."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LARGEST_CONFIG = 1 << 20  # bytes; real ones have a few thousand


class EcrClient(Protocol):
    """The part of boto3's client that is used."""

    def batch_get_image(self, **parameters: object) -> Mapping[str, Any]:
        """BatchGetImage."""

    def get_download_url_for_layer(self, **parameters: object) -> Mapping[str, Any]:
        """GetDownloadUrlForLayer."""


class BotoImages:
    """ECR in one region."""

    def __init__(self, client: EcrClient, call: Call, fetch: Fetch) -> None:
        self._client = client
        self._call = call
        self._fetch = fetch

    async def batch_get_image(
        self, repository: Repository, image_ids: Sequence[str]
    ) -> Mapping[str, ImageManifest | Failure]:
        """
        Look up to 100 images up in one call (BatchGetImage), each by tag or by digest.

        The answer has every id that was asked for; a Failure says why there is none.
        """
        asked = tuple(dict.fromkeys(image_ids))
        answer = await self._call(
            _BATCH_GET_IMAGE,
            self._client.batch_get_image,
            registryId=repository.account,
            repositoryName=repository.name,
            imageIds=[_identifier(image_id) for image_id in asked],
            acceptedMediaTypes=_MEDIA_TYPES,
        )
        found = _by_id(answer, "images", _manifest)
        failed = _by_id(answer, "failures", _Reason.read)
        return {
            image_id: _outcome(repository, image_id, found.get(image_id), failed.get(image_id))
            for image_id in asked
        }

    async def image_config(self, repository: Repository, digest: str) -> bytes:
        """
        Fetch an image's configuration, a JSON document, by the digest in its manifest.

        Raises a permanent ReconcileError when what ECR's signed URL leads to does not come
        twice: a network may let ECR through, and not where ECR keeps its layers. Who asks
        for a pause is there, and gets it: that is a temporary one.
        """
        for last_try in (False, True):
            url = await self._layer_url(repository, digest)
            try:
                return await self._read_config(url, repository, digest)
            except ReconcileError as error:
                failure = error.failure
                if failure.kind is not FailureKind.TEMPORARY or failure.retry_after is not None:
                    raise
                if last_try:
                    blocked = replace(failure, kind=FailureKind.PERMANENT)
                    raise ReconcileError(blocked) from error
        raise AssertionError("the last try gives or raises")

    async def _layer_url(self, repository: Repository, digest: str) -> str:
        """Ask ECR for a signed URL."""
        answer = await self._call(
            _GET_URL,
            self._client.get_download_url_for_layer,
            registryId=repository.account,
            repositoryName=repository.name,
            layerDigest=digest,
        )
        url = answer.get("downloadUrl")
        if not isinstance(url, str):
            raise unreadable(_GET_URL, "no downloadUrl")
        return url

    async def _read_config(self, url: str, repository: Repository, digest: str) -> bytes:
        subject = f"the configuration {digest} of an image in {repository.name}"
        remedy = "declare an image that Lambda can run"
        content = await self._fetch(url, Wanted(_GET_URL, subject, _LARGEST_CONFIG, remedy))
        if _digest(content) != digest:
            raise ReconcileError(broken(_GET_URL, subject, "other bytes than its digest says"))
        return content


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why ECR has no manifest for an id, in its own words."""

    code: str
    text: str

    @classmethod
    def read(cls, failure: Mapping[str, Any]) -> _Reason:
        """Read one of the answer's failures."""
        return cls(str(failure.get("failureCode")), str(failure.get("failureReason")))


def _identifier(image_id: str) -> dict[str, str]:
    """Tell a digest from a tag: a tag has no colon (API reference, ImageIdentifier)."""
    return {"imageDigest" if image_id.startswith("sha256:") else "imageTag": image_id}


def _by_id(
    answer: Mapping[str, Any], member: str, read: Callable[[Mapping[str, Any]], Any]
) -> dict[str, Any]:
    """Read a list of the answer, each item under its tag and its digest."""
    items = answer.get(member)
    by_id: dict[str, Any] = {}
    for item in items if isinstance(items, list) else ():
        identifier = item.get("imageId") if isinstance(item, dict) else None
        if isinstance(identifier, dict):
            value = read(item)
            by_id.update((str(each), value) for each in identifier.values() if each)
    return by_id


def _outcome(
    repository: Repository,
    image_id: str,
    manifest: ImageManifest | str | None,
    reason: _Reason | None,
) -> ImageManifest | Failure:
    image = f"{repository.registry}/{repository.name}"
    image += f"@{image_id}" if image_id.startswith("sha256:") else f":{image_id}"
    if isinstance(manifest, ImageManifest):
        other = image_id.startswith("sha256:") and image_id != manifest.digest
        return _unreadable(image, "another image") if other else manifest
    if reason is not None:
        refused = classify_part(_BATCH_GET_IMAGE, reason.code, reason.text)
        return replace(refused, what=f"{image}: {refused.what}")
    return _unreadable(image, manifest or "neither an image nor a failure")


def _unreadable(image: str, what: str) -> Failure:
    return Failure(
        FailureKind.TEMPORARY,
        f"{_BATCH_GET_IMAGE}: the answer has {what} for {image}",
        "run again; if it stays, check that the endpoint is AWS's",
        _BATCH_GET_IMAGE,
    )


def _manifest(image: Mapping[str, Any]) -> ImageManifest | str:
    """Read a manifest, or say what is wrong with it."""
    digest, body = image["imageId"].get("imageDigest"), image.get("imageManifest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        return "no readable digest"
    if not isinstance(body, str) or not body:
        return "no manifest"
    if _digest(body.encode(errors="replace")) != digest:
        return "a manifest that its digest is not of"
    media_type = image.get("imageManifestMediaType") or _media_type(body)
    if not isinstance(media_type, str):
        return "no media type"
    return ImageManifest(digest, media_type, body)


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _media_type(body: str) -> object:
    try:
        manifest = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return manifest.get("mediaType") if isinstance(manifest, dict) else None
