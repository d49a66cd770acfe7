"""What an image's URI says, without a question to ECR."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import Repository, parse_image_uri, partition_of
from reconciler.model.partition import PARTITIONS

_REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
_DIGEST = "sha256:" + "0a" * 32
_ORDERS = Repository(_REGISTRY, "123456789012", "eu-west-1", "orders")


@pytest.mark.parametrize(
    ("image_id", "rest"),
    [
        ("v1", ":v1"),
        ("latest", ":latest"),
        ("_V-1.2", ":_V-1.2"),
        ("t" * 128, ":" + "t" * 128),
        (_DIGEST, f"@{_DIGEST}"),
        (_DIGEST, f":v1@{_DIGEST}"),
    ],
)
def test_the_image_is_its_digest_or_its_tag(image_id: str, rest: str) -> None:
    """A digest counts before a tag, since the tag may have moved."""
    assert (_ORDERS, image_id) == parse_image_uri(f"{_REGISTRY}/orders{rest}")


@pytest.mark.parametrize(
    ("region", "suffix"),
    [
        ("us-gov-west-1", "amazonaws.com"),
        ("cn-north-1", "amazonaws.com.cn"),
        ("eusc-de-east-1", "amazonaws.eu"),
        ("us-iso-east-1", "c2s.ic.gov"),
        ("us-isob-east-1", "sc2s.sgov.gov"),
        ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ("us-isof-south-1", "csp.hci.ic.gov"),
        ("xx-later-1", "amazonaws.com"),
    ],
)
def test_every_partition_has_its_own_host_names(region: str, suffix: str) -> None:
    """The registry is kept as it is written; a region not known yet may be in any partition."""
    registry = f"000000000012.dkr.ecr.{region}.{suffix}"
    expected = Repository(registry, "000000000012", region, "team/a.b_c--d/e")
    assert (expected, "v1") == parse_image_uri(f"{registry}/team/a.b_c--d/e:v1")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "orders:v1",
        f"{_REGISTRY}/orders",
        f"{_REGISTRY}/orders:",
        f"{_REGISTRY}/orders:v1\n",
        f" {_REGISTRY}/orders:v1",
        f"https://{_REGISTRY}/orders:v1",
        f"{_REGISTRY}/Orders:v1",
        f"{_REGISTRY}/orders/:v1",
        f"{_REGISTRY}//orders:v1",
        f"{_REGISTRY}/o:v1",
        f"{_REGISTRY}/{'o' * 257}:v1",
        f"{_REGISTRY}/orders:-v1",
        f"{_REGISTRY}/orders:{'t' * 129}",
        f"{_REGISTRY}/orders@sha256:{'0' * 63}",
        f"{_REGISTRY}/orders@sha256:{'A' * 64}",
        f"{_REGISTRY}/orders@{_DIGEST}:v1",
        f"{_REGISTRY}:443/orders:v1",
        "12345678901.dkr.ecr.eu-west-1.amazonaws.com/orders:v1",
        "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/orders:v1",
        "123456789012.dkr.ecr.eu-west-1.example.com/orders:v1",
        "123456789012.dkr.ecr.cn-north-1.amazonaws.com/orders:v1",
        "123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn/orders:v1",
        "public.ecr.aws/lambda/python:3.13",
        "registry.example/library/python:3.13",
    ],
)
def test_what_lambda_cannot_run_is_no_image(text: str) -> None:
    """Lambda takes images of private ECR alone, and no FIPS endpoint (images-create)."""
    assert parse_image_uri(text) is None


@given(st.text())
def test_any_text_is_taken_or_not(text: str) -> None:
    """What is taken has at least a registry, a name and an image in it."""
    parsed = parse_image_uri(text)
    assert parsed is None or text.startswith(f"{parsed[0].registry}/{parsed[0].name}")


@pytest.mark.parametrize(
    ("partition", "region"),
    [
        ("aws", "eu-west-1"),
        ("aws", "mx-central-1"),
        ("aws-cn", "cn-northwest-1"),
        ("aws-us-gov", "us-gov-east-1"),
        ("aws-iso", "us-iso-west-1"),
        ("aws-iso-b", "us-isob-west-1"),
        ("aws-iso-e", "eu-isoe-west-1"),
        ("aws-iso-f", "us-isof-east-1"),
        ("aws-eusc", "eusc-de-east-1"),
    ],
)
def test_a_region_is_in_one_partition(partition: str, region: str) -> None:
    """As botocore's partitions.json sorts them."""
    assert [partition] == [
        known.name for known in PARTITIONS if known.region_pattern.fullmatch(region)
    ]
    found = partition_of(region)
    assert found is not None
    assert partition == found.name


def test_an_unknown_prefix_is_in_no_known_partition() -> None:
    """AWS adds regions before this list learns of them."""
    assert partition_of("xx-later-1") is None


def test_every_region_of_botocore_is_in_its_partition() -> None:
    """A region or a partition that AWS adds fails this test until the list knows it."""
    from botocore.loaders import Loader  # noqa: PLC0415 - the one test that needs it

    for partition in Loader().load_data("partitions")["partitions"]:
        for region in partition["regions"].keys() - {f"{partition['id']}-global"}:
            found = partition_of(region)
            assert found is not None, region
            assert partition["id"] == found.name
            assert partition["outputs"]["dnsSuffix"] == found.dns_suffix
