"""The newest versions of many functions at once."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from reconciler.model import LATEST, PublishedVersion, ReconcileError
from reconciler.reconcile import Newest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable

    from reconciler.aws.protocol import ListedFunction

    Page = Iterable[ListedFunction]
    Read = Callable[[Callable[[], Awaitable[Page | None]]], Awaitable[Page | None]]

_log = logging.getLogger(__name__)

LEAST = 20
"""Functions of a region for which all are listed: for fewer a list of each costs little."""
_WORTH = 0.5
"""Pages per function after which it is given up: an account may have many other functions."""


class AllVersions:
    """
    ListFunctions with all versions has 50 functions and versions a page, of the whole region.

    A thousand functions with three versions each take 80 calls of the scarce quota, where a
    ListVersionsByFunction of each takes 1,000. It is begun when the first asks, and all wait
    for its end: in which order AWS lists functions and versions is unknown. Where it is refused
    (it is allowed for all functions or for none), fails, or takes too long, nobody is told
    anything, and each asks by itself.

    ``read`` asks for a page until it comes or fails, and ``pause`` waits for seconds.
    """

    def __init__(
        self,
        names: Collection[str],
        pages: Callable[[], AsyncIterator[Page]],
        read: Read,
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._names = frozenset(names)
        self._pages = pages
        self._read = read
        self._pause = pause
        self._begun: asyncio.Task[dict[str, _Listed] | None] | None = None

    async def newest(self, name: str, revision_id: str | None) -> Newest | None:
        """
        Tell the newest version of a function, or None when it is not known.

        ``revision_id`` is that of $LATEST as the caller has read it. Publishing moves it
        (recorded: test_function_revisions_version_and_alias), so that the list tells nothing
        when it shows another.
        """
        if len(self._names) < LEAST or revision_id is None:
            return None
        if self._begun is None:
            self._begun = asyncio.ensure_future(self._list())
        found = await asyncio.shield(self._begun)
        listed = None if found is None else found.get(name)
        return None if listed is None else listed.newest(revision_id)

    async def _list(self) -> dict[str, _Listed] | None:
        """Read all pages, unless it does not pay."""
        found: dict[str, _Listed] = {}
        pages = self._pages()
        most = max(1, int(len(self._names) * _WORTH))
        try:
            for _ in range(most + 1):
                page = await self._read(lambda: anext(pages, None))
                if page is None:
                    return found
                for item in page:
                    if item.name in self._names:
                        found.setdefault(item.name, _Listed()).add(item)
        except ReconcileError as error:
            _log.debug("no list of all versions: %s", error.failure.what)
            await self._pause(error.failure.retry_after or 0)
            return None
        _log.debug("no list of all versions: it takes more than %d pages", most)
        return None


class _Listed:
    """What the pages have shown of one function."""

    def __init__(self) -> None:
        self._revision_id: str | None = None
        self._newest: ListedFunction | None = None

    def add(self, item: ListedFunction) -> None:
        if item.version == LATEST:
            self._revision_id = item.revision_id
        elif item.version.isascii() and item.version.isdecimal():
            newest = self._newest
            if newest is None or int(item.version) > int(newest.version):
                self._newest = item

    def newest(self, revision_id: str) -> Newest | None:
        newest = self._newest
        if self._revision_id != revision_id:
            return None
        if newest is None:
            return Newest(None)
        if newest.code is None or newest.architecture is None:
            return None
        return Newest(PublishedVersion(newest.version, newest.code, newest.architecture))
