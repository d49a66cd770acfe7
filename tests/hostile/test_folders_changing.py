"""Folders that somebody changes while they are read: what lies elsewhere is never deployed."""

from __future__ import annotations

import io
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import regular
from reconciler.artifacts.directory import from_directory
from reconciler.model import FailureKind, ReconcileError
from tests.hostile.folders import refused
from tests.unit.builders import sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def before_reading(monkeypatch: pytest.MonkeyPatch, change: Callable[[], object]) -> None:
    """Let somebody change the folder after it was listed, before the first file is opened."""
    opened = regular.open_regular

    def open_regular(path: Path) -> io.FileIO:
        monkeypatch.setattr("reconciler.artifacts.directory.open_regular", opened)
        change()
        return opened(path)

    monkeypatch.setattr("reconciler.artifacts.directory.open_regular", open_regular)


def _replace(path: Path, plant: Callable[[Path], object]) -> Callable[[], object]:
    def change() -> None:
        path.unlink()
        plant(path)

    return change


@pytest.mark.parametrize(
    "plant",
    [
        lambda path: path.symlink_to("../outside/app.py"),
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("/dev/zero"),
        lambda path: path.symlink_to(path.name),
        os.mkfifo,
        Path.mkdir,
        lambda path: path.symlink_to("gone"),
        lambda _: None,
        lambda path: path.write_bytes(bytes(100_000)),
    ],
    ids=[
        "link out",
        "file of the system",
        "device",
        "loop",
        "pipe",
        "folder",
        "nowhere",
        "gone",
        "larger",
    ],
)
def test_a_file_that_is_replaced_is_never_read(
    root: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Path], object]
) -> None:
    """The run says so, without waiting for a pipe and without reading what lies elsewhere."""
    before_reading(monkeypatch, _replace(root / "app.py", plant))
    with pytest.raises(ReconcileError) as raised:
        from_directory(root)
    assert str(root / "app.py") in raised.value.failure.what
    assert raised.value.failure.remedy


def test_a_link_that_is_there_for_a_moment_only_is_found(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was opened is compared with what lies there, and not one path with another."""
    opened = regular.open_regular

    def open_regular(path: Path) -> io.FileIO:
        path.rename(root.parent / "kept")
        path.symlink_to("../outside/app.py")
        file = opened(path)
        (root.parent / "kept").replace(path)
        return file

    monkeypatch.setattr("reconciler.artifacts.directory.open_regular", open_regular)
    assert "changed while it was being deployed" in refused(root, FailureKind.TEMPORARY)


def test_a_folder_that_becomes_a_link_is_not_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the link leads to has a file of the same name."""
    (root / "lib").mkdir()
    (root / "lib" / "app.py").write_bytes(b"harmless")
    (root / "app.py").unlink()

    def change() -> None:
        (root / "lib").rename(root.parent / "moved")
        (root / "lib").symlink_to("../outside/lib")

    before_reading(monkeypatch, change)
    said = refused(root, FailureKind.TEMPORARY)
    assert f"{root / 'lib' / 'app.py'} changed while it was being deployed" == said


def test_a_folder_that_becomes_a_link_before_it_is_listed_is_not_read(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between a look at the folder and its listing anything may happen."""
    (root / "lib").mkdir()
    listed = Path.iterdir

    def iterdir(path: Path) -> Iterator[Path]:
        if path.name == "lib" and not path.is_symlink():
            path.rmdir()
            path.symlink_to("../outside/lib")
        return listed(path)

    monkeypatch.setattr(Path, "iterdir", iterdir)
    assert "changed while it was being deployed" in refused(root, FailureKind.TEMPORARY)


def test_the_whole_folder_may_become_a_link(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another folder of the same files is another one all the same."""

    def change() -> None:
        root.rename(root.parent / "moved")
        root.symlink_to("outside")

    before_reading(monkeypatch, change)
    assert "changed while it was being deployed" in refused(root, FailureKind.TEMPORARY)


class _Growing(io.FileIO):
    """A file to which somebody adds a byte whenever a piece of it is read."""

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        with Path(str(self.name)).open("ab") as file:
            file.write(b"x")
        return piece


def test_a_file_that_grows_without_end_is_given_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more of it is read than it had when it was found, and a byte."""
    monkeypatch.setattr("io.FileIO", _Growing)
    said = refused(root, FailureKind.TEMPORARY)
    assert f"{root / 'app.py'} changed while it was being deployed" == said


def test_a_file_that_is_cut_while_it_is_read_is_given_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of one state and half of another is no package."""

    class Cut(io.FileIO):
        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            os.truncate(str(self.name), 1)
            return piece

    monkeypatch.setattr("io.FileIO", Cut)
    assert "changed while it was being deployed" in refused(root, FailureKind.TEMPORARY)


def test_what_is_sent_is_what_was_hashed(root: Path) -> None:
    """A file that changes between the plan and the update ends the update."""
    package = from_directory(root)
    (root / "app.py").write_bytes(b"HARMLESS")
    with pytest.raises(ReconcileError) as raised:
        sent(package)
    assert FailureKind.TEMPORARY is raised.value.failure.kind


def test_no_file_is_left_open(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither after a package nor after an error."""
    before = len(list(Path("/dev/fd").iterdir()))
    from_directory(root)
    for plant in (os.mkfifo, Path.mkdir):
        before_reading(monkeypatch, _replace(root / "app.py", plant))
        with pytest.raises(ReconcileError):
            from_directory(root)
        shutil.rmtree(root)
        root.mkdir()
        (root / "app.py").touch()
    assert before == len(list(Path("/dev/fd").iterdir()))
