"""What learning a hash from S3 needs, where moto alone answers otherwise than AWS."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from tests.effects.artifacts import make_bucket, put_in_parts, put_object

if TYPE_CHECKING:
    from collections.abc import Callable

    from boto3 import Session

    from reconciler.sandbox import Sandbox

    Clients = Callable[..., Any]
    S3Client = Any  # boto3-stubs has no S3 here

BUCKET, KEY = "artifacts", "orders/the api.zip"
PART = b"a" * 5 * 1024 * 1024


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


@pytest.fixture
def s3(clients: Clients) -> S3Client:
    client = clients("s3")
    make_bucket(client, BUCKET)
    return client


def head(s3: S3Client, **members: str) -> Any:  # noqa: ANN401 - as the client
    return s3.head_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED", **members)


def test_a_checksum_is_of_the_whole_object(s3: S3Client) -> None:
    """In one part it always is (S3 user guide: checking-object-integrity-upload)."""
    put_object(s3, BUCKET, KEY, b"code")
    live = head(s3)
    assert (live["ChecksumSHA256"], live["ChecksumType"]) == (sha256(b"code"), "FULL_OBJECT")
    got = s3.get_object(Bucket=BUCKET, Key=KEY, ChecksumMode="ENABLED")
    assert (got["ChecksumSHA256"], got["ChecksumType"]) == (sha256(b"code"), "FULL_OBJECT")
    got["Body"].close()


def test_a_checksum_can_be_given(s3: S3Client) -> None:
    """Its value alone says its algorithm (S3 API reference: PutObject)."""
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"code", ChecksumSHA256=sha256(b"code"))
    assert head(s3)["ChecksumSHA256"] == sha256(b"code")


def test_a_checksum_is_shown_on_request(s3: S3Client) -> None:
    """Without ChecksumMode there is none (S3 API reference: HeadObject)."""
    put_object(s3, BUCKET, KEY, b"code")
    live = s3.head_object(Bucket=BUCKET, Key=KEY)
    assert not [name for name in live if name.startswith("Checksum")]


def test_a_plain_upload_has_no_sha256(s3: S3Client) -> None:
    """By default botocore sends a CRC32 unless told otherwise (botocore.httpchecksum)."""
    put_object(s3, BUCKET, KEY, b"code", sha256=False)
    live = head(s3)
    assert "ChecksumSHA256" not in live
    assert live["ChecksumCRC32"]


def test_a_checksum_in_parts_is_composite(s3: S3Client) -> None:
    """It is the hash of the parts' hashes, with their number (checking-object-integrity-upload)."""
    put_in_parts(s3, BUCKET, KEY, [PART, b"code"])
    live = head(s3)
    hashes = hashlib.sha256(PART).digest() + hashlib.sha256(b"code").digest()
    assert live["ChecksumType"] == "COMPOSITE"
    assert live["ChecksumSHA256"] == f"{sha256(hashes)}-2"
    assert live["ETag"].endswith('-2"')


def test_a_copy_can_get_a_checksum(s3: S3Client) -> None:
    """One of the whole object (S3 user guide: checking-object-integrity)."""
    put_object(s3, BUCKET, "plain", b"code", sha256=False)
    source = {"Bucket": BUCKET, "Key": "plain"}
    s3.copy_object(Bucket=BUCKET, Key=KEY, CopySource=source, ChecksumAlgorithm="SHA256")
    live = head(s3)
    assert (live["ChecksumSHA256"], live["ChecksumType"]) == (sha256(b"code"), "FULL_OBJECT")


def test_each_version_has_its_checksum(s3: S3Client) -> None:
    """An older version is still there (S3 API reference: HeadObject)."""
    configuration = {"Status": "Enabled"}
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=configuration)
    older = put_object(s3, BUCKET, KEY, b"older")
    newer = put_object(s3, BUCKET, KEY, b"newer")
    assert older is not None
    assert head(s3, VersionId=older)["ChecksumSHA256"] == sha256(b"older")
    live = head(s3)
    assert (live["VersionId"], live["ChecksumSHA256"]) == (newer, sha256(b"newer"))


@pytest.mark.parametrize("call", ["head_object", "get_object"])
def test_a_bucket_is_reached_in_its_region(
    session: Session, sandbox: Sandbox, clients: Clients, call: str
) -> None:
    """Elsewhere the answer is a redirect (S3 user guide: Redirects), which botocore follows."""
    make_bucket(clients("s3", "us-east-1"), "elsewhere", "us-east-1")
    put_object(clients("s3", "us-east-1"), "elsewhere", KEY, b"code")
    client: Any = session.client(
        "s3",
        region_name="eu-west-1",
        endpoint_url=sandbox.url,
        config=Config(retries={"total_max_attempts": 1}),
    )
    redirects = []

    def note(http_response: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        redirects.append((http_response.status_code, http_response.headers))

    client.meta.events.register_first(
        "needs-retry.s3", lambda response, **_: note(response[0]) if response else None
    )
    answer = getattr(client, call)(Bucket="elsewhere", Key=KEY)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [status for status, _ in redirects] == [301, 200]
    assert redirects[0][1]["x-amz-bucket-region"] == "us-east-1"
    client.close()


def test_the_caller_is_the_sandboxs_account(clients: Clients) -> None:
    """STS and Lambda agree on who calls (AWS API reference: GetCallerIdentity)."""
    assert clients("sts").get_caller_identity()["Account"] == "123456789012"
