"""What reading an image from ECR needs, where moto alone answers otherwise than AWS."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from tests.effects.artifacts import (
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    digest_of,
    push_blob,
    push_image,
    push_index,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Clients = Callable[..., Any]
    EcrClient = Any  # boto3-stubs has no ECR here
    Refused = Callable[..., tuple[int, str, str]]

ABSENT = f"sha256:{'0' * 64}"


@pytest.fixture
def ecr(clients: Clients) -> EcrClient:
    return clients("ecr")


def get(ecr: EcrClient, *image_ids: dict[str, str]) -> Any:  # noqa: ANN401 - as the client
    return ecr.batch_get_image(repositoryName="app", imageIds=list(image_ids))


def manifest_of(ecr: EcrClient, digest: str) -> dict[str, Any]:
    (image,) = get(ecr, {"imageDigest": digest})["images"]
    manifest: dict[str, Any] = json.loads(image["imageManifest"])
    return manifest


def test_an_image_is_named_by_its_manifest(ecr: EcrClient) -> None:
    """The digest is the SHA-256 of the manifest's bytes (OCI image specification: descriptor)."""
    one, other = push_image(ecr, "app", "1"), push_image(ecr, "app", "2", architecture="arm64")
    assert one != other
    for digest in (one, other):
        (image,) = get(ecr, {"imageDigest": digest})["images"]
        manifest = image["imageManifest"].encode()
        assert digest == f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    described = ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": "2"}])
    assert described["imageDetails"][0]["imageDigest"] == other


def test_images_are_answered_as_they_were_asked_for(ecr: EcrClient) -> None:
    """Tag and digest, media type and manifest (AmazonECR API reference: BatchGetImage)."""
    one = push_image(ecr, "app", "1", media_type=DOCKER_MANIFEST)
    push_image(ecr, "app", "newest", media_type=DOCKER_MANIFEST)
    index = push_index(ecr, "app", "multi", {"amd64": one})
    answer = get(ecr, {"imageTag": "1"}, {"imageDigest": one}, {"imageTag": "multi"})
    assert [(each["imageId"], each["imageManifestMediaType"]) for each in answer["images"]] == [
        ({"imageTag": "1", "imageDigest": one}, DOCKER_MANIFEST),
        ({"imageDigest": one}, DOCKER_MANIFEST),
        ({"imageTag": "multi", "imageDigest": index}, OCI_INDEX),
    ]
    assert answer["failures"] == []


def test_a_failure_names_what_was_asked_for(ecr: EcrClient) -> None:
    """What is missing does not hide what is there (AmazonECR API reference: BatchGetImage)."""
    digest = push_image(ecr, "app", "1")
    answer = get(ecr, {"imageTag": "2"}, {"imageTag": "1"}, {"imageDigest": ABSENT})
    assert [each["imageId"]["imageDigest"] for each in answer["images"]] == [digest]
    assert [(each["imageId"], each["failureCode"]) for each in answer["failures"]] == [
        ({"imageTag": "2"}, "ImageNotFound"),
        ({"imageDigest": ABSENT}, "ImageNotFound"),
    ]


def test_a_tag_moves_and_leaves_the_image(ecr: EcrClient) -> None:
    """An image without tags stays (AmazonECR user guide: lifecycle policies, untagged images)."""
    old = push_image(ecr, "app", "live", text="old")
    new = push_image(ecr, "app", "live", text="new")
    answer = get(ecr, {"imageTag": "live"}, {"imageDigest": old})
    assert [each["imageId"]["imageDigest"] for each in answer["images"]] == [new, old]
    push_image(ecr, "app", "live", text="old")
    answer = get(ecr, {"imageTag": "live"}, {"imageDigest": new})
    assert [each["imageId"]["imageDigest"] for each in answer["images"]] == [old, new]


