"""The images of one ECR repository, looked up together."""

from __future__ import annotations

import asyncio
import itertools
from functools import partial
from typing import TYPE_CHECKING

from reconciler.artifacts.once import begin, failed
from reconciler.model import Failure, ReconcileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.artifacts.stores import ImageRegistry
    from reconciler.model import ImageManifest, Repository

    Answer = Mapping[str, ImageManifest | Failure]

MOST_IMAGES = 100
"""Images of one BatchGetImage call (API reference, BatchGetImage, imageIds)."""


class ImageLookup:
    """
    ``image_ids`` are those that the run will want: who asks for one has others fetched along.

    What was found is kept until it is forgotten; why something was not found is not kept.
    """

    def __init__(self, repository: Repository, image_ids: Iterable[str]) -> None:
        self._repository = repository
        self._wanted = tuple(dict.fromkeys(image_ids))
        self._calls: dict[str, asyncio.Task[Answer]] = {}

    async def find(self, registry: ImageRegistry, image_id: str) -> ImageManifest:
        """Give an image's manifest by its tag or digest. Raises ReconcileError."""
        call = self._calls.get(image_id) or self._ask(registry, image_id)
        found = (await asyncio.shield(call))[image_id]
        if isinstance(found, Failure):
            raise ReconcileError(found)
        return found

    def forget(self, image_id: str) -> None:
        """Look the image up anew for the next asker."""
        self._calls.pop(image_id, None)

    def _ask(self, registry: ImageRegistry, image_id: str) -> asyncio.Task[Answer]:
        others = (other for other in self._wanted if other != image_id and other not in self._calls)
        image_ids = (image_id, *itertools.islice(others, MOST_IMAGES - 1))
        call = begin(registry.batch_get_image(self._repository, image_ids))
        self._calls.update(dict.fromkeys(image_ids, call))
        call.add_done_callback(partial(self._keep_found, image_ids))
        return call

    def _keep_found(self, image_ids: Iterable[str], call: asyncio.Task[Answer]) -> None:
        nothing = failed(call)
        for image_id in image_ids:
            lost = nothing or isinstance(call.result()[image_id], Failure)
            if lost and self._calls.get(image_id) is call:
                del self._calls[image_id]
