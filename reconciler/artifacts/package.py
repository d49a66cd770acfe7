"""A deployment package whose hash is known, and how it is sent."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts.held import Held
from reconciler.artifacts.native import native_code_in
from reconciler.artifacts.once import Once
from reconciler.model import (
    CodeDigest,
    Failure,
    FailureKind,
    PackageType,
    ReconcileError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from reconciler.model import CodeContent, NativeCode

DIRECT_UPLOAD_LIMIT = 52_428_800
"""Bytes of a zip file that UpdateFunctionCode takes; beyond it AWS answers 413."""


@dataclass(frozen=True, slots=True)
class Package:
    """
    ``origin`` is the path, object or image as it is shown.

    ``content`` gives what is sent, exactly what was hashed, and ``native_code`` what
    machines it is for; both may take a download, and raise ReconcileError. ``size`` is in
    bytes, and 0 of what is never held here. ``may_differ`` says that AWS may come to
    another hash: it fetches the package by itself from where another one may lie by then.
    """

    digest: CodeDigest
    origin: str
    content: Callable[[], Awaitable[CodeContent]] = field(repr=False, compare=False)
    native_code: Callable[[], Awaitable[NativeCode]] = field(repr=False, compare=False)
    package_type: PackageType = PackageType.ZIP
    resolved_image_uri: str | None = None
    in_s3: bool = False
    may_differ: bool = False
    size: int = 0


def local_package(
    digest: CodeDigest, origin: str, load: Callable[[], bytes], size: int = 0
) -> Package:
    """Make a package of bytes on this machine, which ``load`` reads or builds again."""
    held = Held(partial(_read_again, digest, origin, load))

    async def native_code() -> NativeCode:
        read = await held.get()
        return await asyncio.to_thread(native_code_in, read.content)

    look = looked_into_once(native_code)
    return Package(digest, origin, held.get, look, size=size)


def looked_into_once(
    look: Callable[[], Coroutine[object, object, NativeCode]],
) -> Callable[[], Awaitable[NativeCode]]:
    """Share one look into a package among all functions that use it; a failure is not kept."""
    once: Once[None, NativeCode] = Once()
    return partial(once.get, None, look)


def _read_again(digest: CodeDigest, origin: str, load: Callable[[], bytes]) -> bytes:
    """
    Give exactly the bytes that were hashed.

    Raises a temporary ReconcileError when they have changed since: what is sent must
    be what the plan said.
    """
    try:
        content = load()
    except (OSError, ReconcileError) as error:
        raise changed(origin) from error
    if CodeDigest.of_zip(hashlib.sha256(content).digest()) != digest:
        raise changed(origin)
    return content


def changed(origin: str) -> ReconcileError:
    """Make the error for a package that is not any more what was hashed."""
    return ReconcileError(
        Failure(
            FailureKind.TEMPORARY,
            f"{origin} changed while it was being deployed",
            "run again when the build has ended",
        )
    )


def invalid(what: str, remedy: str) -> ReconcileError:
    """Make the error for a package that cannot be deployed as it is."""
    return ReconcileError(Failure(FailureKind.INVALID, what, remedy))


def too_large(origin: str, size: int) -> ReconcileError:
    """Make the error for a package that AWS takes only from S3."""
    return invalid(
        f"{origin} has {size:,} bytes, over the limit of {DIRECT_UPLOAD_LIMIT:,} (50 MB) "
        "for a direct upload",
        "make it smaller, or put it into S3 and declare spec.code.s3",
    )
