"""What is not YAML, not text, or more than a manifest may be: errors, never a crash."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from reconciler.manifest import loader, reader

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: orders}\nspec:\n"
NOT_YAML = "this is not YAML:"
HERE = "check the indentation, quotes and brackets here and on the line above"
CLOSE = "close the quote or bracket that is open"
SPACES = "indent with spaces, and quote a value that starts with @, ` or %"
DEEP = "the document is nested more than 32 levels deep; write it flatter"
MANY = (
    "the document has more than 10,000 values, its aliases written out; "
    "make it smaller: one document describes one function"
)
BOMB = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)

CONTENTS = {
    "a tab": (
        f"{HEADER}\tregion: x\n",
        (
            f"5:1: {NOT_YAML} found character that cannot start any token, "
            f"while scanning for the next token that starts at line 5; {SPACES}"
        ),
    ),
    "a colon in a value": (
        f"{HEADER}  region: a: b\n",
        (
            f"5:12: {NOT_YAML} mapping values are not allowed in this context; "
            "quote a value that contains ': ', or check the indentation"
        ),
    ),
    "an open quote": (
        f"{HEADER}  region: 'x\n",
        (
            f"6:1: {NOT_YAML} found unexpected end of stream, "
            f"while scanning a quoted scalar that starts at line 5; {CLOSE}"
        ),
    ),
    "a substitution in braces": (
        f"{HEADER}  publish: {{description: ${{X}}}}\n",
        (
            f"5:27: {NOT_YAML} did not find expected ',' or '}}', "
            "while parsing a flow mapping that starts at line 5; quote ${NAME} inside { } and [ ]"
        ),
    ),
    "wrong indentation": (
        f"{HEADER}  region: x\n architecture: arm64\n",
        (
            f"6:2: {NOT_YAML} did not find expected key, "
            f"while parsing a block mapping that starts at line 1; {HERE}"
        ),
    ),
    "bytes that are no text": (
        b"a: \xc3\xa9\r\nb: \xff\n",
        "2:4: the byte 0xff is not UTF-8; save the file as UTF-8",
    ),
    "UTF-16": ("a: b".encode("utf-16"), "1:1: the file is UTF-16; save it as UTF-8"),
    "a NUL": (
        "a: b\nb: a\0b\n",
        (
            "2:5: the control character U+0000 is not allowed in YAML; "
            r'remove it, or write "\u0000" between double quotes'
        ),
    ),
    "an escape character": (
        "\ufeffa: \x1b[31m\n",
        (
            "1:4: the control character U+001B is not allowed in YAML; "
            r'remove it, or write "\u001b" between double quotes'
        ),
    ),
    "a large file": (
        "#" * (2 * 1024 * 1024 + 1),
        "1:1: the file is larger than 2 MiB; split it into several files",
    ),
    "a long string": (
        f"{HEADER}  region: {'x' * (64 * 1024 + 1)}\n",
        "5:11: a string is longer than 64 KiB; shorten it",
    ),
    "a long key": (
        f"{HEADER}  ? {'é' * (32 * 1024 + 1)}\n  : x\n",
        "5:5: a string is longer than 64 KiB; shorten it",
    ),
    "a deep list": ("[" * 33, f"1:33: {DEEP}"),
    "a very deep list": ("[" * 100_000, f"1:33: {DEEP}"),
    "deep blocks": ("- " * 100_000, f"1:65: {DEEP}"),
    "depth by aliases": (
        f"- &a {'[' * 20}{']' * 20}\n- {'[' * 20}*a{']' * 20}\n",
        f"2:23: {DEEP}",
    ),
    "many values": (f"[{'x,' * 10_000}]", f"1:{2 * 10_000}: {MANY}"),
    "an alias bomb": (BOMB, f"5:8: {MANY}"),
    "many aliases": (
        f"- &a x\n- [{'*a ,' * 101}]\n",
        "2:404: the file has more than 100 aliases; write the values out, or split the file",
    ),
    "many directives": (
        "%TAG !a! x\r" * 101 + "--- a\n",
        "101:1: the file has more than 100 directives; remove the lines that start with %",
    ),
    "a mistake after the depth": (
        f"a: {'[' * 40}{']' * 40}]\n",
        f"1:35: {DEEP}",
    ),
    "an anchor in itself": (
        "a: &x\n  b: [*x]\n",
        '2:7: the alias "*x" contains itself; write the value out',
    ),
    "an alias without anchor": (
        "a: *b\n",
        (
            '1:4: the alias "*b" has no anchor before it in this document; '
            'add the anchor "&b", or quote the value'
        ),
    ),
    "an anchor of another document": (
        "--- &a ~\n--- *a\n",
        (
            '2:5: the alias "*a" has no anchor before it in this document; '
            'add the anchor "&a", or quote the value'
        ),
    ),
}


@pytest.mark.parametrize(("content", "expected"), CONTENTS.values(), ids=CONTENTS)
def test_what_cannot_be_read(read: Read, content: str | bytes, expected: str) -> None:
    """Each is exactly one error that says where, what and what now."""
    manifests = read(content)
    assert [str(error) for error in manifests.errors] == [f"<stdin>:{expected}"]
    assert manifests.specs == ()


@pytest.mark.parametrize("content", ["[" * 31 + "]" * 31, "- &a x\n" + "- *a\n" * 100])
def test_what_is_just_within_the_limits(read: Read, content: str) -> None:
    """The limits themselves are allowed: the error is about the document's shape alone."""
    (error,) = read(content).errors
    assert error.what == "the document is a list, not a mapping"


