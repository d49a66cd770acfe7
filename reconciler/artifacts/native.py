"""For which machines the files of a deployment package are: their ELF headers, read in place."""

from __future__ import annotations

import io
import itertools
import struct
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from reconciler.model import Architecture, NativeCode

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_ENTRIES = 200_000
"""Files of one package that are looked at; what comes after them is not."""
LARGEST_DIRECTORY = 32 * 1024 * 1024
"""Bytes of a zip file's directory that are held in memory at once."""

# The object file format: System V gABI, "ELF Header"; the machines' numbers are its
# registry's (EM_386, EM_ARM, EM_X86_64, EM_AARCH64).
_MAGIC = b"\x7fELF"
_HEADER = 20  # bytes up to the end of e_machine
_TYPE_AND_MACHINE = {1: struct.Struct("<16xHH"), 2: struct.Struct(">16xHH")}  # by EI_DATA
_CLASSES = (1, 2)  # 32 and 64 bits
_LOADABLE = (2, 3)  # ET_EXEC and ET_DYN; a ".o" that a build left behind is never run
_MACHINES = {
    3: Architecture("i386"),
    40: Architecture("arm"),
    62: Architecture.X86_64,
    183: Architecture.ARM64,
}

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What any tool makes; the others may grow without bound from a few bytes."""
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,  # an encrypted entry; also NotImplementedError
    ValueError,  # also UnicodeDecodeError: a name that is not what its flag says
    LookupError,
    ArithmeticError,  # an offset that no file can have
)
"""What zipfile raises at a hostile file; only BadZipFile is documented."""


def native_code_in(content: bytes) -> NativeCode:
    """Look into a package in memory."""
    return native_code_of(io.BytesIO(content))


def native_code_of(file: IO[bytes]) -> NativeCode:
    """
    Look into a zip file, without unpacking it: 20 bytes of each entry.

    Gives the first file of each architecture, in the archive's order. What cannot be
    read is passed over, up to the whole file: that it can be deployed is for AWS to
    say, and a check of something else must not be what refuses it.
    """
    found: dict[Architecture, str] = {}
    try:
        with zipfile.ZipFile(Bounded(file)) as archive:
            for entry in itertools.islice(archive.infolist(), MOST_ENTRIES):
                for architecture in _architecture_of(archive, entry):
                    found.setdefault(architecture, entry.filename)
    except UNREADABLE:
        return NativeCode()
    return NativeCode(tuple(found.items()))


def machine(header: bytes) -> Architecture | None:
    """Read the architecture out of a file's first 20 bytes; None when it is no native code."""
    if len(header) < _HEADER or not header.startswith(_MAGIC):
        return None
    elf_class, data = header[4], header[5]
    if elf_class not in _CLASSES or data not in _TYPE_AND_MACHINE:
        return None
    elf_type, number = _TYPE_AND_MACHINE[data].unpack_from(header)
    return _MACHINES.get(number) if elf_type in _LOADABLE else None


def _architecture_of(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Architecture]:
    if entry.compress_type not in _METHODS:
        return
    try:
        with archive.open(entry) as file:
            architecture = machine(file.read(_HEADER))
    except UNREADABLE:
        return
    if architecture is not None:
        yield architecture


class Bounded(io.RawIOBase):
    """
    A file that gives only so much at once.

    zipfile reads the whole directory of an archive into memory, and makes an object of
    every entry, before anybody can count them.
    """

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._file = file

    def seekable(self) -> bool:
        """Answer that it is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go elsewhere."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Say where."""
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        """Read, or raise BadZipFile when it is too much."""
        if size > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile("the directory is too large")
        return self._file.read(size if size >= 0 else LARGEST_DIRECTORY)
