"""S3's, ECR's and STS's answers in which any member may be anything."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.aws.images import BotoImages
from reconciler.aws.objects import BotoObjects
from reconciler.model import (
    Failure,
    FailureKind,
    ImageManifest,
    ObjectHead,
    ReconcileError,
    Repository,
    S3Location,
)
from tests.unit.hostile import json_values, paths, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.hostile import Answer

REPOSITORY = Repository(
    "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "123456789012", "eu-west-1", "orders"
)
SHA256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
BODY = json.dumps({"mediaType": "application/vnd.oci.image.manifest.v1+json"})
DIGEST = "sha256:" + hashlib.sha256(BODY.encode()).hexdigest()
IMAGES = {
    "images": [
        {
            "imageId": {"imageTag": "v1", "imageDigest": DIGEST},
            "imageManifest": BODY,
            "imageManifestMediaType": "application/vnd.oci.image.manifest.v1+json",
        }
    ],
    "failures": [
        {"imageId": {"imageTag": "v2"}, "failureCode": "ImageNotFound", "failureReason": "none"}
    ],
}
HEAD = {"ETag": '"abc"', "ContentLength": 3, "VersionId": "v", "ChecksumSHA256": SHA256}


def look_up(answer: Answer, *image_ids: str) -> Mapping[str, ImageManifest | Failure]:
    """Read one answer of BatchGetImage."""

    async def call(*_: object, **__: object) -> Answer:
        return answer

    async def read() -> Mapping[str, ImageManifest | Failure]:
        return await BotoImages(Mock(), call, Mock()).batch_get_image(REPOSITORY, image_ids)

    return asyncio.run(read())


def head(answer: Answer) -> ObjectHead:
    """Read one answer of HeadObject."""

    async def call(*_: object, **__: object) -> Answer:
        return answer

    async def read() -> ObjectHead:
        objects = BotoObjects(Mock(), call, Mock(), lambda: None, call)
        return await objects.head_object(S3Location("b", "k"))

    return asyncio.run(read())


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_every_image_that_is_asked_for_has_a_manifest_or_a_reason(data: st.DataObject) -> None:
    """However odd the answer, a manifest has the digest that it is under."""
    path = data.draw(st.sampled_from(list(paths(IMAGES))))
    odd = replaced(IMAGES, path, data.draw(json_values))

    outcomes = look_up(odd, "v1", "v2", DIGEST, "v1")

    assert ["v1", "v2", DIGEST] == list(outcomes)
    for outcome in outcomes.values():
        if isinstance(outcome, ImageManifest):
            assert DIGEST == outcome.digest
        else:
            assert "BatchGetImage" == outcome.operation


def test_a_digest_is_answered_by_that_digest_only() -> None:
    """An answer that puts another image under the id is none."""
    other = "sha256:" + "0" * 64
    image = {**IMAGES["images"][0], "imageId": {"imageTag": other, "imageDigest": DIGEST}}

    (outcome,) = look_up({"images": [image]}, other).values()

    assert isinstance(outcome, Failure)
    assert FailureKind.TEMPORARY is outcome.kind


@pytest.mark.parametrize(
    "media_type", ["application/vnd.oci.image.index.v1+json", None], ids=["said", "unsaid"]
)
def test_the_media_type_is_ecrs_else_the_manifests(media_type: str | None) -> None:
    """ECR says it beside the manifest; a manifest may say it itself."""
    image = {**IMAGES["images"][0], "imageManifestMediaType": media_type}

    (outcome,) = look_up({"images": [image]}, "v1").values()

    expected = media_type or "application/vnd.oci.image.manifest.v1+json"
    assert ImageManifest(DIGEST, expected, BODY) == outcome


def test_a_failure_code_that_nobody_knows_is_shown_as_it_came() -> None:
    """A newer API may add codes."""
    unknown = {"imageId": {"imageTag": "v2"}, "failureCode": "New", "failureReason": "why"}
    (outcome,) = look_up({"failures": [unknown]}, "v2").values()

    assert isinstance(outcome, Failure)
    assert (FailureKind.PERMANENT, "New") == (outcome.kind, outcome.code)
    assert "New: why" in outcome.what


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_of_a_head_is_read_or_refused(data: st.DataObject) -> None:
    """What is read has the right types, and a hash is one."""
    path = data.draw(st.sampled_from(list(paths(HEAD))))
    odd = replaced(HEAD, path, data.draw(json_values))
    try:
        found = head(odd)
    except ReconcileError as error:
        assert FailureKind.TEMPORARY is error.failure.kind  # noqa: PT017 - either end is fine
    else:
        assert isinstance(found.size, int)
        assert isinstance(found.etag, str)
        assert isinstance(found.version_id, str | None)
        assert found.sha256 in (SHA256, None)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({"ChecksumType": "FULL_OBJECT"}, SHA256, id="full"),
        pytest.param({}, SHA256, id="type-unsaid"),
        pytest.param({"ChecksumType": "COMPOSITE"}, None, id="composite"),
        pytest.param({"ChecksumSHA256": f"{SHA256}-3"}, None, id="parts"),
        pytest.param(
            {"ChecksumType": "FULL_OBJECT", "ChecksumSHA256": f"{SHA256}-3"}, None, id="both"
        ),
        pytest.param({"ChecksumSHA256": None}, None, id="none"),
        pytest.param({"ChecksumType": "NEW"}, None, id="unknown-type"),
    ],
)
def test_only_the_hash_of_the_whole_object_counts(
    said: dict[str, str], expected: str | None
) -> None:
    """A composite value is a hash of hashes (S3 user guide, checking-object-integrity-upload)."""
    assert expected == head({**HEAD, **said}).sha256


def test_an_object_without_versions_has_none() -> None:
    """S3 calls the version of an object from before versioning null."""
    assert ObjectHead('"abc"', 3, None, SHA256) == head({**HEAD, "VersionId": "null"})
    assert ObjectHead('"abc"', 3, "v", SHA256) == head(HEAD)
