"""The C library's heap, which keeps what it was given back."""

from __future__ import annotations

import contextlib
import ctypes

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc; see mallopt(3)
_LARGE = 1 << 20  # bytes


def return_large_blocks() -> None:
    """
    Have large blocks go back to the system as soon as they are free.

    glibc raises its limit for that to the largest block that it has seen, up to 32 MiB,
    and keeps smaller ones in a heap for each of many threads: with packages of 20 MiB
    several times what is in use. Other C libraries are left as they are.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)
