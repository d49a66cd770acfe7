"""For which machines the files of a package are."""

from __future__ import annotations

import io
import random
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.artifacts import native, native_code_in
from reconciler.artifacts.native import machine, native_code_of
from reconciler.model import Architecture
from tests.unit.builders import ARM, X86
from tests.unit.elf import CORE, DYN, EXEC, REL, elf, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

I386, ARM32 = Architecture("i386"), Architecture("arm")


# One file.


@pytest.mark.parametrize(
    ("expected", "header"),
    [
        pytest.param(X86, elf(62), id="x86_64-library"),
        pytest.param(X86, elf(62, EXEC), id="x86_64-program"),
        pytest.param(ARM, elf(183), id="arm64"),
        pytest.param(I386, elf(3, bits=1), id="i386"),
        pytest.param(ARM32, elf(40, bits=1), id="arm"),
        pytest.param(ARM32, elf(40, bits=1, data=2), id="arm-big-endian"),
        pytest.param(X86, elf(62, bits=1), id="x32"),
        pytest.param(X86, elf(62)[:20], id="just-long-enough"),
        pytest.param(None, elf(62)[:19], id="too-short"),
        pytest.param(None, elf(243), id="riscv"),
        pytest.param(None, elf(62, REL), id="object-file"),
        pytest.param(None, elf(62, CORE), id="core-dump"),
        pytest.param(None, elf(62, 0xFE00), id="of-another-system"),
        pytest.param(None, elf(62, bits=0), id="no-class"),
        pytest.param(None, elf(62, bits=3), id="unknown-class"),
        pytest.param(None, b"\x7fELF\x02\x00" + elf(62)[6:], id="no-byte-order"),
        pytest.param(None, b"\x7fELF\x02\x02" + elf(62)[6:], id="other-byte-order"),
        pytest.param(None, b"#!/usr/bin/env python3\n", id="script"),
        pytest.param(None, b"\xca\xfe\xba\xbe" + bytes(30), id="java-class"),
        pytest.param(None, b"", id="empty"),
    ],
)
def test_machine(expected: Architecture | None, header: bytes) -> None:
    """Only what the machine could load counts, and only machines that people build for."""
    assert expected == machine(header)


@given(st.binary(max_size=40) | st.binary(max_size=40).map(lambda tail: b"\x7fELF" + tail))
def test_any_header_has_an_answer(header: bytes) -> None:
    """A file may begin with anything."""
    assert machine(header) in {None, X86, ARM, I386, ARM32}


@given(
    st.sampled_from([(62, X86), (183, ARM), (3, I386), (40, ARM32)]),
    st.sampled_from([DYN, EXEC]),
    st.sampled_from([1, 2]),
    st.sampled_from([1, 2]),
    st.binary(max_size=50),
)
def test_class_and_byte_order_do_not_hide_the_machine(
    known: tuple[int, Architecture], elf_type: int, bits: int, data: int, tail: bytes
) -> None:
    """The header is read in the byte order that it states; what follows does not matter."""
    number, architecture = known
    assert architecture == machine(elf(number, elf_type, bits=bits, data=data)[:20] + tail)


# A package.


def test_the_first_file_of_each_architecture_is_named() -> None:
    """One example is enough for an error, and the same one each time."""
    package = zipped(
        {
            "index.py": b"print()",
            "lib/b.so": elf(183),
            "lib/a.so": elf(62),
            "lib/c.so": elf(62),
            "bin/": b"",
            "bin/tool": elf(183, EXEC),
        }
    )
    assert ((ARM, "lib/b.so"), (X86, "lib/a.so")) == native_code_in(package).files


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_stored_and_deflated_files_are_read(method: int) -> None:
    """These two are what any tool makes."""
    package = zipped({"a.so": elf(62)}, method, comment=b"built by somebody")
    assert ((X86, "a.so"),) == native_code_in(package).files


def test_most_packages_have_no_native_code() -> None:
    """Nothing to check is nothing to refuse."""
    assert () == native_code_in(zipped({"index.py": b"print()", "empty": b""})).files


def test_a_self_extracting_file_is_read() -> None:
    """What stands before the archive moves every offset."""
    assert ((X86, "a.so"),) == native_code_in(b"#!/bin/sh\n" * 9 + zipped({"a.so": elf(62)})).files


def test_a_name_may_be_in_any_script() -> None:
    """Names are shown as they are."""
    assert ((X86, "библиотека.so"),) == native_code_in(zipped({"библиотека.so": elf(62)})).files


# Hostile packages. The entry after the bad one is still read.

GOOD = {"good.so": elf(183)}


def _bad_checksum(package: bytes) -> bytes:
    return package.replace(struct.pack("<L", zlib.crc32(b"short")), b"\0\0\0\0")


