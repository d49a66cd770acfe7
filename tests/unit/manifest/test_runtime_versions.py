"""runtimeVersionArn: one ARN, or ARNs by region and architecture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.model import Architecture, RuntimeManagement, RuntimeManagementSpec, UpdateRuntimeOn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.unit.manifest.conftest import MessagesOfSpec, Read

ARM, X86 = Architecture.ARM64, Architecture.X86_64
FIELD = "spec.runtimeManagement.runtimeVersionArn"
HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"
RUNTIME_FORM = (
    "write arn:aws:lambda:REGION::runtime:ID, as RuntimeVersionConfig of the function shows it"
)
REGIONS = "its fields are regions, such as eu-west-1, and below each stand x86_64 and arm64"


def _arn(region: str, runtime: str = "0123456789") -> str:
    return f"arn:aws:lambda:{region}::runtime:{runtime}"


IRELAND_ARM, IRELAND_X86 = _arn("eu-west-1", "arm"), _arn("eu-west-1", "x86")
VIRGINIA_ARM = _arn("us-east-1", "arm")
BY_REGION = (
    f"{{eu-west-1: {{arm64: '{IRELAND_ARM}', x86_64: '{IRELAND_X86}'}}, "
    f"us-east-1: {{arm64: '{VIRGINIA_ARM}'}}}}"
)


def _body(arns: str, *others: str) -> str:
    pin = f"runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: {arns}}}"
    return "\n  ".join([pin, *others])


@pytest.mark.parametrize(
    ("arns", "region", "expected"),
    [
        (BY_REGION, "eu-west-1", {ARM: IRELAND_ARM, X86: IRELAND_X86}),
        (BY_REGION, "us-east-1", {ARM: VIRGINIA_ARM}),
        (BY_REGION, None, {}),
        (f"'{IRELAND_ARM}'", "eu-west-1", {ARM: IRELAND_ARM, X86: IRELAND_ARM}),
        (f"'{IRELAND_ARM}'", None, {ARM: IRELAND_ARM, X86: IRELAND_ARM}),
        ("{eu-west-1: {arm64: '${ARN}'}}", "eu-west-1", {ARM: IRELAND_ARM}),
    ],
)
def test_the_arns_are_those_of_the_region(
    read: Read, arns: str, region: str | None, expected: Mapping[Architecture, str]
) -> None:
    """One manifest pins functions in several regions; one ARN stands for any architecture."""
    manifests = read(HEADER + f"  {_body(arns)}\n", {"ARN": IRELAND_ARM}, region)
    assert manifests.errors == ()
    pin = manifests.specs[0].runtime_management
    assert RuntimeManagementSpec(UpdateRuntimeOn.MANUAL, expected) == pin


def test_the_pin_is_that_of_the_architecture(read: Read) -> None:
    """The same runtime version has another ARN on each architecture (runtimes-update)."""
    (spec,) = read(HEADER + f"  {_body(BY_REGION, 'region: eu-west-1')}\n").specs
    assert spec.runtime_management is not None
    assert RuntimeManagement(UpdateRuntimeOn.MANUAL, IRELAND_X86) == spec.runtime_management.on(X86)


@pytest.mark.parametrize(
    "others",
    [
        ("region: us-east-1", "architecture: arm64"),
        ("region: us-east-1",),
        ("architecture: x86_64",),
        ("functionName: eu-west-1:123456789012:function:f", "architecture: x86_64"),
    ],
)
def test_what_cannot_be_known_is_no_error(read: Read, others: tuple[str, ...]) -> None:
    """Neither the region at an offline check, nor an architecture that is not declared."""
    assert read(HEADER + f"  {_body(BY_REGION, *others)}\n").errors == ()


WRONG = {
    "another region": (
        _body(BY_REGION, "region: eu-west-2"),
        [f"67: {FIELD} has no ARNs for eu-west-2; add eu-west-2, where the function is"],
    ),
    "another architecture": (
        _body(BY_REGION, "region: us-east-1", "architecture: x86_64"),
        [
            (
                f"189: {FIELD}.us-east-1 has no ARN for x86_64; "
                "add x86_64, the function's architecture"
            )
        ],
    ),
    "an ARN in another region's place": (
        _body(f"{{us-east-1: {{arm64: '{IRELAND_ARM}'}}}}"),
        [
            (
                f"87: {FIELD}.us-east-1.arm64 is in eu-west-1, but it stands under us-east-1; "
                "take the ARN that this runtime version has in us-east-1"
            )
        ],
    ),
    "an ARN of another partition": (
        _body("{cn-north-1: {arm64: 'arn:aws:lambda:cn-north-1::runtime:0123'}}"),
        [
            (
                f'88: {FIELD}.cn-north-1.arm64 names the partition "aws", '
                "but cn-north-1 is in aws-cn; begin it with arn:aws-cn:lambda:"
            )
        ],
    ),
    "one ARN of another partition": (
        _body("'arn:aws-cn:lambda:eu-west-1::runtime:0123'"),
        [
            (
                f'67: {FIELD} names the partition "aws-cn", '
                "but eu-west-1 is in aws; begin it with arn:aws:lambda:"
            )
        ],
    ),
    "no ARN": (
        _body("{eu-west-1: {arm64: latest}}"),
        [f'87: {FIELD}.eu-west-1.arm64 is "latest", which is not allowed; {RUNTIME_FORM}'],
    ),
    "a number": (
        _body("{eu-west-1: {arm64: 1}}"),
        [f'87: {FIELD}.eu-west-1.arm64 is the number 1, not a string; quote it: "1"'],
    ),
    "an unknown architecture": (
        _body(f"{{eu-west-1: {{amd64: '{IRELAND_X86}'}}}}"),
        [f'80: {FIELD}.eu-west-1 has no field "amd64"; did you mean x86_64?'],
    ),
    "architectures without a region": (
        _body(f"{{arm64: '{IRELAND_ARM}'}}"),
        [f'68: {FIELD} has no field "arm64"; {REGIONS}'],
    ),
    "no region": (
        _body("{Ireland: {}}"),
        [f'68: {FIELD} has no field "Ireland"; {REGIONS}'],
    ),
    "an empty map": (
        _body("{}"),
        [f"67: {FIELD} is an empty mapping; write below it: a region, such as eu-west-1"],
    ),
    "an empty region": (
        _body("{eu-west-1: {}}", "region: eu-west-1", "architecture: arm64"),
        [f"79: {FIELD}.eu-west-1 is an empty mapping; write below it: x86_64, arm64"],
    ),
    "a region without architectures": (
        _body(f"{{eu-west-1: '{IRELAND_ARM}'}}"),
        [
            (
                f'79: {FIELD}.eu-west-1 is "{IRELAND_ARM}", not a mapping; '
                "write fields below it: x86_64, arm64"
            )
        ],
    ),
    "a list": (
        _body("[x]"),
        [f"67: {FIELD} is a list, not a string or a mapping; write one string"],
    ),
    "nothing": (
        "runtimeManagement: {updateRuntimeOn: Manual, runtimeVersionArn: }",
        [
            (
                f"67: {FIELD} is empty, not a string or a mapping; "
                "write a string, or leave the field out"
            )
        ],
    ),
    "ARNs without Manual": (
        f"runtimeManagement: {{updateRuntimeOn: Auto, runtimeVersionArn: {BY_REGION}}}",
        [
            (
                f"46: {FIELD} goes with updateRuntimeOn: Manual only; "
                "remove it, or write updateRuntimeOn: Manual"
            )
        ],
    ),
}


@pytest.mark.parametrize(("body", "expected"), WRONG.values(), ids=WRONG)
def test_wrong_runtime_version(
    messages_of_spec: MessagesOfSpec, body: str, expected: list[str]
) -> None:
    """Every mistake among the ARNs is reported once, at its place."""
    assert expected == messages_of_spec(body)
