"""S3's checksums: which of them is the hash of the object, and which is none."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import pytest

from reconciler.model import S3Location
from tests.effects.server import REGION, Answer, connected, serving, willing

SHA256 = base64.b64encode(hashlib.sha256(b"a package").digest()).decode()


def hash_told(checksum: str, checksum_type: str | None) -> str | None:
    """Give what HeadObject is taken to say of the whole object."""
    headers = {"ETag": '"e"', "x-amz-checksum-sha256": checksum}
    if checksum_type is not None:
        headers["x-amz-checksum-type"] = checksum_type
    with serving(lambda _: Answer(headers=headers)) as server, connected(server.url) as connection:
        objects = connection.objects(REGION, willing)
        return asyncio.run(objects.head_object(S3Location("artifacts", "app.zip"))).sha256


@pytest.mark.parametrize("checksum_type", ["FULL_OBJECT", None])
def test_a_checksum_of_the_whole_object_is_its_hash(checksum_type: str | None) -> None:
    """Older answers have no type (user guide, checking-object-integrity-upload)."""
    assert SHA256 == hash_told(SHA256, checksum_type)


@pytest.mark.parametrize("checksum", [SHA256, f"{SHA256}-2"])
@pytest.mark.parametrize("checksum_type", ["COMPOSITE", "SOMETHING_NEW"])
def test_a_checksum_of_anything_else_is_no_hash(checksum: str, checksum_type: str) -> None:
    """A hash of the parts' hashes looks like one of bytes when its number of parts is left out."""
    assert hash_told(checksum, checksum_type) is None


@pytest.mark.parametrize(
    "checksum",
    [f"{SHA256}-2", SHA256[:-1], SHA256[4:], "*" * 43 + "=", SHA256 + SHA256],
    ids=["parts", "no padding", "short", "no base64", "long"],
)
def test_what_is_no_sha256_is_no_hash(checksum: str) -> None:
    """Whatever its type says."""
    assert hash_told(checksum, "FULL_OBJECT") is None
