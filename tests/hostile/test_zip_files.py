"""Zip files as somebody who means harm would make them; none is ever unpacked."""

from __future__ import annotations

import io
import os
import socket
import stat
import struct
import tracemalloc
import warnings
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.artifacts import native_code_in, regular
from reconciler.artifacts.native import machine
from reconciler.artifacts.zip_file import from_zip_file
from reconciler.model import FailureKind, NativeCode, ReconcileError
from tests.hostile.examples import examples
from tests.unit.builders import sent
from tests.unit.elf import elf, zipped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def refused(path: Path, kind: FailureKind = FailureKind.INVALID) -> str:
    """Give why the file cannot be deployed."""
    with pytest.raises(ReconcileError) as raised:
        from_zip_file(path)
    failure = raised.value.failure
    assert kind is failure.kind
    assert str(path) in failure.what
    assert failure.remedy
    return failure.what.removeprefix(f"{path} ")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return tmp_path / "package.zip"


# What is no file, or no zip file.


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    ("plant", "what"),
    [
        (os.mkfifo, "is not a regular file"),
        (lambda path: path.mkdir(), "is not a regular file"),
        (_socket, "is not a regular file"),
        (lambda path: path.symlink_to("/dev/zero"), "is not a regular file"),
        (lambda path: path.symlink_to("/dev/null"), "is not a regular file"),
        (lambda path: path.symlink_to(path.name), "cannot be read (Too many levels of symbolic"),
        (lambda path: path.symlink_to("gone"), "cannot be read (No such file or directory)"),
        (_sparse, "has 1,099,511,627,776 bytes, over the limit"),
        (lambda path: path.touch(), "is not a zip file"),
        (lambda path: path.write_bytes(b"PK\x03\x04"), "is not a zip file"),
        (lambda path: path.write_bytes(b"#!/bin/sh\n"), "is not a zip file"),
    ],
    ids=[
        "pipe",
        "folder",
        "socket",
        "endless device",
        "empty device",
        "loop",
        "nowhere",
        "sparse",
        "empty",
        "cut off",
        "script",
    ],
)
def test_what_is_no_zip_file_is_told_at_once(
    package: Path, plant: Callable[[Path], object], what: str
) -> None:
    """A pipe is not waited for, and a device not read to its end."""
    plant(package)
    assert refused(package).startswith(what)


@pytest.mark.parametrize(
    "plant",
    [os.mkfifo, lambda path: path.mkdir(), lambda path: path.symlink_to("/dev/zero")],
    ids=["pipe", "folder", "device"],
)
def test_a_zip_file_that_is_replaced_is_not_read(
    package: Path, monkeypatch: pytest.MonkeyPatch, plant: Callable[[Path], object]
) -> None:
    """Neither when it is hashed nor when it is sent."""
    package.write_bytes(zipped({"a": b"a"}))
    whole = from_zip_file(package)
    opened = regular.open_regular

    def open_regular(path: Path) -> io.FileIO:
        package.unlink()
        plant(package)
        return opened(path)

    monkeypatch.setattr("reconciler.artifacts.zip_file.open_regular", open_regular)
    with pytest.raises(ReconcileError):
        sent(whole)
    with pytest.raises(ReconcileError) as raised:
        from_zip_file(package)
    assert str(package) in raised.value.failure.what


# Entries.


