"""Documents that contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

ARN = "arn:aws:lambda:eu-west-1:{}:function:f"
ACCOUNT_1, ACCOUNT_2 = "1" * 12, "2" * 12
REGIONS = "if their regions differ, write spec.region in both"
ACCOUNTS = "if their accounts differ, write the whole ARN as functionName in both"
KEEP = "keep one of them"


def _document(name: str, **fields: str) -> str:
    body = "".join(f"  {field}: '{value}'\n" for field, value in fields.items())
    header = f"apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata:\n  name: {name}\n"
    return f"{header}spec:\n{body}  suspend: false\n---\n"


def test_a_name_is_taken_once(read: Read) -> None:
    """A second document of the same name is one error, though it is the same function as well."""
    manifests = read(_document("a") + _document("b") + _document("a"))
    assert [str(error) for error in manifests.errors] == [
        (
            '<stdin>:18:9: metadata.name "a" is taken by <stdin>:4:9; '
            "give each document a name of its own"
        )
    ]


@pytest.mark.parametrize(
    ("first", "second", "remedy"),
    [
        (
            {"functionName": "f"},
            {"functionName": "f"},
            f"{KEEP}, or, {REGIONS}, or, {ACCOUNTS}",
        ),
        (
            {"functionName": "f", "region": "eu-west-1"},
            {"functionName": "f", "region": "eu-west-1"},
            f"{KEEP}, or, {ACCOUNTS}",
        ),
        (
            {"functionName": ARN.format(ACCOUNT_1)},
            {"functionName": ARN.format(ACCOUNT_1) + ":$LATEST"},
            KEEP,
        ),
        (
            {"functionName": ARN.format(ACCOUNT_1)},
            {"functionName": "f", "region": "eu-west-1"},
            f"{KEEP}, or, {ACCOUNTS}",
        ),
        (
            {"functionName": "f", "region": "eu-west-1"},
            {"functionName": ARN.format(ACCOUNT_1)},
            f"{KEEP}, or, {ACCOUNTS}",
        ),
        (
            {"functionName": ARN.format(ACCOUNT_1)},
            {"functionName": f"eu-west-1:{ACCOUNT_1}:f"},
            KEEP,
        ),
        (
            {"functionName": "function:f"},
            {"functionName": "f:$LATEST"},
            f"{KEEP}, or, {REGIONS}, or, {ACCOUNTS}",
        ),
        (
            {"functionName": f"{ACCOUNT_1}:f", "region": "eu-west-1"},
            {"functionName": ARN.format(ACCOUNT_1)},
            KEEP,
        ),
        (
            {"functionName": f"{ACCOUNT_1}:function:f"},
            {"functionName": f"{ACCOUNT_1}:function:f"},
            f"{KEEP}, or, {REGIONS}",
        ),
    ],
)
def test_a_function_is_described_once(
    read: Read, first: dict[str, str], second: dict[str, str], remedy: str
) -> None:
    """Two documents that may be for one function are an error that says how to tell them apart."""
    (error,) = read(_document("a", **first) + _document("b", **second)).errors
    line = 13 + len(first)
    assert str(error) == (
        f'<stdin>:{line}:17: the function "f" is described already at <stdin>:6:17; {remedy}'
    )


def test_a_function_named_by_its_document_is_described_once(read: Read) -> None:
    """The default name counts as much as spec.functionName, at its own place."""
    (error,) = read(_document("a", functionName="f") + _document("f")).errors
    assert str(error.location) == "<stdin>:12:9"
    assert error.what == 'the function "f" is described already at <stdin>:6:17'


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"functionName": "f"}, {"functionName": "g"}),
        (
            {"functionName": "f", "region": "eu-west-1"},
            {"functionName": "f", "region": "eu-west-2"},
        ),
        ({"functionName": "f", "region": "eu-west-1"}, {"functionName": "f"}),
        ({"functionName": ARN.format(ACCOUNT_1)}, {"functionName": ARN.format(ACCOUNT_2)}),
    ],
)
def test_functions_that_can_be_told_apart_are_no_error(
    read: Read, first: dict[str, str], second: dict[str, str]
) -> None:
    """Another name, region or account is another function; no region is a region of its own."""
    manifests = read(_document("a", **first) + _document("b", **second))
    assert manifests.errors == ()
    assert len(manifests.specs) == 2


def test_a_third_document_is_compared_with_all_before_it(read: Read) -> None:
    """The account decides which of the earlier documents a later one repeats."""
    names = [ARN.format(ACCOUNT_1), ARN.format(ACCOUNT_2), ARN.format(ACCOUNT_2)]
    documents = [_document(f"d{n}", functionName=name) for n, name in enumerate(names)]
    (error,) = read("".join(documents)).errors
    assert error.what == 'the function "f" is described already at <stdin>:14:17'


def test_documents_with_other_errors_are_compared_too(read: Read) -> None:
    """A mistake elsewhere in a document does not hide that it repeats another."""
    documents = _document("a", functionName="f", architecture="arm") + _document("f")
    assert [error.location.line for error in read(documents).errors] == [7, 13]


@pytest.mark.parametrize("fields", [{"functionName": "f:1"}, {"region": "x"}])
def test_documents_whose_function_is_unknown_are_not_compared(
    read: Read, fields: dict[str, str]
) -> None:
    """A function name or region with an error is reported once, not compared as well."""
    assert len(read(_document("f") + _document("g", **fields)).errors) == 1
