"""Mistakes around the spec, and how documents with mistakes stand beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"
BEGIN = "begin it with apiVersion: lambda.reconciler/v1 and kind: Function"
ELSEWHERE = "move it elsewhere: only lambda.reconciler/v1 Function and Target are read here"
SPEC_FIELDS = (
    "functionName, region, targets, code, architecture, runtimeManagement, publish, suspend"
)

DOCUMENTS = {
    "a list": ("- a\n", [f"1:1: the document is a list, not a mapping; {BEGIN}"]),
    "a value": ("hello\n", [f"1:1: the document is a single value, not a mapping; {BEGIN}"]),
    "other YAML": ("a: 1\nb: 2\n", [f"1:1: the document has no apiVersion and no kind; {BEGIN}"]),
    "a Deployment": (
        "apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 1, x: '${X}'}\n",
        ['1:13: the document\'s apiVersion is "apps/v1", not lambda.reconciler/v1; ' + ELSEWHERE],
    ),
    "another kind": (
        "apiVersion: lambda.reconciler/v1\nkind: Alias\n",
        [f'2:7: the document\'s kind is "Alias", not Function or Target; {ELSEWHERE}'],
    ),
    "typing errors in the header": (
        (
            "apiVersion: lambda.reconciler/v2\nkind: function\nmetadata: {nam: x}\n"
            "spec: {suspend: false}\n"
        ),
        [
            (
                '1:13: apiVersion is "lambda.reconciler/v2", not lambda.reconciler/v1; '
                "write lambda.reconciler/v1"
            ),
            '2:7: kind is "function", not Function; write Function',
            '3:12: metadata has no field "nam"; did you mean name?',
        ],
    ),
    "a header of other types": (
        "apiVersion: 1\nkind: [Function]\nmetadata: {name: x}\nspec: {suspend: false}\n",
        [
            (
                "1:13: apiVersion is the number 1, not lambda.reconciler/v1; "
                "write lambda.reconciler/v1"
            ),
            "2:7: kind is a list, not Function; write Function",
        ],
    ),
    "nothing but metadata": (
        "metadata: {}\n",
        [
            "1:1: apiVersion is missing; add apiVersion: lambda.reconciler/v1",
            "1:1: kind is missing; add kind: Function",
            f"1:1: spec is missing; add it; its fields are {SPEC_FIELDS}",
            "1:1: metadata.name is missing; add it, for example name: orders-api",
        ],
    ),
    "a field of the top": (
        "apiVersion: lambda.reconciler/v1\nkind: Function\nname: x\nspec: {kind: Function}\n",
        [
            '3:1: the document has no field "name"; move it to metadata',
            '4:8: spec has no field "kind"; move it to the top of the document',
        ],
    ),
    "labels": (
        (
            "apiVersion: lambda.reconciler/v1\nkind: Function\n"
            "metadata: {name: 1e3, labels: {a: 0x1F, b: true, c: , d: ~, e: [], f: -.inf}}\n"
            "spec: {suspend: false}"
        ),
        [
            '3:18: metadata.name is the number 1e3, not a string; quote it: "1e3"',
            '3:35: metadata.labels.a is the number 0x1F, not a string; quote it: "0x1F"',
            '3:44: metadata.labels.b is the boolean true, not a string; quote it: "true"',
            (
                "3:53: metadata.labels.c is empty, not a string; "
                "write a string, or leave the field out"
            ),
            '3:58: metadata.labels.d is null, not a string; quote it: "~", or leave the field out',
            "3:64: metadata.labels.e is a list, not a string; write one string",
            '3:71: metadata.labels.f is the number -.inf, not a string; quote it: "-.inf"',
        ],
    ),
    "labels of another type": (
        HEADER.replace("orders", "orders, labels: a") + "  {}",
        ['3:34: metadata.labels is "a", not a mapping; write names and strings below it'],
    ),
    "a name": (
        (
            "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: a b}\n"
            "spec: {suspend: false}\n"
        ),
        [
            (
                '3:18: metadata.name is "a b", which is not allowed; '
                "write 1 to 64 letters, digits, - and _"
            )
        ],
    ),
}


@pytest.mark.parametrize(("text", "expected"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_wrong_document(read: Read, text: str, expected: list[str]) -> None:
    """Every mistake in a document is reported once, at its place, in order."""
    manifests = read(text)
    assert [str(error) for error in manifests.errors] == [f"<stdin>:{line}" for line in expected]
    assert manifests.specs == ()


def test_the_configured_region_is_the_functions(read: Read) -> None:
    """A runtime version of another region is an error though only the settings name a region."""
    arn = "arn:aws:lambda:us-east-1::runtime:0123"
    body = f"  runtimeManagement: {{updateRuntimeOn: Manual, runtimeVersionArn: '{arn}'}}\n"
    (error,) = read(HEADER + body, default_region="eu-west-1").errors
    assert error.what.endswith("is in us-east-1, but the function is in eu-west-1")
    assert read(HEADER + body, default_region="us-east-1").errors == ()
    assert read(HEADER + body).errors == ()


def test_an_error_hides_nothing_in_other_documents(read: Read) -> None:
    """Each document is judged alone: the good one becomes a spec, each bad one an error."""
    good, bad = HEADER.replace("orders", "good"), HEADER.replace("orders", "bad")
    manifests = read(
        f"{bad}  suspend: 1\n---\n{good}  suspend: true\n---\n{bad.replace('bad', 'worse')}  x: 1\n"
    )
    assert [spec.name for spec in manifests.specs] == ["good"]
    assert [error.location.line for error in manifests.errors] == [5, 17]


def test_an_alias_repeats_no_message(read: Read) -> None:
    """What is wrong in an anchor is wrong once, however many aliases bring it in."""
    body = "  region: eu-west-1\n  publish: {description: &a '${NOPE}'}\n  functionName: *a\n"
    (error,) = read(HEADER + body).errors
    assert error.what == "the environment variable NOPE is not set"
