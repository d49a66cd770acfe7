"""What the process takes of the machine: memory and files."""

from __future__ import annotations

import contextlib
import ctypes
import resource

_M_MMAP_THRESHOLD = -3  # malloc.h of glibc; see mallopt(3)
_LARGE = 1 << 20  # bytes
_FILES = 65_536
"""Sockets of many accounts and regions at once; the usual limit of 1,024 is for select(2)."""


def return_large_blocks() -> None:
    """
    Have large blocks go back to the system as soon as they are free.

    glibc raises its limit for that to the largest block that it has seen, up to 32 MiB,
    and keeps smaller ones in a heap for each of many threads: with packages of 20 MiB
    several times what is in use. Other C libraries are left as they are.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE)


def allow_many_files() -> None:
    """Raise the soft limit of open files as far as the hard one lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
