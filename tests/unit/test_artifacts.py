"""Packages as a whole: resolving, reading again, and files that somebody has built."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import Artifacts, is_remote, resolve, zip_file
from reconciler.artifacts.package import DIRECT_UPLOAD_LIMIT, local_package, too_large
from reconciler.model import Directory, FailureKind, Image, PackageType, ReconcileError, S3Object
from reconciler.model import ZipFile as ZipSource
from tests.unit.builders import code, location, sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.artifacts import LocalSource, Package
    from reconciler.model import CodeSource, Failure


def _zipped(path: Path, content: str = "print()") -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), content)
    return path


def _sha256(path: Path) -> str:
    return base64.b64encode(hashlib.sha256(path.read_bytes()).digest()).decode()


def _refused(source: LocalSource) -> Failure:
    with pytest.raises(ReconcileError) as raised:
        Artifacts().resolve(source)
    return raised.value.failure


def _from_zip(path: Path) -> Package:
    return Artifacts().resolve(ZipSource(path, location()))


@pytest.fixture
def built(tmp_path: Path) -> Path:
    return _zipped(tmp_path / "package.zip")


# Zip files.


def test_a_zip_file_is_sent_as_it_is(built: Path) -> None:
    """The hash is that of the file's bytes, and these bytes are read."""
    package = _from_zip(built)
    assert _sha256(built) == str(package.digest)
    assert built.read_bytes() == sent(package)
    assert str(built) == package.origin
    assert PackageType.ZIP is package.package_type


def test_a_zip_file_may_begin_with_something_else(built: Path) -> None:
    """A self-extracting file is a zip file to Lambda, too; all its bytes are hashed."""
    built.write_bytes(b"#!/bin/sh\n" + built.read_bytes())
    assert _sha256(built) == str(_from_zip(built).digest)


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04 and then nothing", b"\x1f\x8b\x08 a tar ball", b"not a zip at all"],
    ids=["empty", "cut-off", "gzip", "text"],
)
def test_what_is_no_zip_file_is_refused(tmp_path: Path, content: bytes) -> None:
    """AWS would refuse it later, and for less clear reasons."""
    path = tmp_path / "package.zip"
    path.write_bytes(content)
    failure = _refused(ZipSource(path, location()))
    assert FailureKind.INVALID is failure.kind
    assert f"{path} is not a zip file" == failure.what


def test_a_zip_file_that_was_cut_off_is_refused(built: Path) -> None:
    """A build that was killed leaves a file without its directory."""
    built.write_bytes(built.read_bytes()[:-30])
    assert "is not a zip file" in _refused(ZipSource(built, location())).what


def _make_nothing(path: Path) -> None:
    assert not path.exists()


def _make_loop(path: Path) -> None:
    path.symlink_to(path)


def _make_folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("kind", [ZipSource, Directory], ids=["zip-file", "directory"])
@pytest.mark.parametrize("make", [_make_nothing, _make_loop], ids=["missing", "loop"])
def test_a_path_that_cannot_be_read_is_invalid(
    tmp_path: Path, kind: type[ZipSource | Directory], make: Callable[[Path], None]
) -> None:
    """It is said which path, and it is no reason to try again."""
    path = tmp_path / "code"
    make(path)
    failure = _refused(kind(path, location()))
    assert FailureKind.INVALID is failure.kind
    assert str(path) in failure.what


def test_a_folder_is_no_zip_file(tmp_path: Path) -> None:
    """The two sources zipFile and directory are not interchangeable."""
    failure = _refused(ZipSource(tmp_path, location()))
    assert FailureKind.INVALID is failure.kind
    assert f"{tmp_path} is not a regular file" == failure.what


def test_a_file_is_no_folder(built: Path) -> None:
    """A zip file given as directory is not zipped once more."""
    failure = _refused(Directory(built, location()))
    assert FailureKind.INVALID is failure.kind
    assert "Not a directory" in failure.what


