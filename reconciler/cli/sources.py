"""The manifests of a watch, read again when they or their packages have changed."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from reconciler.cli.files import Signature
from reconciler.fleet import BrokenManifestsError
from reconciler.model import Directory, ReconcileError, ZipFile

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from reconciler.cli.inputs import Found, Inputs
    from reconciler.reconcile import Task

_JUST_NOW = 2.0
"""
Seconds: what changed so shortly before it was read may change once more within one tick of the
file system's clock.
"""


class Sources:
    """
    ``find`` loads all of it, in a thread. ``ours`` leaves out the functions of other shards.

    ``read_at`` is the time by the clock before ``inputs`` were read.
    """

    def __init__(
        self,
        paths: Sequence[str],
        inputs: Inputs,
        read_at: float,
        find: Callable[[], Found],
        ours: Callable[[Sequence[Task]], Awaitable[Sequence[Task]]],
    ) -> None:
        self._paths = paths
        self._find = find
        self._ours = ours
        self._read_at = read_at
        self._packages = _packages(inputs)
        self._before = Signature.of(paths, self._packages)
        self._broken = False

    async def reread(self) -> Sequence[Task] | None:
        """Give the tasks when they may have changed, else None. Raises BrokenManifestsError."""
        signature = await asyncio.to_thread(Signature.of, self._paths, self._packages)
        young = signature.newest > self._read_at - _JUST_NOW
        if signature == self._before and not young and not self._broken:
            return None
        self._before, self._read_at = signature, time.time()
        self._broken = True
        inputs = await asyncio.to_thread(self._load)
        tasks = await self._of_shard(inputs.tasks)
        packages = _packages(inputs)
        if packages != self._packages:
            self._packages = packages
            self._before = await asyncio.to_thread(Signature.of, self._paths, packages)
        self._broken = False
        return tasks

    def _load(self) -> Inputs:
        try:
            found = self._find()
        except click.UsageError as error:  # a selection that leaves nothing any more
            raise BrokenManifestsError([error.format_message()]) from error
        if found.inputs is None:
            raise BrokenManifestsError(found.errors)
        return found.inputs

    async def _of_shard(self, tasks: Sequence[Task]) -> Sequence[Task]:
        try:
            return await self._ours(tasks)
        except ReconcileError as error:
            raise BrokenManifestsError([str(error.failure)]) from error


def _packages(inputs: Inputs) -> tuple[str, ...]:
    """Name the files and folders that packages are made of."""
    codes = (spec.code for spec in inputs.specs)
    return tuple(
        sorted({str(code.path) for code in codes if isinstance(code, ZipFile | Directory)})
    )
