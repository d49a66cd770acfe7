"""What code in S3 and ECR is by now, where it can change without its manifest."""

from __future__ import annotations

import asyncio
from collections import ChainMap, defaultdict
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts import RemoteArtifacts
from reconciler.fleet.connections import Stores
from reconciler.fleet.watch.looks import Looks
from reconciler.model import Image, ReconcileError, S3Object
from reconciler.reconcile import InterruptedRunError, Patience

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.fleet.connections import Connections
    from reconciler.fleet.settings import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.fleet.watch.model import Pace
    from reconciler.model import CodeDigest, CodeSource, Target
    from reconciler.reconcile import Task

    Place = tuple[Target | None, str]


def can_move(source: CodeSource | None) -> bool:
    """Whether a tag, or an object without a version or hash, is another package tomorrow."""
    match source:
        case S3Object(version_id=None, sha256=None):
            return True
        case Image(image_uri=image_uri):
            return "@" not in image_uri
        case _:
            return False


class Digests:
    """Looks up the code of each target by itself."""

    def __init__(
        self, connections: Connections, settings: RunSettings, stop: Stop, pace: Pace
    ) -> None:
        self._connections = connections
        self._settings = settings
        self._stop = stop
        self._looks: Looks[Place, Mapping[str, CodeDigest]] = Looks(pace)

    async def of(self, tasks: Sequence[Task]) -> Mapping[str, CodeDigest]:
        """
        Look all of it up anew, by the ids of the functions; Lambda is not asked.

        What cannot be looked up, or not in time, is left out. Raises InterruptedRunError when
        the watch is to stop.
        """
        places: defaultdict[Place, list[Task]] = defaultdict(list)
        for task in tasks:
            places[task.spec.target, task.region].append(task)
        looks = {place: partial(self._look, its_tasks) for place, its_tasks in places.items()}
        return dict(ChainMap(*map(dict, (await self._looks.at(looks)).values())))

    async def _look(self, tasks: Sequence[Task]) -> Mapping[str, CodeDigest]:
        connection = self._connections.of(tasks[0].spec.target)
        stores = Stores(connection, partial(_check, self._stop))
        sources = [(task.spec.code, task.region) for task in tasks if task.spec.code]
        artifacts = RemoteArtifacts(stores, sources, self._settings.cache)
        looking = (_resolved(task, artifacts, self._settings, self._stop) for task in tasks)
        found = zip(tasks, await asyncio.gather(*looking), strict=True)
        return {task.spec.id: digest for task, digest in found if digest is not None}


async def _resolved(
    task: Task, artifacts: RemoteArtifacts, settings: RunSettings, stop: Stop
) -> CodeDigest | None:
    """Give the hash; None where the function's own run is to find out what is wrong."""
    if task.spec.code is None:
        return None
    resolving = artifacts.resolve(task.spec.code, task.region)
    try:
        return (await Patience(settings.wait, stop.event).in_time(resolving)).digest
    except ReconcileError:
        return None


def _check(stop: Stop) -> None:
    if stop.event.is_set():
        raise InterruptedRunError
