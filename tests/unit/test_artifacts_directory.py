"""Folders: the same files give the same bytes, and what is not to be deployed is not."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import directory
from reconciler.artifacts.directory import from_directory
from reconciler.model import FailureKind, ReconcileError
from tests.unit.builders import sent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model import Failure

GOLDEN = "y0ivP6Q2Utv4sY7/8dCsL3fPxXShnIlGv3BiP+sJ3i4="
"""CodeSha256 of ``TREE``; another value would update every function of every user."""

TREE = {
    "app.py": b"def handler(event, context):\n    return event\n",
    "bootstrap": b"#!/bin/sh\nexec true\n",
    "lib/__init__.py": b"",
    "lib/a.py": b"A = 1\n",
    "lib.py": b"between lib and lib/ in the order of bytes\n",
    "static/umlaut \u00e4.txt": "\u00e4\n".encode(),
    "static/\U0001f680.bin": bytes(range(256)),
}


def _plant(root: Path, tree: Iterable[tuple[str, bytes]]) -> Path:
    for name, content in tree:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def _touch(root: Path, *names: str) -> Path:
    return _plant(root, ((name, name.encode()) for name in names))


def _archive(root: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(sent(from_directory(root))))


def _names(root: Path) -> list[str]:
    return _archive(root).namelist()


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


@pytest.fixture
def umask() -> Iterator[None]:
    """Restore what a test does to the umask."""
    before = os.umask(0o022)
    yield
    os.umask(before)


# The same files give the same bytes.


def test_the_hash_of_a_tree_is_known(root: Path) -> None:
    """On each Python, with each zlib, on each machine."""
    assert GOLDEN == str(from_directory(_plant(root, TREE.items())).digest)


def test_the_order_of_creation_does_not_matter(root: Path) -> None:
    """Folders list their entries as they like; the archive is sorted by bytes."""
    assert GOLDEN == str(from_directory(_plant(root, reversed(TREE.items()))).digest)


@pytest.mark.parametrize("mode", [0o600, 0o755, 0o777], ids=oct)
def test_permissions_do_not_matter(root: Path, mode: int) -> None:
    """A checkout under Windows or with core.fileMode off gives the same bytes."""
    _plant(root, TREE.items())
    for path in root.rglob("*"):
        path.chmod(mode | 0o700 if path.is_dir() else mode)
    assert GOLDEN == str(from_directory(root).digest)


@pytest.mark.usefixtures("umask")
@pytest.mark.parametrize("mask", [0o000, 0o077], ids=oct)
def test_the_umask_does_not_matter(root: Path, mask: int) -> None:
    """Neither of who checks out nor of who deploys."""
    os.umask(mask)
    assert GOLDEN == str(from_directory(_plant(root, TREE.items())).digest)


@pytest.mark.parametrize("time", [0, 315_532_799, 4_354_819_200], ids=["1970", "1979", "2108"])
def test_times_do_not_matter(root: Path, time: int) -> None:
    """Not even those that a zip file cannot hold."""
    _plant(root, TREE.items())
    for path in [root, *root.rglob("*")]:
        os.utime(path, (time, time))
    assert GOLDEN == str(from_directory(root).digest)


def test_the_name_of_the_folder_does_not_matter(tmp_path: Path) -> None:
    """Names in the archive begin below the folder, and a link to it is as good."""
    _plant(tmp_path / "somewhere else", TREE.items())
    (tmp_path / "link").symlink_to(tmp_path / "somewhere else")
    assert GOLDEN == str(from_directory(tmp_path / "somewhere else").digest)
    assert GOLDEN == str(from_directory(tmp_path / "link").digest)


def test_a_relative_folder_is_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How the folder is reached does not matter."""
    _plant(root, TREE.items())
    monkeypatch.chdir(root)
    assert GOLDEN == str(from_directory(Path()).digest)
    assert GOLDEN == str(from_directory(Path("../code/static/..")).digest)


