"""Images of one repository, while a call is under way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from reconciler.artifacts.lookup import ImageLookup
from reconciler.model import ReconcileError, Repository
from tests.unit.stores import BUSY, REGION, REGISTRY, Images, manifest
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from reconciler.model import ImageManifest

REPOSITORY = Repository(REGISTRY, "123456789012", REGION, "app")


def test_who_stops_waiting_does_not_stop_the_call() -> None:
    """The others' images are on their way in the same call."""
    ecr = Images(found={"v0": manifest("v0"), "v1": manifest("v1")})

    async def ask() -> list[ImageManifest | BaseException]:
        ecr.gate = asyncio.Event()
        lookup = ImageLookup(REPOSITORY, ("v0", "v1"))
        tasks = [asyncio.create_task(lookup.find(ecr, tag)) for tag in ("v0", "v1")]
        await asyncio.sleep(0.1)
        tasks[0].cancel()
        ecr.gate.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    cancelled, found = run(ask())
    assert isinstance(cancelled, asyncio.CancelledError)
    assert manifest("v1") == found
    assert 1 == len(ecr.calls)


def test_a_call_that_fails_late_does_not_lose_a_newer_one() -> None:
    """An image that was forgotten meanwhile is asked for in a call of its own, which stands."""
    ecr = Images(found={"v0": manifest("v0"), "v1": manifest("v1")}, errors=[BUSY])

    async def ask() -> tuple[ImageManifest | BaseException, ImageManifest, ImageManifest]:
        ecr.gate = asyncio.Event()
        lookup = ImageLookup(REPOSITORY, ("v0", "v1"))
        early = asyncio.create_task(lookup.find(ecr, "v0"))
        await asyncio.sleep(0.1)
        lookup.forget("v0")
        late = asyncio.create_task(lookup.find(ecr, "v0"))
        await asyncio.sleep(0.1)
        ecr.gate.set()
        [failed] = await asyncio.gather(early, return_exceptions=True)
        return failed, await late, await lookup.find(ecr, "v0")

    failed, late, again = run(ask())
    assert isinstance(failed, ReconcileError)
    assert (manifest("v0"), manifest("v0")) == (late, again)
    assert [("app", ("v0", "v1")), ("app", ("v0",))] == ecr.calls


def test_an_image_of_a_failed_call_is_fetched_along_again() -> None:
    """Nothing stays lost because the call that would have brought it failed."""
    ecr = Images(found={"v0": manifest("v0"), "v1": manifest("v1")}, errors=[BUSY])

    async def ask() -> ImageManifest:
        lookup = ImageLookup(REPOSITORY, ("v0", "v1"))
        await asyncio.gather(lookup.find(ecr, "v0"), return_exceptions=True)
        await lookup.find(ecr, "v1")
        return await lookup.find(ecr, "v0")

    assert manifest("v0") == run(ask())
    assert [("app", ("v0", "v1")), ("app", ("v1", "v0"))] == ecr.calls
