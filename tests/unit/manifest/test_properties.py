"""What holds for every input."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.manifest import Manifests
from reconciler.manifest.words import shown
from reconciler.printable import printable

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import Read

FIELDS = ["apiVersion", "kind", "metadata", "name", "labels", "spec", "functionName", "region"]
FIELDS += ["code", "zipFile", "directory", "s3", "bucket", "sha256", "imageUri", "architecture"]
FIELDS += ["runtimeManagement", "updateRuntimeOn", "runtimeVersionArn", "publish", "suspend"]
FIELDS += ["sourceKmsKeyArn", "nativeCheck", "publishTo", "eu-west-1", "x86_64", "arm64"]
WORDS = ["lambda.reconciler/v1", "Function", "Manual", "arm64", "eu-west-1", "a/b", "${A}", "true"]
PIECES = [*FIELDS, *WORDS, *":-?[]{},&*!|>'\"%@`#~<\n\t\\$\x00\ufeff", "\n  ", ": ", "---\n"]
PIECES += ["&a ", "*a", "!!str ", "<<: ", "é", "\U0001f600", "${", "}"]
# Everything that YAML can carry: no surrogates, which no UTF-8 text has.
TEXT = st.text(st.characters(codec="utf-8"), max_size=40)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | TEXT,
    lambda values: (
        st.lists(values, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), values, max_size=4)
    ),
    max_leaves=12,
)

_SETTINGS = settings(max_examples=200, deadline=None)


def _is_sound(manifests: Manifests) -> None:
    assert isinstance(manifests, Manifests)
    for error in manifests.errors:
        assert str(error).isprintable()
        assert error.location.line >= 1
        assert error.location.column >= 1
        assert error.what
        assert error.remedy
        assert len(str(error)) < 1000


@_SETTINGS
@given(content=st.binary(max_size=200))
def test_any_bytes_give_manifests(read: Read, content: bytes) -> None:
    """No bytes make reading raise; every error has a place and is printable."""
    _is_sound(read(content))


@_SETTINGS
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=60))
def test_any_text_of_yaml_gives_manifests(read: Read, pieces: list[str]) -> None:
    """No text made of what manifests are made of makes reading raise."""
    _is_sound(read("".join(pieces)))


@_SETTINGS
@given(metadata=VALUES, spec=VALUES)
def test_any_values_give_manifests(read: Read, metadata: object, spec: object) -> None:
    """Known fields with values of every type in every place do not make reading raise."""
    document = {"apiVersion": WORDS[0], "kind": "Function", "metadata": metadata, "spec": spec}
    manifests = read(json.dumps(document), {"A": "x"})
    _is_sound(manifests)
    assert len(manifests.specs) == (0 if manifests.errors else 1)


@_SETTINGS
@given(key=TEXT, value=TEXT)
def test_any_string_survives_quoting(read: Read, key: str, value: str) -> None:
    """A string between double quotes arrives as it is, whatever YAML would make of it plain."""
    labels = json.dumps({key: value.replace("${", "$${")}, ensure_ascii=True)
    # JSON writes what is beyond the basic plane as two escapes, which YAML does not join.
    assume(all(ord(character) < 0x10000 for character in key + value))
    text = (
        "apiVersion: lambda.reconciler/v1\nkind: Function\n"
        f"metadata: {{name: orders, labels: {labels}}}\nspec: {{suspend: false}}\n"
    )
    manifests = read(text)
    assert manifests.errors == ()
    assert manifests.specs[0].labels == {key: value}


@_SETTINGS
@given(names=st.permutations(["a", "b", "c", "d"]), twice=st.booleans())
def test_the_order_of_documents_does_not_matter(
    read: Read, names: list[str], *, twice: bool
) -> None:
    """Whatever the order of the documents, the functions and the number of errors are the same."""
    documents = [
        f"apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {{name: {name}}}\n"
        f"spec: {{suspend: false, functionName: {'same' if twice and name in 'cd' else name}}}\n"
        for name in names
    ]
    manifests = read("---\n".join(documents))
    assert {spec.name for spec in manifests.specs} == {"a", "b", "c", "d"}
    assert len(manifests.errors) == twice


@given(text=st.text(max_size=200))
def test_whatever_is_shown_is_printable_and_short(text: str) -> None:
    """No manifest text acts on a terminal or fills it, and harmless text stays as it is."""
    assert shown(text).isprintable()
    assert len(shown(text)) <= 2 + 60 * 10 + 3
    assert printable(text) == text or not text.isprintable()