def test_a_document_over_a_limit_leaves_the_others_alone(read: Read) -> None:
    """Documents before and after one that is too deep are read as if it were not there."""
    good = HEADER + "  suspend: true\n---\n"
    deep = f"a: {'[' * 40}{']' * 40}\n---\n"
    manifests = read(good + deep + good.replace("orders", "other"))
    assert [spec.name for spec in manifests.specs] == ["orders", "other"]
    assert [error.location.line for error in manifests.errors] == [7]


def test_documents_before_a_syntax_error_are_read(read: Read) -> None:
    """A file that breaks off still gives what stands before the break."""
    manifests = read(HEADER + "  suspend: true\n---\na: [\n")
    assert [spec.name for spec in manifests.specs] == ["orders"]
    assert len(manifests.errors) == 1


def test_a_run_has_a_largest_number_of_documents(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The document that is one too many is an error, and nothing after it is read."""
    monkeypatch.setattr(loader, "MOST_DOCUMENTS", 2)
    documents = [HEADER.replace("orders", name) + "  {suspend: false}\n---\n" for name in "abcd"]
    manifests = read("".join(documents))
    assert [spec.name for spec in manifests.specs] == ["a", "b"]
    assert [str(error) for error in manifests.errors] == [
        "<stdin>:13:1: there are more than 2 documents; reconcile them in several runs"
    ]


@pytest.fixture
def parser_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "_LOADER", yaml.SafeLoader)


@pytest.mark.usefixtures("parser_in_python")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"{HEADER}  region: é: b\n", "5:12: this is not YAML: mapping values are not allowed"),
        ('a: "\\UFFFFFFFF"\n', "1:1: this is not YAML:"),
        ('a: "\\U00110000"\n', "1:1: this is not YAML:"),
        (f"%YAML {'1' * 5000}.1\n--- a\n", "1:1: this is not YAML:"),
        ("[" * 33, f"1:33: {DEEP}"),
        ("a: &x [*x]\n", '1:8: the alias "*x" contains itself'),
        (f'{HEADER}  region: "\\ud800"\n', r'5:11: "\ud800" is not valid Unicode'),
        (f"{HEADER}  region: 'é${{NONE}}'\n", "5:13: the environment variable NONE is not set"),
    ],
)
def test_without_the_parser_in_c(read: Read, content: str, expected: str) -> None:
    """PyYAML's parser in Python gives the same places, and its odd exceptions are errors too."""
    (error,) = read(content).errors
    assert str(error).startswith(f"<stdin>:{expected}")
