"""What code in S3 and ECR is by now, where it can change without its manifest."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts import RemoteArtifacts
from reconciler.fleet.connections import Stores
from reconciler.model import Image, ReconcileError, S3Object
from reconciler.reconcile import InterruptedRunError, Patience

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.fleet.connections import Connections
    from reconciler.fleet.running import RunSettings
    from reconciler.fleet.stopping import Stop
    from reconciler.model import CodeDigest, CodeSource, Target
    from reconciler.reconcile import Task


def can_move(source: CodeSource | None) -> bool:
    """Whether a tag, or an object without a version or hash, is another package tomorrow."""
    match source:
        case S3Object(version_id=None, sha256=None):
            return True
        case Image(image_uri=image_uri):
            return "@" not in image_uri
        case _:
            return False


async def digests(
    tasks: Sequence[Task], connections: Connections, settings: RunSettings, stop: Stop
) -> Mapping[str, CodeDigest]:
    """
    Look all of it up anew, by the ids of the functions; Lambda is not asked.

    What cannot be looked up is left out. Raises InterruptedRunError when the watch is to stop.
    """
    by_target: defaultdict[Target | None, list[Task]] = defaultdict(list)
    for task in tasks:
        by_target[task.spec.target].append(task)
    found: dict[str, CodeDigest] = {}
    for target, its_tasks in by_target.items():
        stores = Stores(connections.of(target), partial(_check, stop))
        sources = [(task.spec.code, task.region) for task in its_tasks if task.spec.code]
        artifacts = RemoteArtifacts(stores, sources, settings.cache)
        looking = (_resolved(task, artifacts, settings, stop) for task in its_tasks)
        for task, digest in zip(its_tasks, await asyncio.gather(*looking), strict=True):
            if digest is not None:
                found[task.spec.id] = digest
    return found


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
