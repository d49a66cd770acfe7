"""Looking at many places side by side, so that one that does not answer holds up no other."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Hashable, Mapping

    from reconciler.fleet.watch.model import Pace

Key = TypeVar("Key", bound="Hashable")
Result = TypeVar("Result")

_SHORTEST, _LONGEST = 5.0, 30.0


class Looks(Generic[Key, Result]):
    """
    One look at each place at a time.

    One that takes longer than a round has patience for goes on beside the rounds, and that
    after its end uses what it found: a place that hangs is not asked again meanwhile, so that
    it holds no more threads the longer it hangs.
    """

    def __init__(self, pace: Pace) -> None:
        self.seconds = min(max(pace.interval, _SHORTEST), _LONGEST)
        self._running: dict[Key, asyncio.Task[Result]] = {}

    async def at(
        self, begin: Mapping[Key, Callable[[], Coroutine[object, object, Result]]]
    ) -> Mapping[Key, Result]:
        """
        Look at each; what has not answered in time is left out.

        Raises what the looks raise. Other places are forgotten.
        """
        for key in self._running.keys() - begin.keys():
            self._running.pop(key).cancel()
        new = {key: _begun(look()) for key, look in begin.items() if key not in self._running}
        self._running.update(new)
        if new:
            await asyncio.wait(new.values(), timeout=self.seconds)
        ended = [key for key, looking in self._running.items() if looking.done()]
        return {key: self._running.pop(key).result() for key in ended}


def _begun(look: Coroutine[object, object, Result]) -> asyncio.Task[Result]:
    """Begin, and let nobody complain of an error that no round asks for any more."""
    looking = asyncio.ensure_future(look)
    looking.add_done_callback(lambda done: done.cancelled() or done.exception())
    return looking
