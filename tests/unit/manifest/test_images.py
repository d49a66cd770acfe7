"""Images that Lambda cannot run, refused where they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.model import parse_image_uri

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import MessagesOfSpec, Read

REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
FORM = "write ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG, or @sha256:DIGEST for :TAG"
PRIVATE = f"but Lambda takes images from private ECR repositories only; push it to one, and {FORM}"
HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"

WRONG = {
    "orders:v1": f'is "orders:v1", which is not allowed; {FORM}',
    f"{REGISTRY}/": f'is "{REGISTRY}/", which is not allowed; {FORM}',
    f"https://{REGISTRY}/f:1": f'is "https://{REGISTRY}/f:1", which is a URL; leave out https://',
    "public.ecr.aws/lambda/python:3.13": f'is in "public.ecr.aws", {PRIVATE}',
    "library/python:3.13": f'is in "library", {PRIVATE}',
    "localhost:5000/orders:v1": f'is in "localhost:5000", {PRIVATE}',
    "123456789012.dkr-ecr.eu-west-1.on.aws/orders:v1": (
        "names the dual-stack endpoint of ECR, from which Lambda is not known to take images; "
        "write ACCOUNT.dkr.ecr.REGION.amazonaws.com in its place"
    ),
    "123456789012.dkr.ecr-fips.us-east-1.amazonaws.com/orders:v1": (
        "names a FIPS endpoint of ECR, from which Lambda takes no image; "
        "write dkr.ecr in place of dkr.ecr-fips"
    ),
    f"{REGISTRY}/team/orders": (
        "names neither a tag nor a digest; "
        "write a tag or a digest: :TAG or @sha256:DIGEST at its end"
    ),
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com/orders:v1": (
        'is in "cn-north-1", where no registry\'s name ends with "amazonaws.com"; '
        "write amazonaws.com.cn"
    ),
    f"{REGISTRY}/o:v1": f'is "{REGISTRY}/o:v1", which is not allowed; {FORM}',
    f"{REGISTRY}/Orders:v1": f'is "{REGISTRY}/Orders:v1", which is not allowed; {FORM}',
    f"{REGISTRY}/orders:": f'is "{REGISTRY}/orders:", which is not allowed; {FORM}',
    f"{REGISTRY}/f@sha256:00": f'is "{REGISTRY}/f@sha256:00", which is not allowed; {FORM}',
}


@pytest.mark.parametrize(("image_uri", "expected"), WRONG.items(), ids=WRONG)
def test_an_image_that_lambda_cannot_run(
    messages_of_spec: MessagesOfSpec, image_uri: str, expected: str
) -> None:
    """Lambda takes images of private ECR alone, and no FIPS endpoint (images-create)."""
    if len(image_uri) > 60:
        expected = expected.replace(image_uri, f"{image_uri[:60]}...")
    assert [f"20: spec.code.imageUri {expected}"] == messages_of_spec(
        f"code: {{imageUri: '{image_uri}'}}"
    )


def test_an_image_is_in_the_region_of_the_function(messages_of_spec: MessagesOfSpec) -> None:
    """Lambda takes images from its own region only (developer guide, images-create)."""
    assert [
        (
            "6:20: spec.code.imageUri is in eu-west-1, but the function is in us-east-1; "
            "push the image to a repository in the function's region, or replicate it there"
        )
    ] == messages_of_spec(f"region: us-east-1\n  code: {{imageUri: '{REGISTRY}/orders:v1'}}")


@pytest.mark.parametrize(
    ("default_region", "errors"), [(None, 0), ("eu-west-1", 0), ("us-east-1", 1)]
)
def test_the_region_counts_where_it_is_known(
    read: Read, default_region: str | None, errors: int
) -> None:
    """Without any region of the function, as in an offline check, each is possible."""
    text = f"{HEADER}  code: {{imageUri: '{REGISTRY}/orders:v1'}}\n"
    assert errors == len(read(text, default_region=default_region).errors)


_URIS = st.tuples(
    st.sampled_from(["123456789012", "12345", ""]),
    st.sampled_from([".dkr.ecr.", ".dkr.ecr-fips.", "."]),
    st.sampled_from(["eu-west-1", "cn-north-1", "eusc-de-east-1", "us-gov-west-1", "Ireland"]),
    st.sampled_from([".amazonaws.com", ".amazonaws.com.cn", ".amazonaws.eu", ".example.com"]),
    st.sampled_from(["/orders", "/a-b/c_d/e.f", "/A", "/-a", "//ab", ""]),
    st.sampled_from(["", ":v1", ":", ":-v", ":" + "t" * 128, ":" + "t" * 129]),
    st.sampled_from(["", "@sha256:" + "0a" * 32, "@sha256:" + "0A" * 32, "@sha256:0a", "@"]),
).map("".join)


@given(image_uri=_URIS)
def test_the_schema_takes_no_fewer_images(image_uri: str) -> None:
    """An editor accepts what is accepted here, and besides only another partition's name."""
    code = schema.load("function")["properties"]["spec"]["properties"]["code"]["properties"]
    is_valid = Draft202012Validator(code["imageUri"]["anyOf"][0]).is_valid(image_uri)
    region_fits = any(
        pair in image_uri
        for pair in (
            "eu-west-1.amazonaws.com/",
            "us-gov-west-1.amazonaws.com/",
            "cn-north-1.amazonaws.com.cn/",
            "eusc-de-east-1.amazonaws.eu/",
        )
    )
    assert (is_valid and region_fits) == (parse_image_uri(image_uri) is not None)
