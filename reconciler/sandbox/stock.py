"""Objects in S3 and images in ECR for functions to run, put there as a build would."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from reconciler.model import Architecture
from reconciler.sandbox.forwarding import ecr_request, s3_request
from reconciler.sandbox.names import ACCOUNT_ID

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from reconciler.model import Repository, S3Object
    from reconciler.sandbox.moto_backend import MotoBackend

_NOT_FOUND = 404
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_MACHINES = {Architecture.X86_64: "amd64"}
"""How an image's configuration calls an architecture, where that is not Lambda's own word."""
_VERSIONED = (
    b'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
    b"<Status>Enabled</Status></VersioningConfiguration>"
)
_HANDLER = "def handler(event, context):\n    return {!r}\n"


def package_of(text: str) -> bytes:
    """Make a zip file, the same for the same text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), _HANDLER.format(text))
    return buffer.getvalue()


class Stock:
    """The sandbox's own S3 and ECR, without HTTP. What is there already stays as it is."""

    def __init__(self, moto: MotoBackend) -> None:
        self._moto = moto

    def put_object(self, source: S3Object, region: str) -> None:
        """
        Put a package where a manifest says, into a bucket that keeps versions.

        It has a SHA-256 checksum, unless the manifest declares one: S3 would contradict it,
        and the bytes that it is of are not here.
        """
        path, query = f"/{source.bucket}/{source.key}", _version(source.version_id)
        self._ensure_bucket(source.bucket, region)
        if self._s3(region, "HEAD", path, query=query).status_code != _NOT_FOUND:
            return
        content = package_of(f"{path} {source.version_id or ''}")
        checksum = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {} if source.sha256 else {"x-amz-checksum-sha256": checksum}
        self._s3(region, "PUT", path, content=content, headers=headers)
        if source.version_id is not None:
            _name_version(source, source.version_id)

    def push_image(
        self, repository: Repository, tag: str | None, architecture: str, text: str
    ) -> str:
        """Push an image, the same for the same text; give the digest of what is there then."""
        found = None if tag is None else self._find_image(repository, tag)
        return found or self._push_image(repository, tag, architecture, text)

    def _push_image(
        self, repository: Repository, tag: str | None, architecture: str, text: str
    ) -> str:
        self._ecr(repository, "CreateRepository", {})
        machine = _MACHINES.get(Architecture(architecture), architecture)
        config = json.dumps({"architecture": machine, "os": "linux", "config": {"Cmd": [text]}})
        manifest = {
            "schemaVersion": 2,
            "mediaType": _MANIFEST,
            "config": self._upload(repository, _CONFIG, config.encode()),
            "layers": [self._upload(repository, _LAYER, text.encode())],
        }
        body = json.dumps(manifest)
        image = {"imageManifest": body, "imageManifestMediaType": _MANIFEST}
        self._ecr(repository, "PutImage", image | ({} if tag is None else {"imageTag": tag}))
        return _digest(body.encode())

    def _find_image(self, repository: Repository, tag: str) -> str | None:
        found = self._ecr(repository, "BatchGetImage", {"imageIds": [{"imageTag": tag}]})
        images = found.get("images") or [{"imageId": {}}]
        digest: str | None = images[0]["imageId"].get("imageDigest")
        return digest

    def _upload(self, repository: Repository, media_type: str, content: bytes) -> dict[str, Any]:
        """Upload a layer or a configuration, and give its description for a manifest."""
        begun = self._ecr(repository, "InitiateLayerUpload", {})
        upload, digest = {"uploadId": begun["uploadId"]}, _digest(content)
        part = {
            "partFirstByte": 0,
            "partLastByte": len(content) - 1,
            "layerPartBlob": base64.b64encode(content).decode(),
        }
        self._ecr(repository, "UploadLayerPart", upload | part)
        self._ecr(repository, "CompleteLayerUpload", upload | {"layerDigests": [digest]})
        return {"mediaType": media_type, "digest": digest, "size": len(content)}

    def _ecr(self, repository: Repository, operation: str, members: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        body = {"registryId": repository.account, "repositoryName": repository.name, **members}
        request = ecr_request(repository.region, operation, body, repository.account)
        return self._moto.respond(request).get_json(force=True)

    def _ensure_bucket(self, bucket: str, region: str) -> None:
        if self._s3(region, "HEAD", f"/{bucket}").status_code != _NOT_FOUND:
            return
        place = f"<LocationConstraint>{region}</LocationConstraint>"
        body = f"<CreateBucketConfiguration>{place}</CreateBucketConfiguration>"
        content = b"" if region == "us-east-1" else body.encode()
        self._s3(region, "PUT", f"/{bucket}", content=content)
        self._s3(region, "PUT", f"/{bucket}", content=_VERSIONED, query={"versioning": ""})

    def _s3(self, region: str, method: str, path: str, **more: Any) -> Response:  # noqa: ANN401 - see s3_request
        return self._moto.respond(s3_request(region, method, path, **more))


def _version(version_id: str | None) -> dict[str, str]:
    return {} if version_id is None else {"versionId": version_id}


def _name_version(source: S3Object, version_id: str) -> None:
    """
    Give the newest object the version that a manifest names.

    S3 makes up the names of versions, and so does moto: it has to be told from behind.
    """
    from moto.s3.models import s3_backends  # noqa: PLC0415 - slow, and needed only here

    partition, _ = s3_backends.bucket_accounts[source.bucket]
    backend = s3_backends[ACCOUNT_ID][partition]
    stored = backend.get_object(source.bucket, source.key)
    if stored is None:
        raise AssertionError("the object was just put")
    stored._version_id = version_id  # noqa: SLF001 - moto has no other way


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"
