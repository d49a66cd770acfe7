"""SECURITY.md promises nothing without a test that is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "SECURITY.md").read_text(encoding="utf-8")
_CITED = re.compile(r"`(\w+(?:/\w+)*\.py)::(\w+)`")
_PROMISES = re.findall(
    r"^\* (.+)\n((?:  .*\n?)*)", _PAGE.partition("## What it trusts")[0], re.MULTILINE
)
_THREATS = re.findall(
    r"^\* (.+)\n((?:  .*\n?)*)", _PAGE.partition("## Who might try something")[2], re.MULTILINE
)


def _functions(file: str) -> set[str]:
    tree = ast.parse((_ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), sorted(set(_CITED.findall(_PAGE))))
def test_a_cited_test_is_there(file: str, name: str) -> None:
    """In the file that is named."""
    assert name in _functions(file)


@pytest.mark.parametrize(("promise", "below"), [*_PROMISES, *_THREATS])
def test_a_promise_cites_a_test(promise: str, below: str) -> None:
    """In the line below it."""
    assert _CITED.search(below), promise


def test_there_are_promises() -> None:
    """The page is read as it is written."""
    assert (17, 4) == (len(_PROMISES), len(_THREATS))


def test_every_test_of_secrets_is_cited_or_helps() -> None:
    """What is tried is told: each file of tests/secrets but the detector's own."""
    files = {path.name for path in (_ROOT / "tests" / "secrets").glob("test_*.py")}
    cited = {file.removeprefix("secrets/") for file, _ in _CITED.findall(_PAGE)}
    assert {"test_detector.py"} == files - cited
