"""
Which functions are as they were, by the fewest calls.

ListFunctions shows the RevisionId of 50 functions in one call, but of everybody's functions, and
out of the 15 calls a second that all operations but GetFunction share. GetFunction shows one,
out of 100 a second of its own (developer guide, gettingstarted-limits). So a page costs as much
as 100/15 readings, and the list is read until it has cost as much as to read each of ours:
never more than twice the cheaper of the two. A list that is too long is not begun again.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.model import (
    LATEST,
    FailureKind,
    LastUpdateStatus,
    ReconcileError,
    State,
)
from reconciler.reconcile import InterruptedRunError, Patience

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from reconciler.aws.protocol import LambdaFunctions, ListedFunction
    from reconciler.fleet.stopping import Stop
    from reconciler.model import CodeDigest, Failure, LiveFunction
    from reconciler.reconcile import WaitSettings

    Result = TypeVar("Result")
    Place = tuple[str | None, str]
    Open = Callable[[Callable[[], None]], LambdaFunctions]

PAGE = 100 / 15
"""What a page of ListFunctions costs, in GetFunctions: the ratio of their quotas."""
_PATIENCE = 60.0
"""Seconds that one request is tried for, at most: all of a round waits for it."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A function as it is now; ``settled`` is true where a list cannot tell."""

    revision_id: str | None
    code: CodeDigest | None
    settled: bool = True


class Survey:
    """
    Looks at the functions of one account and region at a time, and learns which way is cheaper.

    ``trouble`` is told why a list cannot be had, once until it can.
    """

    def __init__(self, wait: WaitSettings, stop: Stop, trouble: Callable[[str], None]) -> None:
        self._wait = replace(wait, function_timeout=min(wait.function_timeout, _PATIENCE))
        self._stop = stop
        self._trouble = trouble
        self._too_long: dict[Place, int] = {}
        self._refused: set[Place] = set()

    async def look(
        self, place: Place, open_calls: Open, names: Mapping[str, str]
    ) -> Mapping[str, Seen] | None:
        """
        Find functions by their bare names; ``names`` has each as AWS is sent it.

        What cannot be found is left out, and to be looked at closely. None when AWS cannot be
        asked right now. Raises InterruptedRunError when the watch is to stop.
        """
        calls = open_calls(self._check)
        found: dict[str, Seen] = {}
        try:
            complete = await self._list(place, calls, names, found)
        except ReconcileError as error:
            return self._failed(place, error.failure)
        self._refused.discard(place)
        if not complete:
            missing = {name: names[name] for name in names if name not in found}
            await self._read_each(calls, missing, found)
        return found

    def late(self, place: Place, seconds: float) -> None:
        """Say that a place has not answered for so long."""
        self._tell(place, f"no answer within {seconds:g} s: {_LATER}")

    def keep(self, places: set[Place]) -> None:
        """Forget all other accounts and regions."""
        self._too_long = {each: pages for each, pages in self._too_long.items() if each in places}
        self._refused &= places

    async def _list(
        self,
        place: Place,
        calls: LambdaFunctions,
        names: Mapping[str, str],
        found: dict[str, Seen],
    ) -> bool:
        """List as long as it pays; False when it does not and some are missing."""
        if len(names) <= PAGE * self._too_long.get(place, 1):
            return False
        pages = calls.list_functions()
        read = 0
        while (page := await self._retrying(lambda: anext(pages, None))) is not None:
            read += 1
            found.update((item.name, _listed(item)) for item in page if item.version == LATEST)
            if found.keys() >= names.keys():
                return True
            if read * PAGE >= len(names):
                self._too_long[place] = read
                return False
        return True

    async def _read_each(
        self, calls: LambdaFunctions, names: Mapping[str, str], found: dict[str, Seen]
    ) -> None:
        """Read them; there is one at least."""

        async def read(name: str, function_name: str) -> None:
            try:
                live = await self._retrying(lambda: calls.get_function(function_name))
            except ReconcileError:
                return  # it is looked at closely, and what is wrong is said then
            found[name] = _live(live)

        first, *others = names.items()
        await read(*first)  # alone: a place that hangs is to hold one thread, and not all
        reading = [asyncio.ensure_future(read(*each)) for each in others]
        try:
            await asyncio.gather(*reading)
        finally:
            for each in reading:
                each.cancel()

    async def _retrying(self, ask: Callable[[], Awaitable[Result]]) -> Result:
        """Have patience with each request, and no more than is good for the round."""
        return await Patience(self._wait, self._stop.event).retrying(ask, _quietly)

    def _check(self) -> None:
        if self._stop.event.is_set():
            raise InterruptedRunError

    def _failed(self, place: Place, failure: Failure) -> Mapping[str, Seen] | None:
        """Without the list each function is looked at closely, unless AWS may answer soon."""
        temporary = failure.kind is FailureKind.TEMPORARY
        self._tell(place, f"{failure}: {_LATER if temporary else _EACH}")
        return None if temporary else {}

    def _tell(self, place: Place, what: str) -> None:
        if place not in self._refused:
            self._refused.add(place)
            self._trouble(f"{_shown(place)}: {what}")


def _listed(item: ListedFunction) -> Seen:
    return Seen(item.revision_id, item.code)


def _live(live: LiveFunction) -> Seen:
    well = live.last_update_status in (LastUpdateStatus.SUCCESSFUL, None)
    settled = well and live.state in (State.ACTIVE, State.INACTIVE)
    return Seen(live.revision_id, live.code, settled)


def _quietly(_failure: Failure, _seconds: float) -> None:
    """Say nothing of another try."""


def _shown(place: Place) -> str:
    target, region = place
    return region if target is None else f"{target} ({region})"


_EACH = "every function is looked at in each round until it can be had"
_LATER = "what has not changed is not looked at until the list can be had"
