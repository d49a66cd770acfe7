"""Native code, and packages that have it."""

from __future__ import annotations

import io
import struct
import zipfile

DYN, EXEC, REL, CORE = 3, 2, 1, 4


def elf(number: int, elf_type: int = DYN, *, bits: int = 2, data: int = 1) -> bytes:
    """Write the beginning of an ELF file, and some more that nobody reads."""
    order = "<" if data == 1 else ">"
    ident = b"\x7fELF" + bytes([bits, data, 1]) + bytes(9)
    return ident + struct.pack(f"{order}HH", elf_type, number) + b"code" * 20


def zipped(
    files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED, comment: bytes = b""
) -> bytes:
    """Make a zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.comment = comment
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
