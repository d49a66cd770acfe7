"""What plain scalars mean: YAML 1.2, never YAML 1.1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest.scalars import number_of

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

LABEL = (
    "apiVersion: lambda.reconciler/v1\nkind: Function\n"
    "metadata:\n  name: orders\n  labels:\n    label: {}\nspec: {{suspend: false}}\n"
)

OTHER_STRINGS = ["0b1", "1.2.3", "1e", "0x", "0xZZ", "0o8", "=", "tRue", "nULL", "+", "--", "."]


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "on",
        "Yes",
        "y",
        "12:30:45",
        "190:20:30",
        "2024-01-01",
        "2024-01-01T00:00:00Z",
        "1_000",
        *OTHER_STRINGS,
    ],
)
def test_strings_of_yaml_1_2_stay_strings(read: Read, written: str) -> None:
    """What YAML 1.1 takes for a boolean, number or date is the string that it looks like."""
    manifests = read(LABEL.format(written))
    assert manifests.errors == ()
    assert manifests.specs[0].labels == {"label": written}


@pytest.mark.parametrize(
    ("kind", "written"),
    [("boolean", word) for word in ["true", "True", "TRUE", "false", "False", "FALSE"]]
    + [("number", word) for word in ["0", "-1", "+12", "0123", "0o14", "0x1F", "1e3", "1.", ".5"]]
    + [("number", word) for word in ["-1.5E-3", ".inf", "-.INF", ".nan", "9" * 50]],
)
def test_what_is_no_string_is_to_be_quoted(read: Read, kind: str, written: str) -> None:
    """A number or boolean where a string is wanted is an error that shows the quoted form."""
    (error,) = read(LABEL.format(written)).errors
    assert str(error) == (
        f"<stdin>:6:12: metadata.labels.label is the {kind} {written}, not a string; "
        f'quote it: "{written}"'
    )


@pytest.mark.parametrize("written", ["null", "Null", "NULL", "~"])
def test_null_is_to_be_quoted_or_left_out(read: Read, written: str) -> None:
    """Null where a string is wanted may be meant as the word, or as nothing."""
    (error,) = read(LABEL.format(written)).errors
    assert str(error) == (
        "<stdin>:6:12: metadata.labels.label is null, not a string; "
        f'quote it: "{written}", or leave the field out'
    )


def test_a_number_of_any_length_is_read(read: Read) -> None:
    """Digits beyond what Python turns into an integer are reported as any number is."""
    (error,) = read(LABEL.format("1" * 5000)).errors
    assert error.what == f"metadata.labels.label is the number {'1' * 60}..., not a string"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 012", "012"),
        ("! 012", "012"),
        ("!!str", ""),
        ("|-\n      1", "1"),
        (">-\n      a\n      b", "a b"),
    ],
)
def test_quotes_blocks_and_the_string_tag_make_strings(
    read: Read, written: str, expected: str
) -> None:
    """Whatever YAML calls a string is taken as one."""
    manifests = read(LABEL.format(written))
    assert manifests.errors == ()
    assert manifests.specs[0].labels == {"label": expected}


@pytest.mark.parametrize("written", ["!!bool true", "!!map {}", "! {}"])
def test_tags_of_the_core_schema_that_fit_are_accepted(read: Read, written: str) -> None:
    """A core tag that says what the value is anyway changes nothing."""
    manifests = read(
        LABEL.format("x").replace("spec: {suspend: false}", f"spec: {{publish: {written}}}")
    )
    assert manifests.errors == ()
    assert manifests.specs[0].publish is not None


@given(st.integers(-(10**17), 10**17) | st.floats(allow_nan=False))
def test_numbers_are_read_as_python_writes_them(number: float) -> None:
    """Of whatever sign and size."""
    written = {math.inf: ".inf", -math.inf: "-.inf"}.get(number, repr(number))
    assert number == number_of(written)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0x1F", 31),
        ("0o17", 15),
        ("+7", 7),
        ("007", 7),
        (".5", 0.5),
        ("1.", 1.0),
        ("1.e3", 1000.0),
        ("+.INF", math.inf),
        (".NaN", math.inf),
        ("9" * 5000, math.inf),
        ("0x" + "f" * 5000, math.inf),
    ],
    ids=lambda value: str(value)[:10],
)
def test_numbers_are_read_as_yaml_writes_them(text: str, expected: float) -> None:
    """What is none, and what is too long for Python, is larger than any field takes."""
    assert expected == number_of(text)
