"""The code of one function: looked up and looked into once, and again when it has moved."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock, Mock

import pytest

from reconciler.artifacts import Package, Room
from reconciler.model import (
    DesiredFunction,
    Failure,
    FailureKind,
    NativeCode,
    PackageType,
    Publish,
    ReconcileError,
    S3Location,
    S3Object,
    UpdateFunctionCode,
    ZipContent,
)
from reconciler.reconcile import Patience, Task, WaitSettings
from reconciler.reconcile.code import Code
from reconciler.reconcile.patience import Reader, StoppedError
from tests.unit.builders import ARM, KEY, NEW, OLD, X86, code, live, pins, spec
from tests.unit.stores import s3_object
from tests.unit.virtual_time import elapsed, run

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from reconciler.model import CodeContent, CodeSource, LiveFunction

FOR_X86 = NativeCode(((X86, "lib/fast.so"),))
FOR_ARM = NativeCode(((ARM, "lib/fast.so"),))
LOCATION = S3Location("artifacts", "a.zip")
REPLACED = Failure(FailureKind.TEMPORARY, "replaced", "run again", code="412")
BUSY = Failure(FailureKind.TEMPORARY, "busy", "run again", code="503")
LIVE = live(code=OLD, architecture=X86)
SETTINGS = WaitSettings(function_timeout=30)


async def nothing() -> CodeContent:
    raise AssertionError("nothing is sent here")


async def nothing_native() -> NativeCode:
    raise AssertionError("nobody looks into it here")


def package(text: str, *answers: NativeCode | Failure) -> Package:
    """Make a package of an object; each look into it gives the next answer."""
    left = list(answers)

    async def look() -> NativeCode:
        answer = left.pop(0)
        if isinstance(answer, Failure):
            raise ReconcileError(answer)
        return answer

    return Package(code(text), text, nothing, look, PackageType.ZIP, in_s3=True)


@dataclass
class Artifacts:
    """Gives one package after the other, the next one when the last was forgotten."""

    packages: list[Package]
    forgotten: list[CodeSource] = field(default_factory=list)

    async def resolve(self, source: CodeSource, region: str) -> Package:
        """Give the package of now."""
        del source, region
        return self.packages[0]

    def forget(self, source: CodeSource, region: str) -> None:
        """Go on to the next."""
        del region
        self.forgotten.append(source)
        self.packages.pop(0)


def made(artifacts: Artifacts, *, declares_code: bool = True) -> Code:
    declared = replace(spec(code=s3_object() if declares_code else None), architecture=ARM)
    read = Reader(Patience(SETTINGS, asyncio.Event()), Mock())
    return Code(Task(declared, "eu-west-1", None), Mock(), artifacts, Room(), read)


async def look(subject: Code, found: LiveFunction = LIVE) -> DesiredFunction:
    """Do what a plan needs."""
    return await subject.looked_into(await subject.desired(), found)


async def content(subject: Code, step: UpdateFunctionCode, found: LiveFunction) -> CodeContent:
    """Get what is sent, and give the room for it back at once."""
    async with AsyncExitStack() as held:
        return await subject.content(step, found, held)


def failure(work: Coroutine[object, object, object]) -> Failure:
    with pytest.raises(ReconcileError) as raised:
        run(work)
    return raised.value.failure


def test_code_that_is_looked_up_anew_is_looked_into_anew() -> None:
    """AWS had another hash: what was found in the package of before says nothing of the new one."""

    async def work() -> list[tuple[object, object]]:
        subject = made(Artifacts([package("old", FOR_ARM), package("new", FOR_X86)]))
        first = await look(subject)
        subject.differs()
        second = await look(subject)
        return [(each.code, each.native_code) for each in (first, second)]

    assert [(OLD, FOR_ARM), (NEW, FOR_X86)] == run(work())


IMAGE = Package(
    NEW, "image", nothing, nothing_native, PackageType.IMAGE, resolved_image_uri="repository@digest"
)


@pytest.mark.parametrize("found", [IMAGE, package("new")], ids=["image", "object"])
def test_what_is_declared_reaches_the_planner(found: Package) -> None:
    """Every field of the manifest, and all that is known of the package."""
    declared = replace(
        spec(code=s3_object()),
        architecture=ARM,
        runtime_management=pins(),
        publish=Publish("v1"),
        source_kms_key_arn=KEY,
        native_check=False,
    )
    subject = Code(Task(declared, "eu-west-1", found), Mock(), Mock(), Room(), Mock())
    expected = DesiredFunction(
        code=NEW,
        package_type=found.package_type,
        architecture=ARM,
        runtime_management=pins(),
        publish=Publish("v1"),
        resolved_image_uri=found.resolved_image_uri,
        in_s3=found.in_s3,
        source_kms_key_arn=KEY,
        native_check=False,
    )
    assert expected == run(subject.desired())


@pytest.mark.parametrize("code", ["412", "PreconditionFailed"])
@pytest.mark.parametrize("declares_code", [True, False], ids=["declared", "live"])
def test_both_words_for_a_replaced_object_are_known(code: str, *, declares_code: bool) -> None:
    """S3 gives a status where it gives no body (API reference, GetObject)."""

    async def work() -> int:
        artifacts = Artifacts([package("old", replace(REPLACED, code=code)), package("old")])
        subject = made(artifacts, declares_code=declares_code)
        with pytest.raises(ReconcileError):
            await look(subject, LIVE if declares_code else replace(LIVE, s3_location=LOCATION))
        return len(artifacts.forgotten)

    assert 1 == run(work())


@pytest.mark.parametrize(("code", "forgotten"), [("412", 1), ("503", 0)])
def test_an_object_that_is_gone_when_it_is_sent_is_looked_up_anew(
    code: str, forgotten: int
) -> None:
    """Other trouble says nothing about the object."""

    async def gone() -> CodeContent:
        raise ReconcileError(replace(REPLACED, code=code))

    async def work() -> int:
        moved = Package(NEW, "new", gone, nothing_native, in_s3=True)
        artifacts = Artifacts([moved, package("new")])
        subject = made(artifacts)
        await subject.desired()
        with pytest.raises(ReconcileError):
            await content(subject, UpdateFunctionCode(NEW, ARM), LIVE)
        return len(artifacts.forgotten)

    assert forgotten == run(work())


def test_an_object_by_reference_is_found_where_the_function_runs_it() -> None:
    """Bucket, key and version as AWS tells them; whoever looks it up says where it was asked."""
    location = replace(LOCATION, version_id="v7")
    asked: list[tuple[object, str]] = []

    class Asked(Artifacts):
        async def resolve(self, source: CodeSource, region: str) -> Package:
            asked.append((source, region))
            return await super().resolve(source, region)

    async def work() -> tuple[CodeContent, DesiredFunction]:
        subject = made(Asked([package("old", FOR_ARM)]), declares_code=False)
        step = UpdateFunctionCode(OLD, ARM, by_reference=True, live_package=True)
        found = replace(LIVE, s3_location=location)
        return await content(subject, step, found), await look(subject, found)

    sent, desired = run(work())
    assert (location, FOR_ARM) == (sent, desired.native_code)
    place = S3Object("artifacts", "a.zip", "v7", None, spec().location)
    assert [(place, "eu-west-1")] * 2 == asked


def test_the_live_package_is_fetched_once_until_it_may_have_changed() -> None:
    """It may be large: what was looked into is sent, and fetched anew after a write."""

    async def work() -> tuple[int, list[CodeContent]]:
        functions = Mock()
        functions.live_package = AsyncMock(side_effect=[b"PK one", b"PK two"])
        read = Reader(Patience(SETTINGS, asyncio.Event()), Mock())
        subject = Code(Task(spec(), "eu-west-1", None), functions, Mock(), Room(), read)
        step = UpdateFunctionCode(OLD, ARM, live_package=True)
        sent = [await content(subject, step, LIVE), await content(subject, step, LIVE)]
        subject.forget_live()
        sent.append(await content(subject, step, LIVE))
        functions.live_package.assert_awaited_with("orders-api", OLD)
        return functions.live_package.await_count, sent

    one, two = ZipContent(b"PK one"), ZipContent(b"PK two")
    assert (2, [one, one, two]) == run(work())


def test_a_large_live_package_is_not_kept_while_its_function_waits() -> None:
    """What was looked into is fetched again to be sent: thousands may wait at once."""

    async def work() -> int:
        functions = Mock()
        functions.live_package = AsyncMock(return_value=b"PK" * 600_000)
        read = Reader(Patience(SETTINGS, asyncio.Event()), Mock())
        declared = replace(spec(), architecture=ARM)
        subject = Code(Task(declared, "eu-west-1", None), functions, Mock(), Room(), read)
        await look(subject)
        await content(subject, UpdateFunctionCode(OLD, ARM, live_package=True), LIVE)
        return int(functions.live_package.await_count)

    assert 2 == run(work())


def test_code_is_looked_into_once() -> None:
    """A second plan costs no second download, whatever became of the live package."""

    async def work() -> DesiredFunction:
        subject = made(Artifacts([package("new", FOR_ARM)]))
        await look(subject)
        subject.forget_live()
        return await look(subject)

    assert FOR_ARM == run(work()).native_code


def test_code_that_was_replaced_is_looked_up_anew_the_next_time() -> None:
    """412 says that what was hashed is gone; the next try begins with the hash."""

    async def work() -> tuple[DesiredFunction, int]:
        artifacts = Artifacts([package("old", REPLACED), package("new", FOR_ARM)])
        subject = made(artifacts)
        with pytest.raises(ReconcileError):
            await look(subject)
        return await look(subject), len(artifacts.forgotten)

    desired, forgotten = run(work())
    assert (NEW, FOR_ARM, 1) == (desired.code, desired.native_code, forgotten)


def test_other_trouble_is_no_ground_to_look_it_up_anew() -> None:
    """The object may well be the same."""

    async def work() -> int:
        artifacts = Artifacts([package("new", BUSY, FOR_ARM)])
        subject = made(artifacts)
        with pytest.raises(ReconcileError):
            await look(subject)
        assert FOR_ARM == (await look(subject)).native_code
        return len(artifacts.forgotten)

    assert 0 == run(work())


def test_an_object_by_reference_that_was_replaced_is_looked_up_anew() -> None:
    """It is not declared, and is forgotten all the same: then it is known to be another one."""
    by_reference = replace(LIVE, s3_location=LOCATION)

    async def work() -> None:
        artifacts = Artifacts([package("old", REPLACED), package("new", FOR_ARM)])
        subject = made(artifacts, declares_code=False)
        with pytest.raises(ReconcileError):
            await look(subject, by_reference)
        assert 1 == len(artifacts.forgotten)
        await look(subject, by_reference)

    found = failure(work())
    assert FailureKind.PERMANENT is found.kind
    assert f"{LOCATION} is another one by now: {NEW}" in found.what


def test_a_look_that_takes_too_long_ends_with_the_functions_time() -> None:
    """A download that drips is given up at the deadline, and it is said which flag moves it."""

    async def drips() -> NativeCode:
        for _ in range(1000):
            await asyncio.sleep(1)
        raise AssertionError("nobody waits for this")

    async def work() -> None:
        dripping = Package(NEW, "new", nothing, drips, PackageType.ZIP, in_s3=True)
        try:
            await look(made(Artifacts([dripping])))
        except StoppedError:
            assert SETTINGS.function_timeout == elapsed()
            raise

    found = failure(work())
    assert "30 s were not enough" == found.what
    assert "--function-timeout" in found.remedy


def test_a_package_that_takes_too_long_to_get_ready_ends_with_the_functions_time() -> None:
    """An object whose hash was only declared is read before it is sent, and that may drip."""

    async def drips() -> CodeContent:
        await asyncio.sleep(1000)
        raise AssertionError("nobody waits for this")

    async def work() -> None:
        subject = made(Artifacts([Package(NEW, "new", drips, nothing_native, in_s3=True)]))
        await subject.desired()
        try:
            await content(subject, UpdateFunctionCode(NEW, ARM), LIVE)
        except StoppedError:
            assert SETTINGS.function_timeout == elapsed()
            raise

    found = failure(work())
    assert "30 s were not enough" == found.what