def test_empty_folders_do_not_matter(root: Path) -> None:
    """Git does not keep them, so that they differ between machines."""
    _plant(root, TREE.items())
    (root / "empty/inner").mkdir(parents=True)
    assert GOLDEN == str(from_directory(root).digest)


def test_content_matters(root: Path) -> None:
    """One byte is another hash."""
    _plant(root, TREE.items())
    (root / "lib/a.py").write_bytes(b"A = 2\n")
    assert GOLDEN != str(from_directory(root).digest)


def test_names_matter(root: Path) -> None:
    """The same bytes under another name are another package."""
    _plant(root, TREE.items())
    (root / "lib/a.py").rename(root / "lib/b.py")
    assert GOLDEN != str(from_directory(root).digest)


def test_the_entries(root: Path) -> None:
    """Sorted by bytes, stored, dated 1980, executable for everybody, and complete."""
    archive = _archive(_plant(root, TREE.items()))
    assert sorted(TREE, key=str.encode) == archive.namelist()
    assert TREE == {name: archive.read(name) for name in archive.namelist()}
    assert archive.testzip() is None
    for entry in archive.infolist():
        assert 0o100755 == entry.external_attr >> 16
        assert zipfile.ZIP_STORED == entry.compress_type
        assert (1980, 1, 1, 0, 0, 0) == entry.date_time
        assert 3 == entry.create_system


def test_the_origin_ends_like_a_folder(root: Path) -> None:
    """The reader sees that it is a folder."""
    assert f"{root}{os.sep}" == from_directory(_touch(root, "a")).origin


# Links, and what is neither file nor folder.


