"""Functions whose code is a container image."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Clients = Callable[..., Any]
    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/contract"
DIGEST = "5" * 64


@pytest.fixture
def image(control_plane: ControlPlane) -> str:
    control_plane.create_function(
        "image", region="eu-west-1", Role=ROLE, Code={"ImageUri": f"{REGISTRY}/image:1"}
    )
    control_plane.settle_now("image", region="eu-west-1")
    return "image"


def test_the_hash_of_an_image_is_its_hex_digest(aws: LambdaClient, image: str) -> None:
    """ResolvedImageUri ends with CodeSha256 (LocalStack test_lambda_image_crud)."""
    live = aws.get_function(FunctionName=image)
    digest = live["Configuration"]["CodeSha256"]
    assert len(bytes.fromhex(digest)) == 32
    assert live["Code"] == {
        "ImageUri": f"{REGISTRY}/image:1",
        "RepositoryType": "ECR",
        "ResolvedImageUri": f"{REGISTRY}/image@sha256:{digest}",
    }


def test_an_image_has_no_runtime(aws: LambdaClient, image: str) -> None:
    """Runtime, Handler and RuntimeVersionConfig are absent (LocalStack test_lambda_image_crud)."""
    live = aws.get_function_configuration(FunctionName=image)
    assert live["PackageType"] == "Image"
    assert not {"Runtime", "Handler", "RuntimeVersionConfig"} & live.keys()


def test_a_digest_is_taken_as_it_is(aws: LambdaClient, image: str) -> None:
    """An image can be named by digest (developer guide: images-create)."""
    uri = f"{REGISTRY}/image@sha256:{DIGEST}"
    answer = aws.update_function_code(FunctionName=image, ImageUri=uri)
    assert answer["CodeSha256"] == DIGEST
    assert aws.get_function(FunctionName=image)["Code"]["ResolvedImageUri"] == uri


def test_a_tag_is_resolved_by_ecr(aws: LambdaClient, image: str, clients: Clients) -> None:
    """Where the repository exists, its tag counts (LocalStack test_lambda_image_crud)."""
    ecr = clients("ecr")
    ecr.create_repository(repositoryName="known")
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"size": 1, "digest": f"sha256:{DIGEST}"},
        "layers": [],
    }
    pushed = ecr.put_image(repositoryName="known", imageManifest=json.dumps(manifest), imageTag="7")
    answer = aws.update_function_code(FunctionName=image, ImageUri=f"{REGISTRY}/known:7")
    assert f"sha256:{answer['CodeSha256']}" == pushed["image"]["imageId"]["imageDigest"]


def test_a_missing_tag_is_no_image(
    aws: LambdaClient, image: str, clients: Clients, refused: Refused
) -> None:
    """ECR's answer is passed on (text known from aws-controllers-k8s)."""
    clients("ecr").create_repository(repositoryName="empty")
    uri = f"{REGISTRY}/empty:7"
    assert refused(aws.update_function_code, FunctionName=image, ImageUri=uri) == (
        400,
        "InvalidParameterValueException",
        f"Source image {uri} does not exist. Provide a valid source image.",
    )


def test_a_tag_of_an_unknown_repository_has_a_stable_digest(aws: LambdaClient, image: str) -> None:
    """Without a repository the same tag is always the same image (a rule of the sandbox)."""
    uri = f"{REGISTRY}/elsewhere:2"
    answer = aws.update_function_code(FunctionName=image, ImageUri=uri)
    assert answer["CodeSha256"] == hashlib.sha256(uri.encode()).hexdigest()


def test_the_registry_is_in_the_region_of_the_function(
    aws: LambdaClient, image: str, refused: Refused
) -> None:
    """An image of another region is no source (developer guide: images-create)."""
    uri = f"{REGISTRY.replace('eu-', 'us-')}/image:1"
    assert refused(aws.update_function_code, FunctionName=image, ImageUri=uri) == (
        400,
        "InvalidParameterValueException",
        f"Source image {uri} is not valid. Provide a valid source image.",
    )


def test_a_zip_file_is_no_code_for_an_image_function(
    aws: LambdaClient, image: str, package: Package, refused: Refused
) -> None:
    """The package type never changes (LocalStack test_lambda_image_crud)."""
    assert refused(aws.update_function_code, FunctionName=image, ZipFile=package("b")) == (
        400,
        "InvalidParameterValueException",
        "Please provide ImageUri when updating a function with packageType Image.",
    )


@pytest.mark.parametrize("operation", ["get", "put"])
def test_an_image_has_no_runtime_management(
    aws: LambdaClient, image: str, refused: Refused, operation: str
) -> None:
    """The runtime is in the image (go-to-k/cdkd#1890)."""
    members = {"UpdateRuntimeOn": "Auto"} if operation == "put" else {}
    call = getattr(aws, f"{operation}_runtime_management_config")
    refusal = refused(call, FunctionName=image, **members)
    assert refusal[:2] == (400, "InvalidParameterValueException")