def _encrypted(package: bytes) -> bytes:
    return _patch_first_entry(package, local=6, central=8, value=b"\x01\x00")


def _unknown_method(package: bytes) -> bytes:
    return _patch_first_entry(package, local=8, central=10, value=b"\x63\x00")


def _other_name_inside(package: bytes) -> bytes:
    return package.replace(b"bad", b"but", 1)


def _offset_out_of_file(package: bytes) -> bytes:
    start = package.index(b"PK\x01\x02") + 42
    return package[:start] + struct.pack("<L", 0x7FFFFFFF) + package[start + 4 :]


def _patch_first_entry(package: bytes, *, local: int, central: int, value: bytes) -> bytes:
    data = bytearray(package)
    directory = package.index(b"PK\x01\x02")
    for place in (local, directory + central):
        data[place : place + len(value)] = value
    return bytes(data)


@pytest.mark.parametrize(
    "damage",
    [_bad_checksum, _encrypted, _unknown_method, _other_name_inside, _offset_out_of_file],
)
def test_a_bad_entry_is_passed_over(damage: Callable[[bytes], bytes]) -> None:
    """What is wrong with one entry says nothing of the others."""
    good = zipped({"bad": b"short", **GOOD}, zipfile.ZIP_STORED)
    bad = damage(good)
    assert bad != good
    assert ((ARM, "good.so"),) == native_code_in(bad).files


def test_an_encrypted_library_is_not_guessed_at() -> None:
    """Its bytes would be noise; here they would even look like an ELF header."""
    package = zipped({"bad": elf(62), **GOOD}, zipfile.ZIP_STORED)
    assert ((ARM, "good.so"),) == native_code_in(_encrypted(package)).files


def test_damaged_data_is_passed_over() -> None:
    """Deflate's own errors are met while reading."""
    package = bytearray(zipped({"bad": random.Random(1).randbytes(500), **GOOD}))  # noqa: S311 - no secret
    package[33:60] = b"\xff" * 27
    assert ((ARM, "good.so"),) == native_code_in(bytes(package)).files


def test_a_name_that_is_not_what_its_flag_says_makes_a_package_unreadable() -> None:
    """Zipfile then gives nothing at all; AWS will say whether it takes such a package."""
    package = zipped({"ö": elf(62)}).replace("ö".encode(), b"\xff\xff")
    assert () == native_code_in(package).files


@pytest.mark.parametrize("content", [b"", b"PK\x05\x06", b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_file_has_no_native_code(content: bytes) -> None:
    """That it cannot be deployed is for AWS to say."""
    assert () == native_code_in(content).files


def test_a_package_that_swells_is_not_unpacked() -> None:
    """Of each entry no more than its beginning is decompressed."""
    package = zipped({"zeros": bytes(100_000_000), "a.so": elf(62) + bytes(100_000_000)})
    assert ((X86, "a.so"),) == native_code_in(package).files


def test_only_so_many_entries_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package of countless files cannot hold a run up for ever."""
    monkeypatch.setattr(native, "MOST_ENTRIES", 2)
    package = zipped({"a": b"", "b.so": elf(62), "c.so": elf(183)})
    assert ((X86, "b.so"),) == native_code_in(package).files


def test_a_directory_out_of_measure_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Zipfile makes an object of every entry before anybody can count them."""
    package = zipped({f"{number}.so": elf(62) for number in range(40)})
    assert ((X86, "0.so"),) == native_code_in(package).files
    monkeypatch.setattr(native, "LARGEST_DIRECTORY", 2000)
    assert () == native_code_in(package).files


class _Watched(io.BytesIO):
    """Says what is read of it."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self.taken += len(content)
        return content


def test_no_more_than_the_beginning_of_an_entry_is_read() -> None:
    """A package of 250 MB is checked by some bytes of each file."""
    package = _Watched(zipped({"a.so": elf(62) + bytes(1_000_000)}, zipfile.ZIP_STORED))
    assert ((X86, "a.so"),) == native_code_of(package).files
    assert package.taken < 100_000


@given(st.binary(max_size=200))
def test_any_bytes_are_answered(content: bytes) -> None:
    """Whatever the file is, looking into it does not fail."""
    assert () == native_code_in(content).files


PACKAGE = zipped({"a.py": b"print()" * 50, "b.so": elf(62), "c.so": elf(183)})


@given(st.data())
def test_any_damage_is_survived(data: st.DataObject) -> None:
    """A good package with some bytes overwritten is read as far as it goes."""
    content = bytearray(PACKAGE)
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    assert {name for name, _ in native_code_in(bytes(content)).files} <= {X86, ARM, I386, ARM32}