def test_links_inside_are_followed(root: Path) -> None:
    """A link is deployed as what it leads to, because Lambda gets no links."""
    _touch(root, "real/a.py")
    (root / "alias.py").symlink_to("real/a.py")
    (root / "folder").symlink_to("real")
    (root / "absolute").symlink_to(root / "real/a.py")
    archive = _archive(root)
    assert ["absolute", "alias.py", "folder/a.py", "real/a.py"] == archive.namelist()
    assert {b"real/a.py"} == {archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("target", ["/etc", "/etc/passwd", "../beside", "../code-2/x", ".."])
def test_links_that_lead_out_are_refused(root: Path, target: str) -> None:
    """They would deploy this machine's files, and others on another machine."""
    _touch(root.parent, "beside", "code-2/x")
    _touch(root, "a")
    (root / "out").symlink_to(target)
    failure = _refused(root)
    assert f"{root / 'out'} is a link out of the folder" == failure.what
    assert ".lambdaignore" in failure.remedy


def test_a_link_to_a_link_that_leads_out_is_refused(root: Path) -> None:
    """No detour gets out."""
    (root / "z").symlink_to("/etc/passwd")
    (root / "a").symlink_to("z")
    assert "a is a link out of the folder" in _refused(root).what


def test_a_link_that_leads_out_below_a_link_is_refused(root: Path) -> None:
    """Links are looked at wherever a walk gets to."""
    _touch(root, "real/a.py")
    (root / "real/out").symlink_to("../../..")
    (root / "alias").symlink_to("real")
    assert "is a link out of the folder" in _refused(root).what


def test_an_ignored_link_may_lead_anywhere(root: Path) -> None:
    """What is not deployed is not looked at."""
    _touch(root, "a")
    (root / "node_modules").symlink_to("/etc")
    (root / "loop").symlink_to("loop")
    (root / ".lambdaignore").write_text("node_modules\nloop\n")
    assert ["a"] == _names(root)


@pytest.mark.parametrize("target", [".", "..", "../lib"], ids=["itself", "parent", "beside"])
def test_links_that_lead_round_are_refused(root: Path, target: str) -> None:
    """A folder that holds itself has no end."""
    _touch(root, "lib/a.py")
    (root / "lib/round").symlink_to(target)
    assert "is a link to a folder above it" in _refused(root).what


def test_two_links_that_lead_to_each_other_are_refused(root: Path) -> None:
    """No round trip is taken, however long."""
    _touch(root, "a/1", "b/2")
    (root / "a/to-b").symlink_to("../b")
    (root / "b/to-a").symlink_to("../a")
    assert "is a link to a folder above it" in _refused(root).what


@pytest.mark.parametrize("target", ["gone", "self", "other"], ids=["dangling", "loop", "two-loop"])
def test_links_that_lead_nowhere_are_refused(root: Path, target: str) -> None:
    """A link to nothing, or to itself, is an error in words."""
    _touch(root, "a")
    (root / "self").symlink_to(target)
    if target == "other":
        (root / "other").symlink_to("self")
    assert str(root) in _refused(root).what


def test_a_fifo_is_refused(root: Path) -> None:
    """Reading it would wait for ever."""
    _touch(root, "a")
    os.mkfifo(root / "pipe")
    assert f"{root / 'pipe'} is neither a file nor a folder" == _refused(root).what


def test_an_ignored_fifo_is_no_matter(root: Path) -> None:
    """What is not deployed is not looked at."""
    _touch(root, "a")
    os.mkfifo(root / "pipe")
    (root / ".lambdaignore").write_text("pipe")
    assert ["a"] == _names(root)


# Names.


def test_a_name_that_is_not_utf_8_is_refused(root: Path) -> None:
    """A zip file could hold it only as something else; it is shown without harm."""
    _touch(root, "a")
    (root / os.fsdecode(b"caf\xe9.py")).touch()
    failure = _refused(root)
    assert "has a name that is not UTF-8" in failure.what
    assert failure.what.isascii()


def test_a_name_that_is_not_utf_8_may_be_ignored(root: Path) -> None:
    """Rules match such names, too."""
    _touch(root, "a")
    (root / os.fsdecode(b"caf\xe9.tmp")).touch()
    (root / ".lambdaignore").write_text("*.tmp")
    assert ["a"] == _names(root)


@pytest.mark.parametrize(
    "name", ["\u00e4.py", "\U0001f680", "a\u0301", "new\nline", "a:b", "a.", " ", "-rf", "~"]
)
def test_a_name_is_kept_as_it_is(root: Path, name: str) -> None:
    """No normalisation, no quoting: the archive has the name that the folder has."""
    assert [name] == _names(_touch(root, name))


# Size, and files that vanish.


def test_a_folder_over_the_limit_is_refused_before_it_is_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sizes are summed up first, so that a huge folder is not read into memory."""
    _plant(root, [("a", b"12345"), ("b", b"12345")])
    monkeypatch.setattr(directory, "DIRECT_UPLOAD_LIMIT", 9)

    def read(_: Path) -> bytes:
        raise AssertionError("a file was opened")

    monkeypatch.setattr(directory, "open_regular", read)
    assert f"{root}{os.sep} has 10 bytes, over the limit" in _refused(root).what


def test_the_archive_counts_and_not_only_the_files(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zip file's own directory takes room, too: its bytes are what AWS limits."""
    _plant(root, [("a", b"12345")])
    size = len(sent(from_directory(root)))
    monkeypatch.setattr(directory, "DIRECT_UPLOAD_LIMIT", size)
    assert ["a"] == _names(root)
    monkeypatch.setattr(directory, "DIRECT_UPLOAD_LIMIT", size - 1)
    assert "over the limit" in _refused(root).what


def test_ignored_files_do_not_count(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is deployed must fit."""
    _plant(root, [("a", b"1"), ("big", bytes(4000))])
    (root / ".lambdaignore").write_text("big")
    monkeypatch.setattr(directory, "DIRECT_UPLOAD_LIMIT", 1000)
    assert ["a"] == _names(root)


def test_a_file_that_must_not_be_read_is_invalid(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file is named, and not only the folder."""
    _touch(root, "lib/secret")

    def deny(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(directory, "open_regular", deny)
    assert f"{root / 'lib/secret'} cannot be read (Permission denied)" == _refused(root).what