@pytest.mark.parametrize("architecture", ["amd64", "arm64", None])
def test_the_configuration_can_be_fetched(ecr: EcrClient, architecture: str | None) -> None:
    """A URL serves the blob, unsigned headers and all (API reference: GetDownloadUrlForLayer)."""
    manifest = manifest_of(ecr, push_image(ecr, "app", architecture=architecture))
    digest = manifest["config"]["digest"]
    answer = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)
    assert answer["layerDigest"] == digest
    with urlopen(answer["downloadUrl"]) as blob:  # noqa: S310 - it is the sandbox's own URL
        content = blob.read()
    assert (digest_of(content), len(content)) == (digest, manifest["config"]["size"])
    assert json.loads(content).get("architecture") == architecture


def test_a_blob_needs_its_signature(ecr: EcrClient) -> None:
    """The URL is worth something only as it was handed out (a rule of the sandbox)."""
    digest = manifest_of(ecr, push_image(ecr, "app"))["layers"][0]["digest"]
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)["downloadUrl"]
    with pytest.raises(HTTPError, match="403") as refused:
        urlopen(url.partition("?")[0])  # noqa: S310 - it is the sandbox's own URL
    refused.value.close()


def test_a_blob_can_come_in_parts(ecr: EcrClient) -> None:
    """Parts are joined (AmazonECR API reference: UploadLayerPart)."""
    ecr.create_repository(repositoryName="app")
    upload = ecr.initiate_layer_upload(repositoryName="app")["uploadId"]
    for first, part in ((0, b"one "), (4, b"two")):
        ecr.upload_layer_part(
            repositoryName="app",
            uploadId=upload,
            partFirstByte=first,
            partLastByte=first + len(part) - 1,
            layerPartBlob=part,
        )
    digest = digest_of(b"one two")
    ecr.complete_layer_upload(repositoryName="app", uploadId=upload, layerDigests=[digest])
    url = ecr.get_download_url_for_layer(repositoryName="app", layerDigest=digest)["downloadUrl"]
    with urlopen(url) as blob:  # noqa: S310 - it is the sandbox's own URL
        assert blob.read() == b"one two"


def test_a_blob_is_in_one_repository(ecr: EcrClient, refused: Refused) -> None:
    """Others do not have it (API reference: LayersNotFoundException; the text is not recorded)."""
    ecr.create_repository(repositoryName="app")
    ecr.create_repository(repositoryName="other")
    digest = push_blob(ecr, "app", b"blob")
    for name, layer in (("other", digest), ("app", ABSENT)):
        refusal = refused(ecr.get_download_url_for_layer, repositoryName=name, layerDigest=layer)
        assert refusal[:2] == (400, "LayersNotFoundException")


def test_a_repository_is_of_one_account_and_region(
    ecr: EcrClient, clients: Clients, refused: Refused
) -> None:
    """Elsewhere it is not found (AmazonECR API reference: RepositoryNotFoundException)."""
    digest = push_image(ecr, "app", "1")
    other = {"repositoryName": "app", "registryId": "210987654321"}
    not_found = (400, "RepositoryNotFoundException")
    text = "The repository with name 'app' does not exist in the registry with id '{}'"
    ids = [{"imageTag": "1"}]
    theirs = text.format("210987654321")
    assert refused(ecr.batch_get_image, **other, imageIds=ids) == (*not_found, theirs)
    get_url = ecr.get_download_url_for_layer
    assert refused(get_url, **other, layerDigest=digest) == (*not_found, theirs)
    elsewhere = clients("ecr", "us-east-1").batch_get_image
    assert refused(elsewhere, repositoryName="app", imageIds=ids) == (
        *not_found,
        text.format("123456789012"),
    )


def test_what_ecr_does_not_have_here_is_said_aloud(ecr: EcrClient, refused: Refused) -> None:
    """An operation that moto lacks is a 501, not a lost connection (a rule of the sandbox)."""
    refusal = refused(ecr.start_lifecycle_policy_preview, repositoryName="app")
    assert refusal[0] == 501


def test_a_sandbox_forgets_images(ecr: EcrClient, sandbox: Any) -> None:  # noqa: ANN401 - see below
    """Nothing outlives a restart, since moto keeps its state for the whole process."""
    push_image(ecr, "app", "1", media_type=OCI_MANIFEST)
    sandbox.stop()
    sandbox.start()
    again = sandbox._moto._registry  # noqa: SLF001 - no request can show that bytes are gone
    assert again._layers == {}  # noqa: SLF001 - as above
