"""FunctionName in every form that AWS takes, and why others are refused."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from reconciler import schema
from reconciler.manifest.function_name import parse_reference
from reconciler.model import FunctionReference

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import MessagesOfSpec, Read

ACCOUNT = "123456789012"
ARN = f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:orders"
PARTIAL = f"{ACCOUNT}:function:orders"
FORMS = (
    "write a name of letters, digits, - and _, or 123456789012:function:NAME, "
    "or arn:aws:lambda:REGION:123456789012:function:NAME"
)
LEAVE_OUT = "leave it out: only $LATEST can be changed, and"

NAMES = {
    "orders": FunctionReference("orders", "orders"),
    "Orders_1-": FunctionReference("Orders_1-", "Orders_1-"),
    ACCOUNT: FunctionReference(ACCOUNT, ACCOUNT),
    "n" * 64: FunctionReference("n" * 64, "n" * 64),
    "function:orders": FunctionReference("orders", "orders"),
    "function:function": FunctionReference("function", "function"),
    "function": FunctionReference("function", "function"),
    f"{ACCOUNT}:orders": FunctionReference(PARTIAL, "orders", ACCOUNT),
    PARTIAL: FunctionReference(PARTIAL, "orders", ACCOUNT),
    f"eu-west-1:{PARTIAL}": FunctionReference(PARTIAL, "orders", ACCOUNT, "eu-west-1"),
    f"eu-west-1:{ACCOUNT}:orders": FunctionReference(PARTIAL, "orders", ACCOUNT, "eu-west-1"),
    "eu-west-1:orders": FunctionReference("orders", "orders", None, "eu-west-1"),
    ARN: FunctionReference(ARN, "orders", ACCOUNT, "eu-west-1"),
    ARN.replace("function:", ""): FunctionReference(ARN, "orders", ACCOUNT, "eu-west-1"),
    ARN.replace("arn:aws", "arn:"): FunctionReference(PARTIAL, "orders", ACCOUNT, "eu-west-1"),
    f"arn:aws:lambda:{PARTIAL}": FunctionReference(PARTIAL, "orders", ACCOUNT),
    "arn:aws:lambda:orders": FunctionReference("orders", "orders"),
    ARN.removesuffix(":orders"): FunctionReference(
        ARN.replace("orders", "function"), "function", ACCOUNT, "eu-west-1"
    ),
}

WORLDS = {
    "aws-cn": "cn-north-1",
    "aws-us-gov": "us-gov-west-1",
    "aws-iso": "us-iso-east-1",
    "aws-iso-b": "us-isob-east-1",
    "aws-iso-e": "eu-isoe-west-1",
    "aws-iso-f": "us-isof-south-1",
    "aws-eusc": "eusc-de-east-1",
    "aws-later": "xx-later-1",
}


def _reference(read: Read, written: str) -> FunctionReference:
    manifests = read(
        "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: any}\n"
        f"spec: {{suspend: false, functionName: '{written}'}}\n"
    )
    assert manifests.errors == ()
    return manifests.specs[0].function


@pytest.mark.parametrize(("written", "expected"), NAMES.items(), ids=NAMES)
@pytest.mark.parametrize("qualifier", ["", ":$LATEST"], ids=["unqualified", "$LATEST"])
def test_every_form_is_taken_apart(
    read: Read, written: str, qualifier: str, expected: FunctionReference
) -> None:
    """
    AWS is sent one spelling of each form: a name, an ARN, or ACCOUNT:function:NAME.

    A part that may be a prefix is one, also where an ARN ends with ``function``
    (LocalStack test_function_name_and_qualifier_validation, aws.validated).
    """
    assert expected == _reference(read, written + qualifier)


@pytest.mark.parametrize(("partition", "region"), WORLDS.items(), ids=WORLDS)
def test_an_arn_may_be_of_any_partition(read: Read, partition: str, region: str) -> None:
    """AWS is sent the ARN as it is; a region not known yet may be in any partition."""
    arn = f"arn:{partition}:lambda:{region}:{PARTIAL}"
    assert FunctionReference(arn, "orders", ACCOUNT, region) == _reference(read, arn)


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "function:",
        f"{ACCOUNT}:",
        f"{ACCOUNT}:function:",
        f"eu-west-1:{ACCOUNT}:function:",
        f"arn:aws:lambda:eu-west-1:{ACCOUNT}:function:",
    ],
)
@pytest.mark.parametrize(
    ("qualifier", "remedy"),
    [
        ("7", "versions come from spec.publish"),
        ("prod", "versions come from spec.publish"),
        ("$latest", "versions come from spec.publish"),
        ("$LATES", "versions come from spec.publish"),
        (
            "$LATEST.PUBLISHED",
            "spec.publish.publishTo: LATEST_PUBLISHED puts it there",
        ),
    ],
)
def test_other_qualifiers_are_explained(
    messages_of_spec: MessagesOfSpec, prefix: str, qualifier: str, remedy: str
) -> None:
    """Versions, aliases and $LATEST.PUBLISHED cannot be changed, whatever the form."""
    assert [
        f'17: spec.functionName names the qualifier "{qualifier}"; {LEAVE_OUT} {remedy}'
    ] == messages_of_spec(f"functionName: '{prefix}f:{qualifier}'")


@pytest.mark.parametrize(
    "written",
    [
        "*",
        "a/b",
        "my.function",
        "my-function!",
        "f:invalid!",
        "function:my.function",
        "invalid-account:function:f",
        f"arn:aws:lambda:invalid-region:{ACCOUNT}:function:f",
        f"arn:aws:lambda::{ACCOUNT}:function:f",
        "arn:aws:lambda:eu-west-1::function:f",
        f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance:i-12",
        f"{ARN}:1:2",
        "function:f:$LATEST:extra",
        "arn:aws",
        "lambda:orders",
        "",
        ":f",
        "f:",
    ],
)
def test_what_names_no_function_is_refused(messages_of_spec: MessagesOfSpec, written: str) -> None:
    """The forms are shown (LocalStack test_function_name_and_qualifier_validation)."""
    assert [
        f'17: spec.functionName is "{written}", which names no function; {FORMS}'
    ] == messages_of_spec(f"functionName: '{written}'")


@pytest.mark.parametrize("prefix", ["", "function:", f"{ACCOUNT}:", ARN.removesuffix("orders")])
def test_a_name_has_64_characters_in_any_form(
    messages_of_spec: MessagesOfSpec, prefix: str
) -> None:
    """AWS refuses longer names (LocalStack test_function_arns, aws.validated)."""
    assert [
        "17: spec.functionName has a name of 65 characters; at most 64 are allowed"
    ] == messages_of_spec(f"functionName: '{prefix}{'n' * 65}'")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            "functionName: arn:aws:lambda:cn-north-1:123456789012:function:f",
            (
                '17: spec.functionName names the partition "aws", '
                "but cn-north-1 is in aws-cn; begin it with arn:aws-cn:lambda:"
            ),
        ),
        (
            "functionName: arn:aws-us-gov:lambda:us-east-1:123456789012:function:f",
            (
                '17: spec.functionName names the partition "aws-us-gov", '
                "but us-east-1 is in aws; begin it with arn:aws:lambda:"
            ),
        ),
        (
            "functionName: arn:aws-cn:lambda:f\n  region: eu-west-1",
            (
                '17: spec.functionName names the partition "aws-cn", '
                "but eu-west-1 is in aws; begin it with arn:aws:lambda:"
            ),
        ),
        (
            "region: eu-west-1\n  functionName: us-east-1:123456789012:function:f",
            (
                "6:17: spec.functionName is in us-east-1, but spec.region at line 5 is "
                "eu-west-1; make them agree, or leave spec.region out"
            ),
        ),
    ],
)
def test_partition_and_region_agree(
    messages_of_spec: MessagesOfSpec, body: str, expected: str
) -> None:
    """A region is in one partition, and a function in one region."""
    assert [expected] == messages_of_spec(body)


_PARTS = st.sampled_from(
    [
        *("arn", "aws", "aws-cn", "lambda", "ec2", "", "eu-west-1", "us-gov-west-1", "nowhere"),
        *(ACCOUNT, "1234", "function", "layer", "orders", "7", "my.f", "n" * 64, "n" * 65),
        *("$LATEST", "$LATEST.PUBLISHED", "$latest"),
    ]
)
_ARNS = st.tuples(
    st.sampled_from(["", "arn:aws:lambda:", "arn::lambda:", "arn:aws-iso-b:lambda:"]),
    st.sampled_from(["", "eu-west-1:", "eusc-de-east-1:", "us-isob-east-1:"]),
    st.sampled_from(["", f"{ACCOUNT}:"]),
    st.sampled_from(["", "function:"]),
    st.sampled_from(["orders", "function", ACCOUNT, "n" * 64, "n" * 65]),
    st.sampled_from(["", ":$LATEST", ":7", ":prod", ":function", ":$LATES"]),
).map("".join)
_TEXTS = _ARNS | st.lists(_PARTS, min_size=1, max_size=8).map(":".join)


@cache
def _pattern_of_aws() -> re.Pattern[str]:
    shapes = Loader().load_service_model("lambda", "service-2")["shapes"]
    member = shapes["UpdateFunctionCodeRequest"]["members"]["FunctionName"]
    return re.compile(shapes[member["shape"]]["pattern"])


def _name_of_aws(text: str) -> str | None:
    """Return the name of a function's $LATEST as AWS's own pattern reads it."""
    found = _pattern_of_aws().fullmatch(text)
    if found is None:
        return None
    *_, name, qualifier, _ = found.groups()
    return name if qualifier in (None, ":$LATEST") and len(name) <= 64 else None


@given(text=_TEXTS)
def test_a_name_means_what_aws_takes_it_for(text: str) -> None:
    """The pattern of botocore's model decides what is a name, and of which function."""
    reference = parse_reference(text, None, None)
    assert _name_of_aws(text) == (reference and reference.name)


@given(text=_TEXTS)
def test_what_aws_is_sent_means_the_same(text: str) -> None:
    """The canonical spelling is of the same function, and is canonical itself."""
    reference = parse_reference(text, "xx-later-1", None)
    if reference is not None:
        assert reference == parse_reference(reference.function_name, "xx-later-1", None)
        assert len(reference.function_name) <= 140


@given(text=_TEXTS.filter(lambda text: len(text) <= 140))
def test_the_schema_takes_the_same_names(text: str) -> None:
    """An editor accepts what is accepted here, and nothing else."""
    function_name = schema.load("function")["properties"]["spec"]["properties"]["functionName"]
    is_valid = Draft202012Validator(function_name["anyOf"][0]).is_valid(text)
    assert is_valid == (parse_reference(text, None, None) is not None)
