"""S3 and ECR in memory: what Lambda fetches there, and what the reconciler is told of it."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.sandbox import errors
from reconciler.sandbox.packages import FoundImage
from tests.simulation.answers import other_service

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.sandbox.packages import SourceImage
    from reconciler.sandbox.requests import CodeMembers

BUCKET = "artifacts"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = "app"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
MACHINES = {"x86_64": "amd64", "arm64": "arm64"}


def code_sha256(content: bytes) -> str:
    """Hash a zip file as Lambda does."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass(slots=True)
class Storage:
    """
    One bucket that keeps versions, and one repository.

    ``objects`` has all versions of each key, oldest first. ``moves`` counts the changes,
    so that others see when what they knew has grown old. Objects of ``hashed`` keys tell
    their SHA-256, others have to be read.
    """

    objects: dict[str, list[bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    manifests: dict[str, str] = field(default_factory=dict)
    configs: dict[str, bytes] = field(default_factory=dict)
    hashed: set[str] = field(default_factory=set)
    moves: dict[str, int] = field(default_factory=dict)

    def put_object(self, key: str, content: bytes) -> str:
        """Upload a newer version, and give its id."""
        versions = self.objects.setdefault(key, [])
        versions.append(content)
        self.moves[key] = self.moves.get(key, 0) + 1
        return f"v{len(versions)}"

    def push_image(self, tag: str, name: str, architecture: str) -> str:
        """Push an image under a tag, and give its digest."""
        config = json.dumps(
            {"name": name, "os": "linux", "architecture": MACHINES[architecture]}
        ).encode()
        body = json.dumps({"mediaType": MANIFEST, "config": {"digest": _digest(config)}})
        digest = _digest(body.encode())
        self.configs[_digest(config)] = config
        self.manifests[digest] = body
        self.tags[tag] = digest
        self.moves[tag] = self.moves.get(tag, 0) + 1
        return digest

    def object(self, key: str, version_id: str | None) -> tuple[bytes, str]:
        """Find an object and its version id. Raises KeyError."""
        versions = self.objects[key]
        number = len(versions) if version_id is None else int(version_id.removeprefix("v"))
        return versions[number - 1], f"v{number}"

    # What Lambda itself fetches: ``Artifacts`` of the control plane.

    def s3_object(self, region: str, code: CodeMembers) -> tuple[bytes, str | None]:
        """Fetch an object for Lambda."""
        del region
        try:
            return self.object(code["S3Key"], code.get("S3ObjectVersion"))
        except KeyError:
            raise errors.s3_error("NoSuchKey", "The specified key does not exist.") from None

    def find_image(self, image: SourceImage) -> FoundImage:
        """Find an image for Lambda."""
        digest = f"sha256:{image.digest}" if image.digest else self.tags.get(image.tag or "")
        if digest is None or digest not in self.manifests:
            raise errors.invalid_parameter(
                f"Source image {image.uri} does not exist. Provide a valid source image."
            )
        return FoundImage(digest.removeprefix("sha256:"), MANIFEST)

    # What the reconciler asks, by operation.

    def answer(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a call to S3 or ECR. Raises ClientError."""
        answers: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "HeadObject": self._head_object,
            "GetObject": self._get_object,
            "BatchGetImage": self._batch_get_image,
            "GetDownloadUrlForLayer": _layer_url,
        }
        return answers[operation](parameters)

    def _head_object(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        key = parameters["Key"]
        try:
            content, version = self.object(key, parameters.get("VersionId"))
        except KeyError:
            raise other_service(404, "404", "Not Found", "HeadObject") from None
        answer: dict[str, Any] = {
            "ETag": _etag(content),
            "ContentLength": len(content),
            "VersionId": version,
        }
        if key in self.hashed:
            answer |= {"ChecksumSHA256": code_sha256(content), "ChecksumType": "FULL_OBJECT"}
        return answer

    def _get_object(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        content, _ = self.object(parameters["Key"], parameters.get("VersionId"))
        if parameters["IfMatch"] != _etag(content):
            text = "At least one of the pre-conditions you specified did not hold"
            raise other_service(412, "PreconditionFailed", text, "GetObject")
        return {"Body": io.BytesIO(content), "ContentLength": len(content)}

    def _batch_get_image(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = {"images": [], "failures": []}
        for image_id in parameters["imageIds"]:
            digest = image_id.get("imageDigest") or self.tags.get(image_id["imageTag"])
            if digest in self.manifests:
                image = {
                    "imageId": {**image_id, "imageDigest": digest},
                    "imageManifest": self.manifests[digest],
                    "imageManifestMediaType": MANIFEST,
                }
                answer["images"].append(image)
            else:
                failure = {"imageId": image_id, "failureCode": "ImageNotFound"}
                answer["failures"].append(failure)
        return answer


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _layer_url(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {"downloadUrl": f"https://layers.test/{parameters['layerDigest']}"}
