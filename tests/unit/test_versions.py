"""What has to be known of a function's versions, and what that costs."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.aws.protocol import Receipt
from reconciler.model import (
    LATEST,
    LATEST_PUBLISHED,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
)
from reconciler.reconcile import Newest, Patience, Reader, WaitSettings
from reconciler.reconcile.versions import Versions
from tests.unit.builders import ARM, FUNCTION_UPDATE, NEW, OLD, X86, desired, live, version
from tests.unit.functions import Functions
from tests.unit.scene import LIST, READ
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from typing import TypeVar

    from reconciler.model import PublishedVersion

    Outcome = TypeVar("Outcome")

PUBLISHED = desired(code=NEW, publish=Publish())
IN_SYNC = live(code=NEW)


class Scene:
    """Versions of one function, and what is asked of AWS for them."""

    def __init__(
        self, *found: PublishedVersion, listed: Newest | None = None, waits: float = 0
    ) -> None:
        self.functions = Functions(live(), versions=found)
        self.asked: list[str | None] = []
        self.listed = listed
        self.waits = waits

    @property
    def calls(self) -> list[str]:
        """Give what AWS was asked."""
        return self.functions.calls

    def play(self, act: Callable[[Versions], Awaitable[Outcome]]) -> Outcome:
        """Do something with the versions."""

        async def tell(revision_id: str | None) -> Newest | None:
            self.asked.append(revision_id)
            await asyncio.sleep(self.waits)
            return self.listed

        async def whole() -> Outcome:
            patience = Patience(WaitSettings(), asyncio.Event())
            reader = Reader(patience, lambda _: None)
            return await act(Versions(self.functions, "orders-api", reader, tell))

        return run(whole())


def numbered(numbers: Iterable[int], code: object = OLD) -> list[PublishedVersion]:
    return [version(str(number), code=code) for number in numbers]  # type: ignore[arg-type]


@given(st.integers(0, 300))
def test_the_last_of_many_versions_is_found_in_few_looks(count: int) -> None:
    """Twice the number's bits, and no list."""
    scene = Scene(*numbered(range(1, count)), *numbered([count] if count else [], NEW))
    unneeded = scene.play(lambda versions: versions.unneeded(PUBLISHED, live()))
    assert (count == 0) == unneeded
    assert len(scene.calls) <= 2 * math.log2(count + 1) + 2
    assert LIST not in scene.calls


@pytest.mark.parametrize(
    ("found", "unneeded"),
    [
        ([], True),
        (numbered([1]), True),
        (numbered([1], NEW), False),
        (numbered([1, 2], NEW), False),
        ([*numbered([1], NEW), *numbered([2])], True),
        ([*numbered([1], NEW), *numbered([3])], False),
        ([version("1", code=NEW, architecture=ARM)], True),
        (numbered([7], NEW), True),
    ],
)
def test_what_the_last_version_carries_tells_whether_the_list_matters(
    found: list[PublishedVersion], *, unneeded: bool
) -> None:
    """It does when that carries what goes out; behind a gap there may be others."""
    scene = Scene(*found)
    assert unneeded == scene.play(lambda versions: versions.unneeded(PUBLISHED, live()))


def test_a_guess_is_made_once() -> None:
    """The function is looked at several times on the way."""
    scene = Scene()

    async def act(versions: Versions) -> list[bool]:
        return [
            await versions.unneeded(PUBLISHED, live()),
            await versions.unneeded(PUBLISHED, live()),
            await versions.unneeded(PUBLISHED, IN_SYNC),  # the update has landed
        ]

    assert [True, True, True] == scene.play(act)
    assert [f"{READ} 1"] == scene.calls


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PUBLISHED, IN_SYNC),
        (desired(publish=Publish()), live()),
        (desired(code=NEW, publish=Publish(to_latest_published=True)), live()),
    ],
    ids=["in sync", "code of others", "in place"],
)
def test_nothing_is_guessed_where_no_code_goes_out(wanted: object, found: object) -> None:
    """The newest version matters then."""
    scene = Scene()
    assert not scene.play(lambda versions: versions.unneeded(wanted, found))  # type: ignore[arg-type]
    assert [] == scene.calls