def archive(*names: str, mode: int = stat.S_IFREG | 0o644, content: bytes = b"x") -> bytes:
    """Make a zip file with these names, whatever they are."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            entry = zipfile.ZipInfo("replaced")
            entry.filename = name
            entry.external_attr = mode << 16
            file.writestr(entry, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../app.py",
        "lib/../../app.py",
        "..",
        "lib/..",
        "\\app.py",
        "..\\app.py",
        "lib\\..\\..\\app.py",
        "C:\\app.py",
        "c:/app.py",
        "//server/app.py",
        "a\n/../b",
    ],
)
def test_an_entry_outside_of_the_folder_is_refused(package: Path, name: str) -> None:
    """Nobody knows where an unpacker would put it; no build tool makes one by accident."""
    package.write_bytes(archive("app.py", name))
    assert f'has the entry "{name}", which is outside of its folder' == refused(package)


@pytest.mark.parametrize(
    "name", ["a..b", "...", "..a/b", "a../b", "C:", "c:a", "lib/C:/a", "a\\b", "~", " /a", "./a"]
)
def test_a_name_that_only_looks_so_is_for_aws_to_judge(package: Path, name: str) -> None:
    """What is refused here could not be deployed at all."""
    content = archive("app.py", name)
    package.write_bytes(content)
    assert content == sent(from_zip_file(package))


def test_an_encrypted_entry_is_refused(package: Path) -> None:
    """No call of Lambda takes a password."""
    content = bytearray(archive("app.py", "secret.py"))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.rindex(signature) + offset] |= 1
    package.write_bytes(content)
    assert 'has the encrypted entry "secret.py", which Lambda cannot open' == refused(package)


def test_a_long_name_is_cut(package: Path) -> None:
    """A name can have 65,535 bytes."""
    package.write_bytes(archive("../" + "x" * 60_000))
    assert len(refused(package)) < 300


@pytest.mark.parametrize(
    "content",
    [
        archive("app.py", "app.py"),
        archive("link", mode=stat.S_IFLNK | 0o777, content=b"/etc/passwd"),
        archive("device", mode=stat.S_IFCHR | 0o666),
        b"before" + archive("app.py"),
        archive("app.py") + b"after",
        zipped({"bomb": bytes(100_000_000)}),
        zipped({"app.py": b"x"}, comment=b"c" * 65_535),
    ],
    ids=["twice", "link", "device", "data before", "data after", "bomb", "comment"],
)
def test_what_only_aws_can_judge_is_sent_as_it_is(package: Path, content: bytes) -> None:
    """Byte for byte; what AWS says of it is in the report."""
    package.write_bytes(content)
    assert content == sent(from_zip_file(package))


def test_a_bomb_is_never_inflated(package: Path) -> None:
    """A gigabyte of noughts in a megabyte: some kilobytes of it are looked at."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name in "abcd":
            with file.open(name, "w") as entry:
                for _ in range(16):
                    entry.write(bytes(4_000_000))
    package.write_bytes(buffer.getvalue())
    tracemalloc.start()
    try:
        assert () == native_code_in(sent(from_zip_file(package))).files
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


def test_a_directory_that_promises_too_much_is_survived() -> None:
    """Its counts and offsets are anybody's, also those of zip64."""
    content = zipped({"a.so": elf(62)})
    end = content.rindex(b"PK\x05\x06")
    lies = [
        content[:end] + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, size, at, 0)
        for size in (0, 1, 0xFFFFFFFE, 0xFFFFFFFF)
        for at in (0, end, 0xFFFFFFFE, 0xFFFFFFFF)
    ]
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 1 << 60, 1)
    lies.append(content[:end] + locator + content[end:])
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 62, 1 << 62, 1 << 62, 1 << 62
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    lies.append(content[:end] + record + locator + content[end:])
    for lie in lies:
        assert isinstance(native_code_in(lie), NativeCode)


SAMPLE = archive("app.py", "lib/b.so", content=elf(62))


@examples(250)
@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, len(SAMPLE)),
    st.binary(max_size=20),
)
def test_any_damaged_zip_file_is_a_package_or_an_error(
    tmp_path_factory: pytest.TempPathFactory,
    damage: list[tuple[int, int]],
    length: int,
    tail: bytes,
) -> None:
    """Overwritten, cut and lengthened: sent as it is, or refused with a reason."""
    content = bytearray(SAMPLE)
    for offset, value in damage:
        content[offset] = value
    content = content[length:] if length % 2 else content
    content += tail
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(content)
    try:
        package = from_zip_file(path)
    except ReconcileError as error:
        assert FailureKind.INVALID is error.failure.kind  # noqa: PT017 - either end is fine
    else:
        assert bytes(content) == sent(package)
    assert isinstance(native_code_in(bytes(content)), NativeCode)


@examples(200)
@given(st.binary(max_size=64).map(lambda tail: b"\x7fELF" + tail))
def test_any_elf_header_is_read(header: bytes) -> None:
    """A machine, or None."""
    found = machine(header)
    assert found is None or found.value in {"x86_64", "arm64", "i386", "arm"}
