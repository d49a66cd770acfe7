"""Code that comes from S3."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_lambda import LambdaClient

    Clients = Callable[..., Any]
    Package = Callable[[str], bytes]
    S3Client = Any  # boto3-stubs has no S3 here
    Refused = Callable[..., tuple[int, str, str]]

BUCKET = "artifacts"
KEY = "orders/the api?v=1#%41.zip"
LOCATION = {"LocationConstraint": "eu-west-1"}


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.fixture
def s3(clients: Clients) -> S3Client:
    client = clients("s3")
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=LOCATION)
    return client


def test_the_bytes_of_the_object_are_deployed(
    aws: LambdaClient, orders: str, s3: S3Client, package: Package
) -> None:
    """AWS hashes the object's bytes (LocalStack test_lambda_code_location_s3)."""
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=package("from S3"))
    answer = aws.update_function_code(FunctionName=orders, S3Bucket=BUCKET, S3Key=KEY)
    assert answer["CodeSha256"] == digest(package("from S3"))


def test_a_version_of_the_object_can_be_meant(
    aws: LambdaClient, orders: str, s3: S3Client, package: Package
) -> None:
    """S3ObjectVersion takes an older object (AWS API reference)."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    older = s3.put_object(Bucket=BUCKET, Key=KEY, Body=package("older"))["VersionId"]
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=package("newer"))
    answer = aws.update_function_code(
        FunctionName=orders, S3Bucket=BUCKET, S3Key=KEY, S3ObjectVersion=older
    )
    assert answer["CodeSha256"] == digest(package("older"))


@pytest.mark.usefixtures("s3", "orders")
@pytest.mark.parametrize(
    ("bucket", "answer"),
    [
        (
            "missing-bucket",
            "S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist",
        ),
        (
            BUCKET,
            "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
        ),
    ],
)
def test_what_s3_refuses_is_an_invalid_parameter(
    aws: LambdaClient, creation: dict[str, Any], refused: Refused, bucket: str, answer: str
) -> None:
    """S3's code and text are passed on (LocalStack test_lambda_code_location_s3_errors)."""
    refusal = (
        400,
        "InvalidParameterValueException",
        f"Error occurred while GetObject. {answer}",
    )
    code = {"S3Bucket": bucket, "S3Key": "no"}
    assert refused(aws.update_function_code, FunctionName="orders", **code) == refusal
    other = {**creation, "FunctionName": "other", "Code": code}
    assert refused(aws.create_function, **other) == refusal


def test_the_bucket_is_in_the_region_of_the_function(
    aws: LambdaClient, orders: str, clients: Clients, package: Package, refused: Refused
) -> None:
    """A bucket elsewhere is a PermanentRedirect (developer guide: troubleshooting-deployment)."""
    elsewhere = clients("s3", "us-east-1")
    elsewhere.create_bucket(Bucket="elsewhere")
    elsewhere.put_object(Bucket="elsewhere", Key=KEY, Body=package("b"))
    refusal = refused(
        aws.update_function_code, FunctionName=orders, S3Bucket="elsewhere", S3Key=KEY
    )
    assert refusal[:2] == (400, "InvalidParameterValueException")
    assert "S3 Error Code: PermanentRedirect" in refusal[2]


def test_an_omitted_storage_mode_is_reset(
    aws: LambdaClient, orders: str, s3: S3Client, package: Package
) -> None:
    """REFERENCE is for one call (developer guide: configuration-self-managed-storage)."""
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket=BUCKET, Key=KEY, Body=package("b"))["VersionId"]
    code = {"FunctionName": orders, "S3Bucket": BUCKET, "S3Key": KEY}
    call: Any = aws.update_function_code
    call(**code, S3ObjectStorageMode="REFERENCE")
    live: Any = aws.get_function(FunctionName=orders)
    assert live["Code"]["ResolvedS3Object"] == {
        "S3Bucket": BUCKET,
        "S3Key": KEY,
        "S3ObjectVersion": version,
    }
    call(**code)
    assert "ResolvedS3Object" not in aws.get_function(FunctionName=orders)["Code"]


def test_a_reference_needs_a_versioned_bucket(
    aws: LambdaClient, orders: str, s3: S3Client, package: Package, refused: Refused
) -> None:
    """S3 versioning is required (developer guide: configuration-self-managed-storage)."""
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=package("b"))
    code = {"S3Bucket": BUCKET, "S3Key": KEY, "S3ObjectStorageMode": "REFERENCE"}
    refusal = refused(aws.update_function_code, FunctionName=orders, **code)
    assert refusal[:2] == (400, "InvalidParameterValueException")


def test_a_reference_needs_a_bucket(
    aws: LambdaClient, orders: str, package: Package, refused: Refused
) -> None:
    """A zip file in the request has no place to refer to (the refusal is not recorded)."""
    code = {"ZipFile": package("b"), "S3ObjectStorageMode": "REFERENCE"}
    refusal = refused(aws.update_function_code, FunctionName=orders, **code)
    assert refusal[:2] == (400, "InvalidParameterValueException")
    live = aws.get_function(FunctionName=orders)["Configuration"]
    assert live["CodeSha256"] == digest(package("first"))


def test_an_overwritten_key_is_other_code(
    aws: LambdaClient, orders: str, s3: S3Client, package: Package
) -> None:
    """The object of the moment is deployed (LocalStack test_lambda_code_location_s3)."""
    for text in ("one", "two"):
        s3.put_object(Bucket=BUCKET, Key=KEY, Body=package(text))
        answer = aws.update_function_code(FunctionName=orders, S3Bucket=BUCKET, S3Key=KEY)
        assert answer["CodeSha256"] == digest(package(text))
        aws.get_function(FunctionName=orders)


def test_an_omitted_source_key_is_reset(aws: LambdaClient, orders: str, package: Package) -> None:
    """Without SourceKMSKeyArn Lambda takes its own key (developer guide: encrypt-zip-package)."""
    key = "arn:aws:kms:eu-west-1:123456789012:key/1"
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"), SourceKMSKeyArn=key)
    assert aws.get_function(FunctionName=orders)["Code"]["SourceKMSKeyArn"] == key
    aws.update_function_code(FunctionName=orders, ZipFile=package("b"))
    assert "SourceKMSKeyArn" not in aws.get_function(FunctionName=orders)["Code"]
