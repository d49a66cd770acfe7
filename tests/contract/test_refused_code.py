"""Code that UpdateFunctionCode refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    Package = Callable[[str], bytes]
    Refused = Callable[..., tuple[int, str, str]]

BAD_ZIP = "Could not unzip uploaded file. Please check your file, then try to upload again."
TWO_ARCHITECTURES = (
    "1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy "
    "constraint: Member must have length less than or equal to 1"
)
UPPERCASE_ARCHITECTURE = (
    "1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy "
    "constraint: Member must satisfy constraint: [Member must satisfy enum value set: "
    "[x86_64, arm64], Member must not be null]"
)


@pytest.fixture
def orders_with(
    aws: LambdaClient, orders: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], LambdaClient]:
    """Lower a limit to four bytes, once the function is there."""

    def lower(limit: str) -> LambdaClient:
        assert orders
        monkeypatch.setattr(f"reconciler.sandbox.{limit}", 4)
        return aws

    return lower


@pytest.mark.usefixtures("orders")
@pytest.mark.parametrize(
    ("architectures", "text"),
    [(["x86_64", "arm64"], TWO_ARCHITECTURES), (["X86_64"], UPPERCASE_ARCHITECTURE)],
)
def test_architectures_are_one_of_two(
    aws: LambdaClient,
    package: Package,
    refused: Refused,
    architectures: list[str],
    text: str,
) -> None:
    """Exactly one known architecture is valid (LocalStack test_create_lambda_exceptions)."""
    assert refused(
        aws.update_function_code,
        FunctionName="orders",
        ZipFile=package("second"),
        Architectures=architectures,
    ) == (400, "ValidationException", text)


def test_bytes_that_are_no_zip_file_are_refused(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """Lambda opens what it is sent (LocalStack test_create_lambda_exceptions)."""
    assert refused(aws.update_function_code, FunctionName=orders, ZipFile=b"no zip") == (
        400,
        "InvalidParameterValueException",
        BAD_ZIP,
    )


@pytest.mark.parametrize(
    "sources",
    [
        {},
        {"S3Bucket": "bucket"},
        {"ZipFile": b"zip", "ImageUri": "repository:tag"},
        {"ZipFile": b"zip", "S3Bucket": "bucket", "S3Key": "key"},
        {"S3Bucket": "bucket", "S3Key": "key", "ImageUri": "repository:tag"},
    ],
)
def test_there_is_exactly_one_source(
    aws: LambdaClient,
    orders: str,
    refused: Refused,
    sources: dict[str, Any],
) -> None:
    """None or two code sources are an invalid parameter (AWS API reference)."""
    status, code, _ = refused(aws.update_function_code, FunctionName=orders, **sources)
    assert (status, code) == (400, "InvalidParameterValueException")


def test_an_image_is_no_code_for_a_zip_function(
    aws: LambdaClient, orders: str, refused: Refused
) -> None:
    """The package type never changes (LocalStack test_lambda_zip_file_to_image)."""
    uri = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:1"
    assert refused(aws.update_function_code, FunctionName=orders, ImageUri=uri) == (
        400,
        "InvalidParameterValueException",
        "Please don't provide ImageUri when updating a function with packageType Zip.",
    )


@pytest.mark.parametrize(
    ("limit", "refusal"),
    [
        (
            "packages.MAX_ZIPPED",
            (
                413,
                "RequestEntityTooLargeException",
                "Zipped size must be smaller than 4 bytes",
            ),
        ),
        (
            "packages.MAX_UNZIPPED",
            (
                400,
                "InvalidParameterValueException",
                "Unzipped size must be smaller than 4 bytes",
            ),
        ),
        (
            "application.MAX_BODY",
            (
                413,
                "RequestEntityTooLargeException",
                "Request must be smaller than 4 bytes for the UpdateFunctionCode operation",
            ),
        ),
    ],
)
def test_a_package_has_its_limits(
    orders_with: Callable[[str], LambdaClient],
    package: Package,
    refused: Refused,
    limit: str,
    refusal: tuple[int, str, str],
) -> None:
    """Too much is refused (LocalStack test_oversized_lambda and its siblings; smaller here)."""
    update = orders_with(limit).update_function_code
    assert refused(update, FunctionName="orders", ZipFile=package("hello")) == refusal
