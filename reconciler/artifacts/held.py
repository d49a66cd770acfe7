"""The bytes of a package on this machine, in memory once for all who use them just then."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING

from reconciler.artifacts.once import Once
from reconciler.model import ZipContent

if TYPE_CHECKING:
    from collections.abc import Callable


class Held:
    """
    ``read`` gives the bytes, or raises ReconcileError.

    Who asks while somebody has them gets the same ones; when nobody has them any more
    they are let go, and read again for the next asker.
    """

    def __init__(self, read: Callable[[], bytes]) -> None:
        self._read = read
        self._reading: Once[None, ZipContent] = Once()
        self._content: weakref.ref[ZipContent] | None = None

    async def get(self) -> ZipContent:
        """Give what is to be held for as long as it is needed, and no longer."""
        content = self._content and self._content()
        return content or await self._reading.get(None, self._read_whole)

    async def _read_whole(self) -> ZipContent:
        content = ZipContent(await asyncio.to_thread(self._read))
        self._content = weakref.ref(content)
        self._reading.forget(None)  # which would hold it for ever
        return content
