"""Functions whose code is a container image."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from tests.effects.artifacts import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    REGISTRY,
    push_image,
    push_index,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    from reconciler.sandbox import ControlPlane

    Clients = Callable[..., Any]
    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

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
    digest = push_image(clients("ecr"), "known", "7")
    answer = aws.update_function_code(FunctionName=image, ImageUri=f"{REGISTRY}/known:7")
    assert f"sha256:{answer['CodeSha256']}" == digest
    assert aws.get_function(FunctionName=image)["Code"] == {
        "ImageUri": f"{REGISTRY}/known:7",
        "RepositoryType": "ECR",
        "ResolvedImageUri": f"{REGISTRY}/known@{digest}",
    }


def test_lambda_never_looks_at_a_tag_again(aws: LambdaClient, image: str, clients: Clients) -> None:
    """A tag that moves changes nothing until the next update (developer guide: images-create)."""
    uri = f"{REGISTRY}/known:live"
    first = push_image(clients("ecr"), "known", "live", text="first")
    aws.update_function_code(FunctionName=image, ImageUri=uri)
    second = push_image(clients("ecr"), "known", "live", text="second")
    live = aws.get_function(FunctionName=image)
    assert f"sha256:{live['Configuration']['CodeSha256']}" == first
    assert live["Code"]["ImageUri"] == uri
    moved = aws.update_function_code(FunctionName=image, ImageUri=uri)
    assert f"sha256:{moved['CodeSha256']}" == second


@pytest.mark.parametrize("reference", [":7", f"@sha256:{DIGEST}"])
def test_a_missing_image(
    aws: LambdaClient, image: str, clients: Clients, refused: Refused, reference: str
) -> None:
    """ECR has the repository, but no such tag or digest (text known from aws-controllers-k8s)."""
    push_image(clients("ecr"), "known", "6")
    uri = f"{REGISTRY}/known{reference}"
    assert refused(aws.update_function_code, FunctionName=image, ImageUri=uri) == (
        400,
        "InvalidParameterValueException",
        f"Source image {uri} does not exist. Provide a valid source image.",
    )


@pytest.mark.parametrize("media_type", [OCI_INDEX, DOCKER_LIST])
def test_an_index_is_no_image(
    aws: LambdaClient, clients: Clients, refused: Refused, media_type: str
) -> None:
    """Only its images are (aws-lambda-roadmap#82, docker/buildx#1533)."""
    ecr = clients("ecr")
    arm = push_image(ecr, "known", architecture="arm64")
    index = push_index(ecr, "known", "multi", {"arm64": arm}, media_type=media_type)
    creation = {"FunctionName": "fresh", "Role": ROLE, "PackageType": "Image"}
    for reference in (":multi", f"@{index}"):
        uri = f"{REGISTRY}/known{reference}"
        refusal = refused(aws.create_function, **creation, Code={"ImageUri": uri})
        assert refusal == (
            400,
            "InvalidParameterValueException",
            (
                "The image manifest, config or layer media type for the source image "
                f"{uri} is not supported."
            ),
        )
    uri = f"{REGISTRY}/known@{arm}"
    made: Any = aws.create_function(**creation, Code={"ImageUri": uri})  # type: ignore[arg-type]  # strings
    assert f"sha256:{made['CodeSha256']}" == arm


def test_a_docker_manifest_is_an_image(aws: LambdaClient, image: str, clients: Clients) -> None:
    """Schema 2 of Docker as well as OCI (developer guide: images-create)."""
    digest = push_image(clients("ecr"), "known", "old", media_type=DOCKER_MANIFEST)
    answer = aws.update_function_code(FunctionName=image, ImageUri=f"{REGISTRY}/known:old")
    assert f"sha256:{answer['CodeSha256']}" == digest


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


def test_an_image_is_no_code_for_a_zip_function(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """The refusal changes nothing (LocalStack test_lambda_zip_file_to_image)."""
    before = aws.get_function(FunctionName=orders)["Configuration"]
    uri = f"{REGISTRY}/image:1"
    assert refused(aws.update_function_code, FunctionName=orders, ImageUri=uri) == (
        400,
        "InvalidParameterValueException",
        "Please don't provide ImageUri when updating a function with packageType Zip.",
    )
    assert aws.get_function(FunctionName=orders)["Configuration"] == before


def test_versions_of_an_image(aws: LambdaClient, refused: Refused) -> None:
    """Settings alone make versions of one digest (LocalStack test_lambda_image_versions)."""
    uri = f"{REGISTRY}/image:1"
    made: Any = aws.create_function(
        FunctionName="image", Role=ROLE, PackageType="Image", Code={"ImageUri": uri}, Publish=True
    )
    assert made["Version"] == "1"
    digest = made["CodeSha256"]
    for number in ("2", "3"):
        aws.get_function(FunctionName="image")
        aws.update_function_configuration(FunctionName="image", Description=f"for {number}")
        aws.get_function(FunctionName="image")
        refusal = refused(aws.publish_version, FunctionName="image", CodeSha256="a" * 32)
        assert refusal == (
            400,
            "InvalidParameterValueException",
            (
                f"CodeSHA256 ({'a' * 32}) is different from current CodeSHA256 in $LATEST "
                f"({digest}). Please try again with the CodeSHA256 in $LATEST."
            ),
        )
        version = aws.publish_version(FunctionName="image", CodeSha256=digest)
        assert (version["Version"], version["CodeSha256"]) == (number, digest)
    listed = aws.list_versions_by_function(FunctionName="image")["Versions"]
    assert [each["Version"] for each in listed] == ["$LATEST", "1", "2", "3"]
    assert {each["PackageType"] for each in listed} == {"Image"}
