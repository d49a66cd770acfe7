"""Images for ECR and objects for S3, pushed over boto3 as a build would."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from reconciler.sandbox.moto_backend import MotoBackend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from wsgiref.types import WSGIEnvironment

    import pytest
    from werkzeug.wrappers import Response

    from reconciler.sandbox import Sandbox

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
_DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"


@contextlib.contextmanager
def client(sandbox: Sandbox, service: str, region: str = "eu-west-1") -> Iterator[Any]:
    """Give a client of S3 or ECR, as a build would have."""
    make = cast("Callable[..., Any]", boto3.client)  # no stubs of either are installed
    made = make(
        service,
        region_name=region,
        endpoint_url=sandbox.url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(s3={"addressing_style": "path"}),
    )
    with contextlib.closing(made):
        yield made


def meddle(
    monkeypatch: pytest.MonkeyPatch, operation: str, meddler: Callable[[], Response | None]
) -> None:
    """
    Let something happen before a request to S3 or ECR is answered.

    ``operation`` is an operation of ECR, or S3's method and path: ``HEAD /bucket/key``.
    What the meddler gives is the answer; None leaves it to the sandbox.
    """
    respond = MotoBackend.respond

    def meddled(moto: MotoBackend, environ: WSGIEnvironment) -> Response:
        target = str(environ.get("HTTP_X_AMZ_TARGET", "")).rpartition(".")[2]
        asked = target or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        answer = meddler() if asked == operation else None
        return respond(moto, environ) if answer is None else answer

    monkeypatch.setattr(MotoBackend, "respond", meddled)


def digest_of(content: bytes) -> str:
    """Name content as registries do: ``sha256:`` and hex."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def push_image(  # noqa: PLR0913 - what makes one image another
    ecr: Any,  # noqa: ANN401 - boto3 makes clients at run time
    repository: str,
    tag: str | None = None,
    *,
    architecture: str | None = "amd64",
    text: str = "",
    media_type: str = OCI_MANIFEST,
) -> str:
    """
    Push a configuration, a layer and their manifest; return the digest (``sha256:...``).

    The repository is made if it is missing. The digest is the same for the same arguments
    but for ``tag``; ``architecture`` None leaves it out of the configuration.
    """
    _ensure_repository(ecr, repository)
    platform = {} if architecture is None else {"architecture": architecture, "os": "linux"}
    config = json.dumps({**platform, "config": {"Cmd": [text]}}).encode()
    layer = f"layer {text}".encode()
    manifest = {
        "schemaVersion": 2,
        "mediaType": media_type,
        "config": _described(_OCI_CONFIG if media_type == OCI_MANIFEST else _DOCKER_CONFIG, config),
        "layers": [_described(_LAYER, layer)],
    }
    for blob in (config, layer):
        push_blob(ecr, repository, blob)
    return _put_image(ecr, repository, tag, manifest, media_type)


def push_index(
    ecr: Any,  # noqa: ANN401 - boto3 makes clients at run time
    repository: str,
    tag: str | None,
    images: Mapping[str, str],
    *,
    media_type: str = OCI_INDEX,
) -> str:
    """Push an index of images (digests by architecture); return its digest."""
    _ensure_repository(ecr, repository)
    manifests = [
        {
            "mediaType": OCI_MANIFEST,
            "digest": digest,
            "size": 1,
            "platform": {"architecture": architecture, "os": "linux"},
        }
        for architecture, digest in images.items()
    ]
    index = {"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}
    return _put_image(ecr, repository, tag, index, media_type)


def push_blob(ecr: Any, repository: str, content: bytes) -> str:  # noqa: ANN401 - as above
    """Upload a layer or a configuration in one part; return its digest."""
    digest = digest_of(content)
    upload = ecr.initiate_layer_upload(repositoryName=repository)["uploadId"]
    ecr.upload_layer_part(
        repositoryName=repository,
        uploadId=upload,
        partFirstByte=0,
        partLastByte=len(content) - 1,
        layerPartBlob=content,
    )
    ecr.complete_layer_upload(repositoryName=repository, uploadId=upload, layerDigests=[digest])
    return digest


def make_bucket(
    s3: Any,  # noqa: ANN401 - boto3 makes clients at run time
    bucket: str,
    region: str = "eu-west-1",
    *,
    versioned: bool = False,
) -> None:
    """Make a bucket in the region that the client is for."""
    elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **({} if region == "us-east-1" else elsewhere))
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def put_object(
    s3: Any,  # noqa: ANN401 - boto3 makes clients at run time
    bucket: str,
    key: str,
    content: bytes,
    *,
    sha256: bool = True,
) -> str | None:
    """Put an object, by default with a SHA-256 checksum; return its version id if it has one."""
    checksum = {"ChecksumAlgorithm": "SHA256"} if sha256 else {}
    put = s3.put_object(Bucket=bucket, Key=key, Body=content, **checksum)
    version: str | None = put.get("VersionId")
    return version


def put_in_parts(
    s3: Any,  # noqa: ANN401 - boto3 makes clients at run time
    bucket: str,
    key: str,
    parts: Sequence[bytes],
) -> None:
    """Upload an object in parts (5 MiB each but the last); its SHA-256 checksum is composite."""
    place = {"Bucket": bucket, "Key": key}
    begun = s3.create_multipart_upload(**place, ChecksumAlgorithm="SHA256")
    upload = {**place, "UploadId": begun["UploadId"]}
    done = []
    for number, content in enumerate(parts, start=1):
        part = s3.upload_part(**upload, PartNumber=number, Body=content, ChecksumAlgorithm="SHA256")
        done.append(
            {
                "PartNumber": number,
                "ETag": part["ETag"],
                "ChecksumSHA256": part["ChecksumSHA256"],
            }
        )
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})


def _described(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}


def _put_image(
    ecr: Any,  # noqa: ANN401 - boto3 makes clients at run time
    repository: str,
    tag: str | None,
    manifest: dict[str, Any],
    media_type: str,
) -> str:
    content = json.dumps(manifest)
    tagged = {} if tag is None else {"imageTag": tag}
    with contextlib.suppress(ecr.exceptions.ImageAlreadyExistsException):
        ecr.put_image(
            repositoryName=repository,
            imageManifest=content,
            imageManifestMediaType=media_type,
            **tagged,
        )
    return digest_of(content.encode())


def _ensure_repository(ecr: Any, repository: str) -> None:  # noqa: ANN401 - as above
    with contextlib.suppress(ecr.exceptions.RepositoryAlreadyExistsException):
        ecr.create_repository(repositoryName=repository)
