"""The corpus of broken manifests: each says exactly what a user is to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.hostile.cases import Counted, read_corpus

if TYPE_CHECKING:
    from pathlib import Path

    from tests.hostile.cases import Case

CORPUS = read_corpus()
MOST_CALLS = 300_000
"""Function calls, of Python and of C; the usual case takes 2,000."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_a_broken_manifest_says_what_is_wrong(case: Case, folder: Path) -> None:
    """All its errors come at once, by place, with what is wrong and what to do, and soon."""
    case.plant(folder)
    with Counted() as counted:
        manifests = case.load()

    lines = [str(error).replace(str(folder), "FOLDER") for error in manifests.errors]
    assert case.expected == lines
    assert lines
    assert counted.calls < MOST_CALLS


def test_the_corpus_is_as_large_as_is_promised() -> None:
    """At least 200 cases, and no name twice."""
    names = [case.name for case in CORPUS]
    assert len(names) >= 200
    assert len(set(names)) == len(names)


def test_every_line_of_the_corpus_is_fit_to_print() -> None:
    """One line of printable characters and of bounded length, with its place in front."""
    for case in CORPUS:
        for line in case.expected:
            assert line.isprintable()
            assert len(line) < 600
            assert line.startswith(tuple(f"{file}:" for file in case.files))
            assert "; " in line
