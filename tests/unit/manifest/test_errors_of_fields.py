"""Mistakes in the fields of a spec, and the message for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import MessagesOfSpec

SPEC_FIELDS = (
    "functionName, region, targets, code, architecture, runtimeManagement, publish, suspend"
)
NAME_FORMS = (
    "write a name of letters, digits, - and _, or 123456789012:function:NAME, "
    "or arn:aws:lambda:REGION:123456789012:function:NAME"
)
QUALIFIER = "leave it out: only $LATEST can be changed, and versions come from spec.publish"
RUNTIME_FORM = (
    "write arn:aws:lambda:REGION::runtime:ID, as RuntimeVersionConfig of the function shows it"
)
MANUAL = (
    "is Manual, but there is no runtimeVersionArn; "
    "add the ARN of the runtime version to keep, or choose Auto or FunctionUpdate"
)

FIELDS = {
    "a near field": (
        "architectures: [arm64]",
        ['3: spec has no field "architectures"; did you mean architecture?'],
    ),
    "a field of elsewhere": (
        "bucket: x",
        ['3: spec has no field "bucket"; move it to spec.code.s3'],
    ),
    "a strange field": (
        "banana: 1",
        [f'3: spec has no field "banana"; its fields are {SPEC_FIELDS}'],
    ),
    "a near architecture": (
        "architecture: arm",
        ['17: spec.architecture is "arm", not one of x86_64, arm64; write arm64'],
    ),
    "an architecture of other names": (
        "architecture: AMD64",
        ['17: spec.architecture is "AMD64", not one of x86_64, arm64; write x86_64'],
    ),
    "a strange architecture": (
        "architecture: sparc",
        ['17: spec.architecture is "sparc", not one of x86_64, arm64; write one of them'],
    ),
    "a number as architecture": (
        "architecture: 64",
        ["17: spec.architecture is the number 64, not one of x86_64, arm64; write one of them"],
    ),
    "an empty architecture": (
        "architecture:",
        ["16: spec.architecture is empty, not one of x86_64, arm64; write one of them"],
    ),
    "a list of architectures": (
        "architecture: [arm64]",
        ["17: spec.architecture is a list, not one of x86_64, arm64; write one of them"],
    ),
    "a mode in other letters": (
        "runtimeManagement: {updateRuntimeOn: auto}",
        [
            (
                '40: spec.runtimeManagement.updateRuntimeOn is "auto", '
                "not one of Auto, FunctionUpdate, Manual; write Auto"
            )
        ],
    ),
    "no mode": (
        "runtimeManagement: {}",
        [
            (
                "3: spec.runtimeManagement.updateRuntimeOn is missing; "
                "add it, one of Auto, FunctionUpdate, Manual"
            )
        ],
    ),
    "Manual without an ARN": (
        "runtimeManagement: {updateRuntimeOn: Manual}",
        [f"40: spec.runtimeManagement.updateRuntimeOn {MANUAL}"],
    ),
    "an ARN without Manual": (
        "runtimeManagement: {updateRuntimeOn: Auto, runtimeVersionArn: x}",
        [
            (
                "46: spec.runtimeManagement.runtimeVersionArn goes with updateRuntimeOn: Manual "
                "only; remove it, or write updateRuntimeOn: Manual"
            )
        ],
    ),
    "a short ARN": (
        "runtimeManagement: {updateRuntimeOn: Manual, runtimeVersionArn: x}",
        [
            '67: spec.runtimeManagement.runtimeVersionArn is "x", which is not allowed; '
            + RUNTIME_FORM
        ],
    ),
    "an ARN of another service": (
        "runtimeManagement: {updateRuntimeOn: Manual, runtimeVersionArn: arn:aws:s3:::abcdefghijk}",
        [
            (
                '67: spec.runtimeManagement.runtimeVersionArn is "arn:aws:s3:::abcdefghijk", '
                f"which is not allowed; {RUNTIME_FORM}"
            )
        ],
    ),
    "an ARN of another region": (
        (
            "region: eu-west-1\n  runtimeManagement: {updateRuntimeOn: Manual, "
            "runtimeVersionArn: 'arn:aws:lambda:us-east-1::runtime:0123'}"
        ),
        [
            (
                "6:67: spec.runtimeManagement.runtimeVersionArn is in us-east-1, "
                "but the function is in eu-west-1; "
                "take the ARN that this runtime version has in eu-west-1"
            )
        ],
    ),
    "a function of another region": (
        "region: eu-west-1\n  functionName: arn:aws:lambda:us-east-1:123456789012:function:f",
        [
            (
                "6:17: spec.functionName is in us-east-1, but spec.region at line 5 is eu-west-1; "
                "make them agree, or leave spec.region out"
            )
        ],
    ),
    "yes": ("suspend: yes", ['12: spec.suspend is "yes", not a boolean; write true']),
    "off": ("suspend: off", ['12: spec.suspend is "off", not a boolean; write false']),
    "1": ("suspend: 1", ["12: spec.suspend is the number 1, not a boolean; write true"]),
    "a quoted boolean": (
        "suspend: 'false'",
        ['12: spec.suspend is "false", not a boolean; write false without quotes'],
    ),
    "no boolean at all": (
        "suspend: maybe",
        ['12: spec.suspend is "maybe", not a boolean; write true or false'],
    ),
    "an empty boolean": (
        "suspend:",
        ["11: spec.suspend is empty, not a boolean; write true or false, or leave the field out"],
    ),
    "publish: on": (
        "publish: on",
        ['12: spec.publish is "on", not a boolean or a mapping; write true'],
    ),
    "publish: v1": (
        "publish: v1",
        [
            (
                '12: spec.publish is "v1", not a boolean or a mapping; '
                "write true or false, or fields below it: description, publishTo"
            )
        ],
    ),
    "publish as a list": (
        "publish: [a]",
        [
            (
                "12: spec.publish is a list, not a boolean or a mapping; "
                "write true or false, or fields below it: description, publishTo"
            )
        ],
    ),
    "another place to publish to": (
        "publish: {publishTo: $LATEST.PUBLISHED}",
        [
            (
                '24: spec.publish.publishTo is "$LATEST.PUBLISHED", not LATEST_PUBLISHED; '
                "write LATEST_PUBLISHED"
            )
        ],
    ),
    "a long description": (
        f"publish: {{description: {'x' * 257}}}",
        ["26: spec.publish.description has 257 characters; at most 256 are allowed"],
    ),
    "an octal number": (
        "publish: {description: 0123}",
        ['26: spec.publish.description is the number 0123, not a string; quote it: "0123"'],
    ),
    "a qualifier": (
        "functionName: f:prod",
        [f'17: spec.functionName names the qualifier "prod"; {QUALIFIER}'],
    ),
    "the qualifier of an ARN": (
        "functionName: arn:aws:lambda:eu-west-1:123456789012:function:f:7",
        [f'17: spec.functionName names the qualifier "7"; {QUALIFIER}'],
    ),
    "a long name": (
        f"functionName: {'n' * 65}",
        ["17: spec.functionName has a name of 65 characters; at most 64 are allowed"],
    ),
    "a long reference": (
        f"functionName: {'n' * 141}",
        ["17: spec.functionName has 141 characters; at most 140 are allowed"],
    ),
    "no name": (
        "functionName: a/b",
        [f'17: spec.functionName is "a/b", which names no function; {NAME_FORMS}'],
    ),
    "an empty name": (
        "functionName: ''",
        [f'17: spec.functionName is "", which names no function; {NAME_FORMS}'],
    ),
    "a name with a line break": (
        r'functionName: "f\n"',
        [rf'17: spec.functionName is "f\n", which names no function; {NAME_FORMS}'],
    ),
    "a region": (
        "region: Ireland",
        [
            (
                '11: spec.region is "Ireland", which is not allowed; '
                "write a region's code, such as eu-west-1"
            )
        ],
    ),
    "an escape sequence": (
        r'region: "\e[31mred"',
        [
            (
                r'11: spec.region is "\x1b[31mred", which is not allowed; '
                "write a region's code, such as eu-west-1"
            )
        ],
    ),
    "a long value": (
        f"region: {'x' * 100}",
        [
            (
                f'11: spec.region is "{"x" * 60}...", which is not allowed; '
                "write a region's code, such as eu-west-1"
            )
        ],
    ),
    "a field twice": (
        "region: eu-west-1\n  region: wrong",
        ["6:3: spec.region is given twice, at line 5 and at line 6; keep one of them"],
    ),
    "a merge key": (
        "runtimeManagement:\n    <<: {updateRuntimeOn: Auto}",
        ["6:5: the merge key << is not supported; write the fields out"],
    ),
    "a number as key": (
        "1: x",
        ['3: the key 1 is a number, not a string; quote it: "1"'],
    ),
    "a list as key": ("? [a]\n  : b", ["5: a list or mapping cannot be a key; write a string"]),
    "a tag of one's own": (
        "region: !region x",
        ["11: the tag !region is not supported here; leave it out"],
    ),
    "a binary": (
        "region: !!binary eA==",
        ["11: the tag !!binary is not supported here; leave it out"],
    ),
    "an object": (
        "region: !!python/object:os.system {}",
        ["11: the tag !!python/object:os.system is not supported here; leave it out"],
    ),
    "a set": ("region: !!set [a]", ["11: the tag !!set is not supported here; leave it out"]),
    "a tag on a key": ("!x region: y", ["3: the tag !x is not supported here; leave it out"]),
    "a tag that does not fit": (
        "suspend: !!bool yes",
        ['12: "yes" is not what its tag !!bool says; leave the tag out'],
    ),
}


@pytest.mark.parametrize(("body", "expected"), FIELDS.values(), ids=FIELDS)
def test_wrong_field(messages_of_spec: MessagesOfSpec, body: str, expected: list[str]) -> None:
    """Every mistake in a field is reported once, at its place."""
    assert messages_of_spec(body) == expected
