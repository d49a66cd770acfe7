"""Native code in packages on this machine."""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import Artifacts
from reconciler.artifacts.package import local_package
from reconciler.model import CodeDigest, Directory, FailureKind, ReconcileError
from reconciler.model import ZipFile as ZipSource
from tests.unit.builders import ARM, X86, location
from tests.unit.elf import elf, zipped

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.artifacts import Package
    from reconciler.model import NativeCode


def _look(package: Package) -> NativeCode:
    async def native_code() -> NativeCode:
        first, second = await asyncio.gather(package.native_code(), package.native_code())
        assert first is second
        return first

    return asyncio.run(native_code())


def test_a_zip_file_and_a_directory_are_looked_into(tmp_path: Path) -> None:
    """What is looked into is what would be sent."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "a.so").write_bytes(elf(183))
    (tmp_path / "code.zip").write_bytes(zipped({"b.so": elf(62)}))
    directory = Artifacts().resolve(Directory(tmp_path / "code", location()))
    zip_file = Artifacts().resolve(ZipSource(tmp_path / "code.zip", location()))
    assert ((ARM, "a.so"),) == _look(directory).files
    assert ((X86, "b.so"),) == _look(zip_file).files


def test_a_package_is_looked_into_once() -> None:
    """Many functions may share one of 50 MB."""
    content = zipped({"a.so": elf(62)})
    loaded: list[bytes] = []

    def load() -> bytes:
        loaded.append(content)
        return content

    package = local_package(CodeDigest.of_zip(hashlib.sha256(content).digest()), "a.zip", load)
    assert [] == loaded
    assert _look(package) is _look(package)
    assert [content] == loaded


def test_a_package_that_changes_under_way_is_not_looked_into(tmp_path: Path) -> None:
    """Other bytes would say nothing of those that were planned."""
    path = tmp_path / "code.zip"
    path.write_bytes(zipped({"b.so": elf(62)}))
    package = Artifacts().resolve(ZipSource(path, location()))
    path.write_bytes(zipped({"b.so": elf(183)}))
    with pytest.raises(ReconcileError) as raised:
        _look(package)
    assert FailureKind.TEMPORARY is raised.value.failure.kind
