"""Who is told what of a list of all functions and versions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.aws.protocol import ListedFunction
from reconciler.fleet.all_versions import LEAST, AllVersions
from reconciler.model import (
    LATEST,
    Architecture,
    CodeDigest,
    Failure,
    FailureKind,
    PublishedVersion,
    ReconcileError,
)
from reconciler.reconcile import Newest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

NAMES = [f"f{number}" for number in range(LEAST)]
CODE, ARM = CodeDigest("hash"), Architecture.ARM64


def latest(name: str = "f0", revision_id: str | None = "r1") -> ListedFunction:
    return ListedFunction(name, LATEST, CODE, ARM, revision_id)


def version(number: str, name: str = "f0") -> ListedFunction:
    return ListedFunction(name, number, CodeDigest(f"hash of {number}"), ARM, "other")


class Pages:
    """The pages of a list, and how many were read."""

    def __init__(self, *pages: Sequence[ListedFunction], fails: bool = False) -> None:
        self.pages = pages
        self.fails = fails
        self.read = 0

    async def __call__(self) -> AsyncIterator[Sequence[ListedFunction]]:
        """Give them one after the other."""
        for page in self.pages:
            self.read += 1
            await asyncio.sleep(0)
            yield page
        if self.fails:
            raise ReconcileError(Failure(FailureKind.PERMANENT, "AccessDenied", "allow it"))


def ask(
    pages: Pages,
    *questions: tuple[str, str | None],
    names: Sequence[str] = NAMES,
) -> list[Newest | None]:
    """Ask for several functions at once."""

    async def read(page: Callable[[], Awaitable[object]]) -> object:
        return await page()

    async def pause(seconds: float) -> None:
        assert 0 == seconds

    async def whole() -> list[Newest | None]:
        listed = AllVersions(names, pages, read, pause)  # type: ignore[arg-type]  # of any page
        return await asyncio.gather(*(listed.newest(*each) for each in questions))

    return asyncio.run(whole())


def newest(number: str) -> Newest:
    return Newest(PublishedVersion(number, CodeDigest(f"hash of {number}"), ARM))


def test_twenty_are_many() -> None:
    """Fewer are asked for by themselves."""
    assert 20 == LEAST


@pytest.mark.parametrize("order", [["9", "10", "2"], ["10", "9"], ["2", "9", "10"]])
def test_the_newest_version_has_the_highest_number(order: list[str]) -> None:
    """In whatever order and on whatever page AWS lists it."""
    pages = Pages(*([version(number)] for number in order), [latest()])
    assert [newest("10")] == ask(pages, ("f0", "r1"))


def test_all_are_told_from_one_list() -> None:
    """It is read once, however many ask."""
    pages = Pages([latest("f0"), version("1", "f0"), latest("f1"), latest("not ours")])
    assert [newest("1"), Newest(None), None] == ask(
        pages, ("f0", "r1"), ("f1", "r1"), ("not ours", "r1")
    )
    assert 1 == pages.read


@pytest.mark.parametrize(("listed", "read"), [("r1", "r2"), ("r2", "r1"), (None, "r1")])
def test_a_list_of_another_time_than_the_reading_tells_nothing(
    listed: str | None, read: str
) -> None:
    """Who publishes moves the RevisionId of $LATEST: somebody may have, in between."""
    pages = Pages([latest(revision_id=listed), version("1")])
    assert [None] == ask(pages, ("f0", read))


def test_a_function_without_a_revision_is_not_asked_for() -> None:
    """There is nothing to compare the list with."""
    pages = Pages([latest(revision_id=None), version("1")])
    assert [None] == ask(pages, ("f0", None))
    assert 0 == pages.read


def test_few_functions_are_not_swept() -> None:
    """A list of each costs less than a page of everybody's."""
    pages = Pages([latest(), version("1")])
    assert [None] == ask(pages, ("f0", "r1"), names=NAMES[1:])
    assert 0 == pages.read


def test_a_refused_list_is_told_to_nobody_and_not_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It is allowed for all functions or for none; each asks for its own versions then."""
    caplog.set_level("DEBUG", "reconciler")
    pages = Pages([latest(), version("1")], fails=True)
    assert [None, None] == ask(pages, ("f0", "r1"), ("f0", "r1"))
    assert 1 == pages.read
    assert ["no list of all versions: AccessDenied"] == caplog.messages


@pytest.mark.parametrize(("more", "told"), [(0, True), (1, False)])
def test_a_list_that_is_too_long_is_given_up(
    *, more: int, told: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """An account may have ten times the functions that are ours."""
    caplog.set_level("DEBUG", "reconciler")
    worth = LEAST // 2
    others = [[latest("other")]] * (worth - 1 + more)
    pages = Pages([latest(), version("1")], *others)
    assert [newest("1") if told else None] == ask(pages, ("f0", "r1"))
    said = [] if told else ["no list of all versions: it takes more than 10 pages"]
    assert said == [line for line in caplog.messages if "versions" in line]


@pytest.mark.parametrize(
    "broken",
    [
        ListedFunction("f0", "2", None, ARM),
        ListedFunction("f0", "2", CODE, None),
    ],
)
def test_a_version_that_lacks_something_is_looked_up_by_itself(broken: ListedFunction) -> None:
    """What it carries is not known."""
    assert [None] == ask(Pages([latest(), version("1"), broken]), ("f0", "r1"))


def test_what_has_no_number_is_no_version() -> None:
    """Lambda Managed Instances have $LATEST.PUBLISHED beside numbers."""
    odd = ListedFunction("f0", "$LATEST.PUBLISHED", CODE, ARM, "r1")
    assert [Newest(None)] == ask(Pages([latest(), odd]), ("f0", "r1"))