def test_a_file_that_must_not_be_read_is_invalid(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Permission denied is told as such, whoever runs the tests."""

    def deny(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(built))

    monkeypatch.setattr(zip_file, "open_regular", deny)
    failure = _refused(ZipSource(built, location()))
    assert f"{built} cannot be read (Permission denied)" == failure.what
    assert FailureKind.INVALID is failure.kind


def test_a_zip_file_may_be_as_large_as_aws_takes(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is allowed."""
    monkeypatch.setattr(zip_file, "DIRECT_UPLOAD_LIMIT", built.stat().st_size)
    assert _sha256(built) == str(_from_zip(built).digest)


def test_a_zip_file_over_the_limit_is_refused(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One byte more would be sent in vain: AWS answers 413 when all of it is there."""
    monkeypatch.setattr(zip_file, "DIRECT_UPLOAD_LIMIT", built.stat().st_size - 1)
    failure = _refused(ZipSource(built, location()))
    assert FailureKind.INVALID is failure.kind
    assert f"{built} has 121 bytes, over the limit of " in failure.what
    assert "make it smaller, or put it into S3 and declare spec.code.s3" == failure.remedy


def test_the_limit_is_that_of_the_api() -> None:
    """50 MB, as the quota page has it, and the message agrees."""
    assert 50 * 1024 * 1024 == DIRECT_UPLOAD_LIMIT
    assert "f has 62,914,560 bytes, over" in too_large("f", 60 * 1024 * 1024).failure.what


# Reading again.


def _overwrite(path: Path) -> None:
    _zipped(path, "something else")


def _truncate(path: Path) -> None:
    path.write_bytes(b"")


def _remove(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("change", [_overwrite, _truncate, _remove])
def test_a_zip_file_that_changes_under_way_is_not_sent(
    built: Path, change: Callable[[Path], None]
) -> None:
    """A build that goes on is a temporary failure: what is sent is what the plan said."""
    package = _from_zip(built)
    change(built)
    with pytest.raises(ReconcileError) as raised:
        sent(package)
    assert FailureKind.TEMPORARY is raised.value.failure.kind
    assert str(built) in raised.value.failure.what


def test_a_directory_that_changes_under_way_is_not_sent(tmp_path: Path) -> None:
    """A folder is zipped again when it is sent, and must give the same bytes."""
    (tmp_path / "index.py").write_text("a")
    package = Artifacts().resolve(Directory(tmp_path, location()))
    assert hashlib.sha256(sent(package)).digest() == base64.b64decode(str(package.digest))
    (tmp_path / "index.py").write_text("b")
    with pytest.raises(ReconcileError) as raised:
        sent(package)
    assert FailureKind.TEMPORARY is raised.value.failure.kind
    assert f"{tmp_path}{os.sep} changed while it was being deployed" == raised.value.failure.what


def test_a_directory_that_is_gone_is_not_sent(tmp_path: Path) -> None:
    """A folder that was removed after hashing is a temporary failure."""
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "index.py").touch()
    package = Artifacts().resolve(Directory(folder, location()))
    (folder / "index.py").unlink()
    folder.rmdir()
    with pytest.raises(ReconcileError, match="changed while"):
        sent(package)


def test_a_package_does_not_show_its_bytes() -> None:
    """Packages are compared and printed by what they hash to."""
    package = local_package(code("a"), "a.zip", lambda: b"secret")
    assert "secret" not in repr(package)
    assert package == local_package(code("a"), "a.zip", lambda: b"other")


# Resolving.


def test_each_path_is_hashed_once(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many functions may share a package, wherever their manifests are."""
    hashed: list[Path] = []

    def count(path: Path) -> Package:
        hashed.append(path)
        return local_package(code(str(path)), str(path), lambda: b"")

    monkeypatch.setattr(resolve, "from_zip_file", count)
    monkeypatch.setattr(resolve, "from_directory", count)
    artifacts = Artifacts()
    for line in range(3):
        artifacts.resolve(ZipSource(built, location(line=line)))
        artifacts.resolve(Directory(tmp_path, location(line=line)))
    assert [built, tmp_path] == hashed


def test_a_failure_is_found_once_and_told_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bad package is not read again for every function that uses it."""
    tried: list[Path] = []

    def fail(path: Path) -> Package:
        tried.append(path)
        raise too_large(str(path), DIRECT_UPLOAD_LIMIT + 1)

    monkeypatch.setattr(resolve, "from_directory", fail)
    artifacts = Artifacts()
    for line in range(3):
        with pytest.raises(ReconcileError):
            artifacts.resolve(Directory(tmp_path, location(line=line)))
    assert [tmp_path] == tried


def test_zip_file_and_directory_of_one_path_are_two_sources(tmp_path: Path) -> None:
    """What a path is as one kind of source says nothing about the other."""
    (tmp_path / "index.py").touch()
    artifacts = Artifacts()
    with pytest.raises(ReconcileError):
        artifacts.resolve(ZipSource(tmp_path, location()))
    assert f"{tmp_path}{os.sep}" == artifacts.resolve(Directory(tmp_path, location())).origin


@pytest.mark.parametrize(
    ("source", "remote"),
    [
        pytest.param(ZipSource(Path("a.zip"), location()), False, id="zip-file"),
        pytest.param(Directory(Path("a"), location()), False, id="directory"),
        pytest.param(S3Object("b", "k", "v", None, location()), True, id="s3"),
        pytest.param(Image("registry/image:tag", location()), True, id="image"),
    ],
)
def test_what_aws_fetches_by_itself_is_remote(source: CodeSource, remote: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """The two kinds are resolved at different times, by different classes."""
    assert remote is is_remote(source)
