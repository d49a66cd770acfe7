"""What of a folder is not deployed: what is never code, and what .lambdaignore names."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts.directory import from_directory
from reconciler.model import FailureKind, ReconcileError
from tests.unit.builders import sent

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.model import Failure


def _touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def _names(root: Path) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(sent(from_directory(root)))).namelist()


def _refused(root: Path) -> Failure:
    with pytest.raises(ReconcileError) as raised:
        from_directory(root)
    assert FailureKind.INVALID is raised.value.failure.kind
    return raised.value.failure


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "code"
    folder.mkdir()
    return folder


def test_what_is_never_code(root: Path) -> None:
    """Caches, git's own files and the list itself stay at home, at any depth."""
    _touch(
        root,
        ".git/HEAD",
        "sub/.git/config",
        "__pycache__/a.pyc",
        "lib/__pycache__/b.cpython-313.pyc",
        "lib/c.pyc",
        ".DS_Store",
        "lib/.DS_Store",
        ".lambdaignore",
        "lib/.lambdaignore",
        ".gitignore",
        "git",
        "pycache.py",
    )
    (root / ".lambdaignore").write_text("")
    assert [".gitignore", "git", "lib/.lambdaignore", "pycache.py"] == _names(root)


def test_a_git_worktree_file_is_not_a_folder(root: Path) -> None:
    """In a worktree or submodule .git is a file, with a path of this machine in it."""
    _touch(root, "a", ".git")
    assert ["a"] == _names(root)


RULES = [
    ("comment", "# a\n\n   \n", ["a", "b"], ["a", "b"]),
    ("name-at-any-depth", "a", ["a", "b", "x/a", "x/b"], ["b", "x/b"]),
    ("anchored", "/a", ["a", "x/a"], ["x/a"]),
    ("slash-in-the-middle-anchors", "x/a", ["x/a", "y/x/a"], ["y/x/a"]),
    ("directory-only", "a/", ["a/1", "b/a", "c/a/2"], ["b/a"]),
    ("directory-without-slash", "a", ["a/1", "a/b/2", "c"], ["c"]),
    ("star", "*.txt", ["a.txt", "x/b.txt", "a.txt.py"], ["a.txt.py"]),
    ("star-stops-at-slash", "/x/*.txt", ["x/a.txt", "x/y/b.txt"], ["x/y/b.txt"]),
    ("two-stars-in-front", "**/t", ["t/1", "x/t/2", "x/y/t", "tt"], ["tt"]),
    ("two-stars-behind", "x/**", ["x/1", "x/y/2", "z"], ["z"]),
    ("two-stars-between", "x/**/t", ["x/t", "x/a/b/t", "t"], ["t"]),
    ("question-mark", "?.py", ["a.py", "ab.py"], ["ab.py"]),
    ("class", "[ab].py", ["a.py", "b.py", "c.py"], ["c.py"]),
    ("negated-class", "[!a].py", ["a.py", "b.py"], ["a.py"]),
    ("negation", "*.txt\n!keep.txt", ["a.txt", "keep.txt"], ["keep.txt"]),
    ("the-last-rule-wins", "!keep.txt\n*.txt", ["keep.txt", "a"], ["a"]),
    ("no-negation-below-an-ignored-folder", "x/\n!x/keep", ["x/keep", "a"], ["a"]),
    ("negation-below-a-kept-folder", "x/*\n!x/keep", ["x/keep", "x/a", "a"], ["a", "x/keep"]),
    ("everything-but", "/*\n!/src/\n", ["a", "src/b", "c/src/d"], ["src/b"]),
    ("escaped-hash", "\\#a", ["#a", "b"], ["b"]),
    ("escaped-bang", "\\!a", ["!a", "b"], ["b"]),
    ("trailing-space", "a  ", ["a", "b"], ["b"]),
    ("escaped-trailing-space", "a\\ ", ["a", "a "], ["a"]),
    ("windows-line-ends", "a\r\nb\r\n", ["a", "b", "c"], ["c"]),
    ("no-line-end", "a\nb", ["a", "b", "c"], ["c"]),
    ("case", "A.py", ["a.py"], ["a.py"]),
    ("unicode", "\u00e4*", ["\u00e4.txt", "a.txt"], ["a.txt"]),
    ("byte-order-mark", "\ufeffsecret.txt\n", ["secret.txt", "a"], ["a"]),
    ("a-default-taken-back", "!*.pyc", ["a.pyc", "b"], ["a.pyc", "b"]),
    ("a-default-folder-taken-back", "!.git/", [".git/HEAD"], [".git/HEAD"]),
]


@pytest.mark.parametrize(
    ("rules", "planted", "expected"),
    [rule[1:] for rule in RULES],
    ids=[rule[0] for rule in RULES],
)
def test_the_rules_of_lambdaignore_are_those_of_gitignore(
    root: Path, rules: str, planted: list[str], expected: list[str]
) -> None:
    """Whoever knows .gitignore knows .lambdaignore."""
    _touch(root, *planted)
    (root / ".lambdaignore").write_text(rules, encoding="utf-8", newline="")
    assert expected == _names(root)


@pytest.mark.parametrize("rule", ["!", "\\", "a\\", "[z-a]"])
def test_a_rule_that_cannot_be_understood_is_invalid(root: Path, rule: str) -> None:
    """A bad line of .lambdaignore is an answer in words, not a crash of the whole run."""
    _touch(root, "a")
    (root / ".lambdaignore").write_text(f"b\n{rule}\n")
    assert ".lambdaignore" in _refused(root).what


def test_a_lambdaignore_that_is_not_utf_8_does_not_crash(root: Path) -> None:
    """Its other lines still hold."""
    _touch(root, "a", "b")
    (root / ".lambdaignore").write_bytes(b"caf\xe9\na\n")
    assert ["b"] == _names(root)


def test_changing_an_ignored_file_is_no_update(root: Path) -> None:
    """A log that grows in the folder must not deploy."""
    _touch(root, "a", "run.log")
    (root / ".lambdaignore").write_text("*.log")
    before = from_directory(root).digest
    (root / "run.log").write_text("more")
    assert before == from_directory(root).digest


@pytest.mark.parametrize("rules", [None, "*", "/a"], ids=["empty", "all", "the-only-one"])
def test_nothing_to_deploy_is_refused(root: Path, rules: str | None) -> None:
    """An empty package is never what somebody meant."""
    if rules is not None:
        _touch(root, "a")
        (root / ".lambdaignore").write_text(rules)
    assert f"{root} has no files to deploy" == _refused(root).what