def test_another_architecture_goes_out_too() -> None:
    """With the same code."""
    wanted = desired(architecture=ARM, publish=Publish())
    scene = Scene(version("1", code=OLD, architecture=X86))
    assert scene.play(lambda versions: versions.unneeded(wanted, live(code=OLD)))


def test_after_trouble_nothing_is_guessed_and_nobody_believed() -> None:
    """Somebody else may have published meanwhile."""
    scene = Scene(*numbered([1]), listed=Newest(None))

    async def act(versions: Versions) -> tuple[bool, PublishedVersion | None]:
        assert await versions.unneeded(PUBLISHED, live())
        versions.forget()
        return (
            await versions.unneeded(PUBLISHED, live()),
            await versions.look(PUBLISHED, live()),
        )

    unneeded, newest = scene.play(act)
    assert (False, "1") == (unneeded, newest and newest.version)
    assert [f"{READ} 1", f"{READ} 2", LIST] == scene.calls
    assert [] == scene.asked


@pytest.mark.parametrize("known", [None, version("3", code=OLD)])
def test_what_a_list_of_all_functions_tells_is_believed(known: PublishedVersion | None) -> None:
    """It is asked with the RevisionId that was read, and AWS is not."""
    scene = Scene(*numbered([1]), listed=Newest(known))
    found = live(revision_id="revision-8")
    assert known == scene.play(lambda versions: versions.look(PUBLISHED, found))
    assert ["revision-8"] == scene.asked
    assert [] == scene.calls


def test_where_nobody_knows_the_versions_are_listed_once() -> None:
    """They are kept until a call of ours changes them."""
    scene = Scene(*numbered([1, 2]))

    async def act(versions: Versions) -> list[PublishedVersion | None]:
        return [await versions.look(PUBLISHED, IN_SYNC) for _ in range(3)]

    assert ["2"] * 3 == [each and each.version for each in scene.play(act)]
    assert [LIST] == scene.calls


def test_a_version_in_place_is_read_by_its_name() -> None:
    """It need not be there."""
    wanted = desired(code=NEW, publish=Publish(to_latest_published=True))
    scene = Scene()
    assert None is scene.play(lambda versions: versions.look(wanted, live()))
    assert [f"{READ} {LATEST_PUBLISHED}"] == scene.calls


def test_our_own_version_is_the_newest() -> None:
    """What PublishVersion answers is known, and its mode is not any more once it is put."""
    made = version("4", code=NEW, runtime_management=FUNCTION_UPDATE)
    put = PutRuntimeManagementConfig(FUNCTION_UPDATE, "4")
    scene = Scene()

    async def act(versions: Versions) -> tuple[PublishedVersion | None, object]:
        versions.wrote(PublishVersion(NEW), Receipt("r", version=made))
        before = await versions.look(PUBLISHED, IN_SYNC)
        versions.wrote(put, Receipt("r"))
        after = await versions.look(PUBLISHED, IN_SYNC)
        return before, after and after.runtime_management

    assert (made, None) == scene.play(act)
    assert [] == scene.calls


def test_the_mode_of_latest_says_nothing_of_a_version() -> None:
    """Nothing has to be read anew for it that costs the scarce quota."""
    made = version("4", code=NEW, runtime_management=FUNCTION_UPDATE)
    put = PutRuntimeManagementConfig(FUNCTION_UPDATE, LATEST)
    scene = Scene()

    async def act(versions: Versions) -> PublishedVersion | None:
        versions.wrote(PublishVersion(NEW), Receipt("r", version=made))
        versions.wrote(put, Receipt("r"))
        return await versions.look(PUBLISHED, IN_SYNC)

    assert made == scene.play(act)
