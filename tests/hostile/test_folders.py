"""Folders in which anything may lie, and which others change while they are read."""

from __future__ import annotations

import io
import os
import shutil
import socket
import stat
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.artifacts import directory
from reconciler.artifacts.directory import from_directory
from reconciler.model import FailureKind, ReconcileError
from tests.hostile.cases import Counted
from tests.hostile.examples import examples
from tests.hostile.folders import refused
from tests.unit.builders import sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """Give a folder and, to a test that root runs, the rights of nobody."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if user == 0:
            os.seteuid(0)
        for path in folder.iterdir():
            path.chmod(0o700)
        shutil.rmtree(folder)


def names(root: Path) -> list[str]:
    """Give the names in the package."""
    return zipfile.ZipFile(io.BytesIO(sent(from_directory(root)))).namelist()


# What is no file.


def test_a_socket_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that runs in the folder may have left one."""
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.sock")
        assert f"{root / 's.sock'} is neither a file nor a folder" == refused(root)


def test_a_device_is_refused(root: Path) -> None:
    """/dev/zero has no end."""
    try:
        os.mknod(root / "zero", stat.S_IFCHR | 0o666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("only root makes devices")
    assert f"{root / 'zero'} is neither a file nor a folder" == refused(root)


@pytest.mark.parametrize("kind", ["file", "folder", "ignore file"])
def test_what_must_not_be_read_is_named(as_nobody: Path, kind: str) -> None:
    """Where, and why."""
    path = as_nobody / (".lambdaignore" if kind == "ignore file" else "locked")
    (as_nobody / "app.py").touch()
    path.mkdir() if kind == "folder" else path.touch()
    path.chmod(0)
    assert f"{path} cannot be read (Permission denied)" == refused(as_nobody)


@pytest.mark.parametrize(
    ("plant", "what"),
    [
        (os.mkfifo, "is neither a file nor a folder"),
        (Path.mkdir, "is a folder"),
        (lambda path: path.symlink_to("gone"), "is a link that leads nowhere"),
        (lambda path: path.symlink_to("../outside/app.py"), "is a link out of the folder"),
        (lambda path: path.write_bytes(b"a\n" * 200_000), "is larger than 256 KiB"),
        (lambda path: path.write_bytes(b"[z-a" + b"x" * 10_000 + b"]"), ": "),
    ],
    ids=["pipe", "folder", "nowhere", "outside", "huge", "a long rule"],
)
def test_an_ignore_file_that_is_none_is_refused(
    root: Path, plant: Callable[[Path], object], what: str
) -> None:
    """Passed over in silence, it would deploy what it names."""
    plant(root / ".lambdaignore")
    said = refused(root)
    assert said.startswith(f"{root / '.lambdaignore'}")
    assert what in said
    assert len(said) < 1000


# Names.


@pytest.mark.parametrize(
    "pair",
    [("App.py", "APP.PY"), ("caf\u00e9", "cafe\u0301"), ("\u212b", "\u00c5"), ("a", "a.")],
    ids=["case", "normal form", "compatibility", "dot"],
)
def test_names_that_other_systems_take_for_one_are_two(root: Path, pair: tuple[str, str]) -> None:
    """Lambda runs on Linux, which keeps them apart as this folder does."""
    for name in pair:
        (root / name).write_text(name)
    if len(list(root.iterdir())) != 3:
        pytest.skip("this file system takes them for one")
    archive = zipfile.ZipFile(io.BytesIO(sent(from_directory(root))))
    assert [name.encode() for name in pair] == [archive.read(name) for name in pair]


@pytest.mark.parametrize("name", ["..\\..\\app.py", "back\\slash", "\\"])
def test_a_backslash_in_a_name_is_refused(root: Path, name: str) -> None:
    """An unpacker may take it for a separator (APPNOTE 4.4.17.1); .lambdaignore leaves it out."""
    (root / name).touch()
    assert f"{root / name} has a backslash in its name, which a zip file cannot hold" == refused(
        root
    )


@examples(60)
@given(
    st.lists(
        st.binary(min_size=1, max_size=40).filter(
            lambda name: not set(name) & set(b"/\0") and name not in (b".", b"..")
        ),
        min_size=1,
        max_size=4,
        unique=True,
    ),
    st.binary(max_size=60),
)
def test_any_names_and_rules_make_a_package_or_an_error(found: list[bytes], rules: bytes) -> None:
    """What comes out is in UTF-8, below the folder, and the same twice; else a reason."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in found:
            (root / os.fsdecode(name)).write_bytes(name)
        (root / ".lambdaignore").write_bytes(rules)
        try:
            package = from_directory(root)
        except ReconcileError as error:
            assert FailureKind.INVALID is error.failure.kind  # noqa: PT017 - either end is fine
            return
        archive = zipfile.ZipFile(io.BytesIO(sent(package)))
        for entry in archive.infolist():
            assert entry.filename.encode() == archive.read(entry)
            assert "\\" not in entry.filename
        assert package.digest == from_directory(root).digest


# Depth and number.


def test_a_thousand_folders_in_each_other_are_walked(root: Path) -> None:
    """Python's stack is no limit of what can be deployed."""
    depth = 1_200
    here = os.open(root, os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("app.py", os.O_CREAT, dir_fd=here))
    os.close(here)
    assert ["app.py", "d/" * depth + "app.py"] == names(root)
    _remove_deep(root / "d")


def test_a_path_that_no_system_takes_is_told(root: Path) -> None:
    """Folders can be nested deeper than a path can say."""
    here = os.open(root, os.O_DIRECTORY)
    for _ in range(30):
        os.mkdir("d" * 200, dir_fd=here)
        below = os.open("d" * 200, os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert "cannot be read (File name too long)" in refused(root)
    _remove_deep(root / ("d" * 200))


def _remove_deep(path: Path) -> None:
    """Remove a chain of folders by moving each up: what pytest cleans up by recursion."""
    top = path.parent
    while path.exists():
        for inner in list(path.iterdir()):
            inner.replace(top / f"{inner.name}.up")
        path.rmdir()
        for risen in top.glob("*.up"):
            risen.replace(path) if risen.is_dir() else risen.unlink()


def test_links_that_multiply_folders_end(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two links to the next of thirty folders are a thousand million folders without a file."""
    monkeypatch.setattr(directory, "MOST_FOLDERS", 500)
    for number in range(30):
        (root / f"d{number}").mkdir()
        for name in ("a", "b"):
            if number < 29:
                (root / f"d{number}" / name).symlink_to(f"../d{number + 1}")
    with Counted() as counted:
        assert f"{root} has more than 500 folders" == refused(root)
    assert counted.calls < 500_000


def test_the_work_grows_with_the_files_and_no_faster(tmp_path: Path) -> None:
    """Four times the files are four times the calls: 10,000 are no matter."""
    calls = []
    for number in (250, 1_000):
        root = tmp_path / str(number)
        root.mkdir()
        for name in range(number):
            (root / f"{name}.py").touch()
        with Counted() as counted:
            from_directory(root)
        calls.append(counted.calls)
    assert calls[1] < 4.5 * calls[0]
    assert calls[1] < 1_000 * 1_000
