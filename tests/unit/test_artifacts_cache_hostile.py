"""A cache that somebody else got at, that is full, or whose writer was killed."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import cache
from reconciler.artifacts.cache import DigestCache
from tests.unit.builders import NEW, OLD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.model import CodeDigest

KEY = ("https://s3.test", "artifacts", "app.zip", "", "etag", "5")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def entry(folder: Path) -> Path:
    """Give the file of what was remembered."""
    DigestCache(folder).remember(KEY, NEW)
    [entry] = folder.iterdir()
    return entry


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_may_write_is_not_used(folder: Path, entry: Path, mode: int) -> None:
    """Who writes an entry decides what is deployed: neither believed nor added to."""
    folder.chmod(mode)
    DigestCache(folder).remember(("other",), OLD)
    assert DigestCache(folder).find(KEY) is None
    assert [entry] == list(folder.iterdir())


def test_a_folder_that_others_may_read_is_used(folder: Path, entry: Path) -> None:
    """There is nothing secret in it."""
    folder.chmod(0o755)
    assert NEW == DigestCache(folder).find(KEY)
    assert entry.exists()


def test_a_folder_of_somebody_else_is_not_used(
    folder: Path, entry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner could write to it at any time, as under sudo with another user's HOME."""
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    DigestCache(folder).remember(("other",), OLD)
    assert DigestCache(folder).find(KEY) is None
    assert [entry] == list(folder.iterdir())


def test_a_link_to_a_folder_of_our_own_is_followed(folder: Path, entry: Path) -> None:
    """A home may have its cache on another disk; whose folder it is counts, not its name."""
    link = folder.parent / "link"
    link.symlink_to(folder)
    assert NEW == DigestCache(link).find(KEY)
    assert entry.exists()


def test_a_link_to_a_folder_of_others_is_not_used(folder: Path, entry: Path) -> None:
    """The link may be ours, and what it leads to is anybody's."""
    link = folder.parent / "link"
    link.symlink_to(folder)
    folder.chmod(0o777)
    assert DigestCache(link).find(KEY) is None
    assert entry.exists()


def test_a_link_that_leads_nowhere_is_no_folder(tmp_path: Path) -> None:
    """Nothing is created at its end."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    DigestCache(tmp_path / "link").remember(KEY, NEW)
    assert not (tmp_path / "nowhere").exists()


def _linked(entry: Path) -> None:
    target = entry.parent.parent / "target"
    entry.rename(target)
    entry.symlink_to(target)


HOSTILE: dict[str, Callable[[Path], object]] = {
    "link": _linked,
    "link to a device": lambda entry: entry.symlink_to("/dev/zero"),
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "empty": lambda entry: entry.write_bytes(b""),
    "binary": lambda entry: entry.write_bytes(b"\xff\x00" * 55),
    "huge": lambda entry: os.truncate(os.open(entry, os.O_CREAT | os.O_WRONLY), 1 << 40),
    "other hash": lambda entry: entry.write_text(f"{OLD} {'0' * 64}\n"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_entry_is_as_if_absent(folder: Path, entry: Path, kind: str) -> None:
    """It is not waited for, not followed, not read beyond what an entry has."""
    if kind != "link":
        entry.unlink()
    HOSTILE[kind](entry)
    assert DigestCache(folder).find(KEY) is None


def test_a_link_in_the_place_of_an_entry_is_not_written_through(folder: Path, entry: Path) -> None:
    """What it leads to is not ours to overwrite."""
    target = folder.parent / "precious"
    target.write_text("keep me")
    entry.unlink()
    entry.symlink_to(target)
    DigestCache(folder).remember(KEY, NEW)
    assert "keep me" == target.read_text()


KILLED = """
import os, pathlib, signal, sys
from reconciler.artifacts.cache import DigestCache
from reconciler.model import CodeDigest
write, left = os.write, int(sys.argv[2])
def killed(descriptor, content):
    write(descriptor, content[:left])
    os.kill(os.getpid(), signal.SIGKILL)
os.write = killed
DigestCache(pathlib.Path(sys.argv[1])).remember(("key",), CodeDigest("A" * 43 + "="))
"""


@pytest.mark.parametrize("written", [0, 50])
def test_a_killed_writer_leaves_no_more_than_an_entry_that_is_absent(
    folder: Path, written: int
) -> None:
    """There is no temporary file, and the next run writes the entry whole."""
    line = [sys.executable, "-c", KILLED, str(folder), str(written)]
    assert -9 == subprocess.run(line, check=False, timeout=60).returncode
    [left] = folder.iterdir()

    assert written == left.stat().st_size
    assert 0o600 == stat.S_IMODE(left.stat().st_mode)
    assert DigestCache(folder).find(("key",)) is None
    DigestCache(folder).remember(("key",), NEW)
    assert NEW == DigestCache(folder).find(("key",))
    assert [left] == list(folder.iterdir())


def test_two_at_once_leave_an_entry_of_one_of_them(folder: Path) -> None:
    """Or none that is believed; never a mixture, and nothing else in the folder."""

    def work(digest: CodeDigest) -> set[CodeDigest | None]:
        found = set()
        for _ in range(100):
            DigestCache(folder).remember(KEY, digest)
            found.add(DigestCache(folder).find(KEY))
        return found

    with ThreadPoolExecutor(4) as pool:
        found = set().union(*pool.map(work, (OLD, NEW, OLD, NEW)))

    assert found <= {OLD, NEW, None}
    assert 1 == len(list(folder.iterdir()))


def test_modes_do_not_depend_on_the_umask(folder: Path) -> None:
    """A machine may be set up to share what is created."""
    before = os.umask(0)
    try:
        DigestCache(folder).remember(KEY, NEW)
    finally:
        os.umask(before)
    [entry] = folder.iterdir()
    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE(entry.stat().st_mode)


@pytest.fixture
def full(folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Fill a cache that keeps 3 entries; give their files, the oldest first."""
    monkeypatch.setattr(cache, "MOST_ENTRIES", 3)
    files: list[Path] = []
    for age in range(3):
        DigestCache(folder).remember((str(age),), NEW)
        [file] = set(folder.iterdir()) - set(files)
        os.utime(file, (age, age))
        files.append(file)
    return files


def test_the_oldest_entries_are_forgotten(folder: Path, full: list[Path]) -> None:
    """Objects come and go, and a cache that only grows fills a disk."""
    DigestCache(folder).remember(KEY, NEW)
    assert not full[0].exists()
    assert NEW == DigestCache(folder).find(KEY)
    assert 3 == len(list(folder.iterdir()))


def test_a_run_looks_once_what_to_forget(folder: Path, full: list[Path]) -> None:
    """It would take long to count at each entry."""
    remembering = DigestCache(folder)
    for key in "abc":
        remembering.remember((key,), NEW)
    assert [False, True, True] == [file.exists() for file in full]


def test_files_that_are_no_entries_are_not_removed(folder: Path, full: list[Path]) -> None:
    """--cache-dir may be a folder that holds other things, named by hashes or not."""
    full[0].write_text("somebody's own")
    os.utime(full[0], (0, 0))
    (folder / "readme").write_text("mine")
    os.utime(folder / "readme", (0, 0))
    DigestCache(folder).remember(KEY, NEW)
    assert ("somebody's own", "mine") == (full[0].read_text(), (folder / "readme").read_text())
