"""When the manifests of a watch are read again, and what becomes of broken ones."""

from __future__ import annotations

import asyncio
import os
import time
from typing import TYPE_CHECKING

import click
import pytest

from reconciler.cli import inputs
from reconciler.cli.files import Signature
from reconciler.cli.sources import Sources
from reconciler.fleet import BrokenManifestsError
from reconciler.model import Failure, FailureKind, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from reconciler.reconcile import Task

MANIFEST = (
    "apiVersion: lambda.reconciler/v1\nkind: Function\nmetadata: {name: app}\n"
    "spec: {region: eu-west-1, code: {directory: ../code}}\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a manifest and its package, both of long ago."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "code").mkdir()
    (tmp_path / "manifests" / "app.yaml").write_text(MANIFEST)
    (tmp_path / "code" / "app.py").write_text("x = 1\n")
    return tmp_path


def signature(folder: Path) -> Signature:
    return Signature.of([str(folder / "manifests")], [str(folder / "code")])


def rewrite(path: Path) -> None:
    """Replace a file by another of the same size and time, as a build may."""
    status = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes()[::-1])
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(path)


def swap(path: Path) -> None:
    """Let the name be a link to another folder, as git-sync does."""
    path.rename(path.with_name("worktree-1"))
    (path.with_name("worktree-2")).mkdir()
    (path.with_name("worktree-2") / "app.yaml").write_text(MANIFEST)
    path.symlink_to(path.with_name("worktree-2"))


CHANGES: dict[str, Callable[[Path], object]] = {
    "content": lambda folder: (folder / "manifests" / "app.yaml").write_text(MANIFEST + "# more\n"),
    "same size and time": lambda folder: rewrite(folder / "manifests" / "app.yaml"),
    "touched": lambda folder: os.utime(folder / "manifests" / "app.yaml", (1, 1)),
    "a new manifest": lambda folder: (folder / "manifests" / "b.yml").write_text(""),
    "gone": lambda folder: (folder / "manifests" / "app.yaml").unlink(),
    "folder gone": lambda folder: (folder / "manifests").rename(folder / "elsewhere"),
    "link swapped": lambda folder: swap(folder / "manifests"),
    "code": lambda folder: (folder / "code" / "app.py").write_text("x = 22\n"),
    "rights of code": lambda folder: (folder / "code" / "app.py").chmod(0o700),
    "more code": lambda folder: (folder / "code" / "b.py").write_text(""),
    "an empty folder": lambda folder: (folder / "code" / "sub").mkdir(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_may_be_another_manifest_or_package_shows(folder: Path, change: str) -> None:
    """By path, inode, size and times, with links followed anew."""
    before = signature(folder)
    assert before == signature(folder)
    CHANGES[change](folder)
    assert before.digest != signature(folder).digest


OTHERS: dict[str, Callable[[Path], object]] = {
    "no manifest": lambda folder: (folder / "manifests" / "README.md").write_text("x"),
    "hidden": lambda folder: (folder / "manifests" / ".app.yaml.swp").write_text("x"),
    "git": lambda folder: (folder / "code" / ".git").mkdir(),
}


@pytest.mark.parametrize("change", OTHERS)
def test_what_no_manifest_or_package_is_made_of_does_not_show(folder: Path, change: str) -> None:
    """An editor's file is not read, so that it is no reason to read."""
    before = signature(folder).digest
    OTHERS[change](folder)
    assert before == signature(folder).digest


def test_a_circle_of_links_has_an_end(folder: Path) -> None:
    """Each folder is looked at once."""
    (folder / "code" / "round").symlink_to(folder / "code")
    assert signature(folder) == signature(folder)


class Reading:
    """Sources of a folder; ``loaded`` counts how often all was read."""

    def __init__(self, folder: Path, read_at: float) -> None:
        self.paths = (str(folder / "manifests"),)
        self.loaded = 0
        self.only: tuple[str, ...] = ()
        self.fails: Failure | None = None
        found = self.find().inputs
        assert found is not None
        self.sources = Sources(self.paths, found, read_at, self.find, self.ours)

    def find(self) -> inputs.Found:
        """Read all of it."""
        self.loaded += 1
        return inputs.find(self.paths, None, only=self.only)

    async def ours(self, tasks: Sequence[Task]) -> Sequence[Task]:
        """Take all."""
        if self.fails is not None:
            raise ReconcileError(self.fails)
        return tasks

    def again(self) -> Sequence[Task] | None:
        """Ask as the watch does."""
        return asyncio.run(self.sources.reread())

    def broken(self) -> tuple[str, ...]:
        """Ask, and expect errors."""
        with pytest.raises(BrokenManifestsError) as raised:
            self.again()
        return raised.value.errors


@pytest.fixture
def reading(folder: Path) -> Reading:
    """Read a folder that did not change for long."""
    return Reading(folder, time.time() + 1000)


def test_what_has_not_changed_is_not_read_again(reading: Reading) -> None:
    """Only looked at."""
    assert [None, None] == [reading.again(), reading.again()]
    assert 1 == reading.loaded


def test_what_changed_is_read_again_once(reading: Reading, folder: Path) -> None:
    """And then it is old."""
    CHANGES["code"](folder)
    tasks = reading.again()
    assert tasks is not None
    assert ["app"] == [task.spec.name for task in tasks]
    assert 2 == reading.loaded


def test_what_is_young_is_read_once_more(folder: Path) -> None:
    """Whoever writes twice within a tick of the clock leaves the same times."""
    reading = Reading(folder, time.time())
    assert reading.again() is not None


def test_broken_manifests_are_read_until_they_are_in_order(reading: Reading, folder: Path) -> None:
    """Whatever mends them: what a package is missing need not be a file that is watched."""
    (folder / "code" / "app.py").unlink()
    assert "has no files to deploy" in reading.broken()[0]
    assert "has no files to deploy" in reading.broken()[0]
    CHANGES["more code"](folder)
    assert reading.again() is not None


def test_a_selection_that_leaves_nothing_is_an_error_like_others(
    reading: Reading, folder: Path
) -> None:
    """Nobody is there to correct the command line."""
    reading.only = ("nobody*",)
    CHANGES["content"](folder)
    assert ("--only nobody* matches no function",) == reading.broken()


def test_a_shard_that_cannot_be_found_out_is_an_error_like_others(
    reading: Reading, folder: Path
) -> None:
    """AWS may answer the next time."""
    reading.fails = Failure(FailureKind.TEMPORARY, "GetCallerIdentity: busy", "run again")
    CHANGES["content"](folder)
    assert "GetCallerIdentity: busy" in reading.broken()[0]
    reading.fails = None
    assert reading.again() is not None


def test_a_first_reading_still_prints_its_errors(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And click says what is wrong with a selection."""
    (folder / "manifests" / "app.yaml").write_text("a: [")
    assert inputs.read([str(folder / "manifests")], None) is None
    assert "1 error; nothing was sent to AWS." in capsys.readouterr().err
    (folder / "manifests" / "app.yaml").write_text(MANIFEST)
    with pytest.raises(click.UsageError):
        inputs.read([str(folder / "manifests")], None, only=["x"])
