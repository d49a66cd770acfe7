"""Good manifests, spoilt: whatever comes of it is told in bounded lines and bounded work."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.manifest import KnownOperations, Manifests, load, load_scenario
from reconciler.sandbox import OPERATIONS, UPDATES
from tests.hostile.canaries import EVIL, harm_in
from tests.hostile.cases import Counted, read_corpus
from tests.hostile.examples import examples
from tests.unit.hostile import json_values, paths, replaced

ARN = "arn:aws:lambda:eu-west-1::runtime:0123"
GOOD: dict[str, Any] = {
    "apiVersion": "lambda.reconciler/v1",
    "kind": "Function",
    "metadata": {"name": "orders", "labels": {"team": "orders"}},
    "spec": {
        "functionName": "arn:aws:lambda:eu-west-1:123456789012:function:orders",
        "region": "eu-west-1",
        "code": {"s3": {"bucket": "artifacts", "key": "k", "versionId": "v"}, "nativeCheck": "off"},
        "architecture": "arm64",
        "runtimeManagement": {
            "updateRuntimeOn": "Manual",
            "runtimeVersionArn": {"eu-west-1": {"arm64": ARN}},
        },
        "publish": {"description": "${A:-b}", "publishTo": "LATEST_PUBLISHED"},
        "suspend": False,
    },
}
TEXT = yaml.safe_dump(GOOD, sort_keys=False) + "---\n" + json.dumps(GOOD).replace("orders", "o2")
PIECES = [
    *("\t", "\n", "\r", "\x00", "\x1b", "\ufeff", "\u2028", "\x85", "---\n", "...\n", "%YAML 9\n"),
    *("&a ", "*a", "<<: ", "!!binary ", "!!python/name:os ", "!<x> ", "? ", "- ", ": ", "# "),
    *("[", "]", "{", "}", "'", '"', "|\n", ">9\n", "${", "${A", "$${", "}", "\\x", "\U0010ffff"),
    *("0x", "1e999", ".nan", "null", "~", "yes", "2024-01-01", "apiVersion: x\n", EVIL),
]
KNOWN = KnownOperations(frozenset(OPERATIONS), frozenset(UPDATES))


def read(content: bytes) -> Manifests:
    """Load from standard input, within bounds."""
    with Counted() as counted:
        manifests = load(
            ["-"],
            environment={"A": EVIL},
            default_region=None,
            standard_input=io.BytesIO(content),
        )
    assert counted.calls < 300_000
    return manifests


def is_told_well(manifests: Manifests) -> None:
    """Check each line, and their order."""
    for error in manifests.errors:
        assert [] == harm_in(str(error))
        assert "\n" not in str(error)
        assert len(str(error)) < 1_000
        assert error.what
        assert error.remedy
    places = [(error.location.line, error.location.column) for error in manifests.errors]
    assert places == sorted(places)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Load what is loaded once only, so that it is counted with no example."""
    load(["-"], environment={}, default_region=None, standard_input=io.BytesIO(TEXT.encode()))


def test_what_is_spoilt_was_good() -> None:
    """Both documents are read as they are."""
    manifests = read(TEXT.encode().replace(b"${A:-b}", b"b"))
    assert () == manifests.errors
    assert 2 == len(manifests.specs)


@examples(150)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(TEXT)), st.integers(0, 30), st.sampled_from(PIECES) | st.text()
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_damage_to_the_text_is_told(damage: list[tuple[int, int, str]]) -> None:
    """Pieces are put in and taken out anywhere."""
    text = TEXT
    for place, length, piece in damage:
        text = text[:place] + piece + text[place + length :]
    is_told_well(read(text.encode(errors="surrogatepass")))


@examples(150)
@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(0, 255)), max_size=6))
def test_any_damage_to_the_bytes_is_told(damage: list[tuple[int, int]]) -> None:
    """Bytes are overwritten anywhere."""
    content = bytearray(TEXT.encode())
    for place, value in damage:
        content[place] = value
    is_told_well(read(bytes(content)))


@examples(150)
@given(st.data())
def test_any_value_in_any_place_is_told(data: st.DataObject) -> None:
    """A value of any kind stands where another one should; what is left is a spec or an error."""
    document = GOOD
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(paths(document))))
        document = replaced(document, path, data.draw(json_values | st.just(EVIL)))
    manifests = read(json.dumps(document).encode())
    is_told_well(manifests)
    assert 1 == len(manifests.specs) + bool(manifests.errors)


@examples(60)
@given(st.lists(st.sampled_from(read_corpus()), min_size=2, max_size=4))
def test_broken_manifests_together_are_told(cases: list[Any]) -> None:
    """One broken document after the other in one file."""
    contents = [content for case in cases for content in case.files.values()]
    is_told_well(read(b"\n---\n".join(content[:20_000] for content in contents)))


@examples(100)
@given(
    st.lists(st.sampled_from([*PIECES, "faults:\n", "functions:\n", "operation: Get*\n", " "])),
)
def test_any_scenario_is_told(tmp_path_factory: pytest.TempPathFactory, pieces: list[str]) -> None:
    """The sandbox's own file is read by the same means."""
    path = tmp_path_factory.getbasetemp() / "scenario.yaml"
    header = "apiVersion: lambda.reconciler/v1\nkind: Scenario\n"
    path.write_bytes((header + "".join(pieces)).encode())
    found = load_scenario(str(path), environment={"A": EVIL}, known=KNOWN)
    for error in found if isinstance(found, tuple) else ():
        assert [] == harm_in(str(error))


def test_no_more_of_a_deep_document_is_parsed_than_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The parser takes the longer for each token the deeper it is: it is left at once."""
    parsed = []
    parse = yaml.parse

    def counted(*arguments: Any, **settings: Any) -> Any:  # noqa: ANN401 - passed on
        for event in parse(*arguments, **settings):
            parsed.append(event)
            yield event

    monkeypatch.setattr("yaml.parse", counted)
    for text in ("[" * 1_000_000, "- " * 900_000, '{"a": ' * 300_000, "? " * 900_000):
        parsed.clear()
        assert 1 == len(read(text.encode()).errors)
        assert len(parsed) < 200


def test_no_more_of_an_endless_file_is_read_than_is_needed() -> None:
    """2 MiB and a byte, of whatever is on standard input."""
    taken = []

    class Endless(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            taken.append(size)
            return b"x" * size

    (error,) = load(
        ["-"],
        environment={},
        default_region=None,
        standard_input=Endless(),  # type: ignore[arg-type]  # read() is all that is used
    ).errors
    assert "the file is larger than 2 MiB" == error.what
    assert [2 * 1024 * 1024 + 1] == taken
