"""Packages in S3: what they hash to, and how that is learnt."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts import s3_object
from reconciler.artifacts.cache import DigestCache
from reconciler.artifacts.once import TOLD_FOR
from reconciler.artifacts.s3_object import LARGEST_OBJECT, from_s3_object
from reconciler.model import CodeDigest, FailureKind, PackageType, ReconcileError, S3Location
from tests.unit.builders import X86
from tests.unit.elf import elf, zipped
from tests.unit.stores import BUSY, DENIED, Objects, sha256
from tests.unit.stores import s3_object as declared
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.artifacts import Package
    from reconciler.model import CodeContent, Failure, NativeCode, S3Object

CONTENT = b"the bytes of a package" * 20
OTHER = sha256(b"something else")


def _objects(content: bytes = CONTENT, *, checksums: bool = False) -> Objects:
    return Objects(content={"a.zip": content}, checksums=checksums)


def _resolve(
    objects: Objects,
    source: S3Object | None = None,
    cache: Path | None = None,
    *,
    trust: bool = True,
) -> Package:
    source = source or declared()
    return asyncio.run(from_s3_object(source, objects, DigestCache(cache), trust=trust))


def _refused(
    objects: Objects,
    source: S3Object | None = None,
    cache: Path | None = None,
    *,
    trust: bool = True,
) -> Failure:
    with pytest.raises(ReconcileError) as raised:
        _resolve(objects, source, cache, trust=trust)
    return raised.value.failure


# What it hashes to.


def test_a_checksum_that_s3_has_spares_the_download() -> None:
    """One HeadObject is all, where the uploader asked for SHA-256."""
    objects = _objects(checksums=True)
    assert CodeDigest(sha256(CONTENT)) == _resolve(objects).digest
    assert [S3Location("artifacts", "a.zip")] == objects.heads
    assert [] == objects.downloads


@pytest.mark.parametrize("trust", [True, False])
def test_a_declared_hash_spares_the_download(*, trust: bool) -> None:
    """The manifest is believed where S3 has no hash of the whole object: most runs only compare."""
    objects = _objects()
    package = _resolve(objects, declared(declared=OTHER), trust=trust)
    assert CodeDigest(OTHER) == package.digest
    assert 1 == len(objects.heads)
    assert [] == objects.downloads


def test_without_either_the_object_is_read_once() -> None:
    """All of it goes through the hash, in whatever pieces it comes."""
    objects = _objects()
    assert CodeDigest(sha256(CONTENT)) == _resolve(objects).digest
    assert [S3Location("artifacts", "a.zip")] == objects.downloads


def test_a_declared_hash_that_s3_contradicts_is_invalid() -> None:
    """Both are said, so that one sees which of them is wrong."""
    failure = _refused(_objects(checksums=True), declared(declared=OTHER))
    assert FailureKind.INVALID is failure.kind
    assert (
        f"s3://artifacts/a.zip hashes to {sha256(CONTENT)}, "
        f"and the manifest's sha256 is {OTHER}" == failure.what
    )


def test_a_declared_hash_that_s3_confirms_is_right() -> None:
    """Both sources of the hash may be there."""
    objects = _objects(checksums=True)
    assert (
        CodeDigest(sha256(CONTENT)) == _resolve(objects, declared(declared=sha256(CONTENT))).digest
    )


def test_a_wrong_declared_hash_is_never_sent(tmp_path: Path) -> None:
    """Before it is sent the object is read, and remembered, so that the next plan knows it too."""
    objects = _objects()
    package = _resolve(objects, declared(declared=OTHER), tmp_path)
    with pytest.raises(ReconcileError) as raised:
        asyncio.run(_content(package))
    failure = raised.value.failure
    assert FailureKind.INVALID is failure.kind
    assert (
        f"s3://artifacts/a.zip hashes to {sha256(CONTENT)}, "
        f"and the manifest's sha256 is {OTHER}" == failure.what
    )
    assert failure == _refused(objects, declared(declared=OTHER), tmp_path)
    assert 1 == len(objects.downloads)


def test_a_right_declared_hash_is_read_up_on_once(tmp_path: Path) -> None:
    """However many functions send the package, and whenever."""
    objects = _objects()
    source = declared(declared=sha256(CONTENT))
    package = _resolve(objects, source, tmp_path)

    async def send() -> list[CodeContent]:
        return [*await asyncio.gather(package.content(), package.content())]

    assert [S3Location("artifacts", "a.zip")] * 2 == asyncio.run(send())
    asyncio.run(_content(_resolve(objects, source, tmp_path)))
    assert 1 == len(objects.downloads)


def test_a_hash_that_was_doubted_is_read_up_on_in_spite_of_the_cache(tmp_path: Path) -> None:
    """AWS has come to another one than an earlier run remembers."""
    _resolve(_objects(), cache=tmp_path)
    objects = _objects()
    source = declared(declared=sha256(CONTENT))
    asyncio.run(_content(_resolve(objects, source, tmp_path, trust=False)))
    assert 1 == len(objects.downloads)


def test_an_object_that_cannot_be_read_is_not_sent() -> None:
    """A declared hash that is not proven is none; the next try may prove it."""
    objects = _objects()
    package = _resolve(objects, declared(declared=sha256(CONTENT)))
    objects.errors = [BUSY]

    async def send_twice() -> CodeContent:
        with pytest.raises(ReconcileError) as raised:
            await package.content()
        assert BUSY == raised.value.failure
        await asyncio.sleep(TOLD_FOR)
        return await package.content()

    assert S3Location("artifacts", "a.zip") == run(send_twice())


@pytest.mark.parametrize("checksums", [True, False])
def test_a_hash_that_is_known_is_not_proven_again(*, checksums: bool) -> None:
    """S3's own, or one that was read for the comparison."""
    objects = _objects(checksums=checksums)
    source = declared(declared=sha256(CONTENT) if checksums else None)
    asyncio.run(_content(_resolve(objects, source)))
    assert (0 if checksums else 1) == len(objects.downloads)


def test_a_download_that_is_cut_off_is_no_hash(tmp_path: Path) -> None:
    """Fewer bytes than S3 said are a temporary failure, and are not remembered."""
    objects = _objects()
    objects.cut = 1
    failure = _refused(objects, cache=tmp_path)
    assert FailureKind.TEMPORARY is failure.kind
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("failing", [0, 1], ids=["head", "download"])
@pytest.mark.parametrize("failure", [BUSY, DENIED])
def test_what_s3_refuses_is_told_as_it_is(failure: Failure, failing: int) -> None:
    """The store has classified it already."""
    objects = _objects()
    objects.errors = [*[None] * failing, failure]
    assert failure == _refused(objects)
    assert failing == len(objects.downloads)


# Remembering.


def test_an_object_is_read_in_one_run_and_remembered_in_the_next(tmp_path: Path) -> None:
    """Its ETag and size are those of the first time, so are its bytes."""
    first, second = _objects(), _objects()
    assert _resolve(first, cache=tmp_path) == _resolve(second, cache=tmp_path)
    assert (1, 0) == (len(first.downloads), len(second.downloads))


def _new_etag(objects: Objects) -> None:
    objects.etags["a.zip"] = "new"


def _new_version(objects: Objects) -> None:
    objects.version_id = "v2"


def _new_endpoint(objects: Objects) -> None:
    objects.endpoint = "https://elsewhere.test"


def _new_content(objects: Objects) -> None:
    objects.content["a.zip"] = b"new"


@pytest.mark.parametrize("change", [_new_etag, _new_version, _new_endpoint, _new_content])
def test_an_object_that_may_be_another_is_read_again(
    tmp_path: Path, change: Callable[[Objects], None]
) -> None:
    """The same key with a new object is seen."""
    _resolve(_objects(), cache=tmp_path)
    objects = _objects()
    change(objects)
    assert sha256(objects.content["a.zip"]) == str(_resolve(objects, cache=tmp_path).digest)
    assert 1 == len(objects.downloads)


def test_an_object_of_another_size_is_read_again(tmp_path: Path) -> None:
    """Encrypted objects may have any ETag, so that it alone tells too little."""
    for content in (b"short", b"somewhat longer"):
        objects = _objects(content)
        objects.etags["a.zip"] = "same"
        assert sha256(content) == str(_resolve(objects, cache=tmp_path).digest)


def test_what_is_remembered_is_not_believed_against_aws(tmp_path: Path) -> None:
    """It is read again, and remembered anew."""
    _resolve(_objects(), cache=tmp_path)
    objects = _objects()
    _resolve(objects, cache=tmp_path, trust=False)
    assert 1 == len(objects.downloads)
    assert 1 == len(list(tmp_path.iterdir()))


def test_a_declared_hash_that_an_earlier_reading_contradicts_is_invalid(tmp_path: Path) -> None:
    """What is known of these very bytes counts for more than what somebody wrote."""
    _resolve(_objects(), cache=tmp_path)
    objects = _objects()
    assert OTHER in _refused(objects, declared(declared=OTHER), cache=tmp_path).what
    assert [] == objects.downloads


def test_what_was_only_declared_is_not_remembered(tmp_path: Path) -> None:
    """Else one wrong manifest would make another one wrong."""
    _resolve(_objects(), declared(declared=OTHER), cache=tmp_path)
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize("hashed", [None, OTHER])
def test_only_without_a_version_may_aws_find_another_hash(hashed: str | None) -> None:
    """A version pins the bytes, and what is sent was hashed, whoever told its hash before."""
    assert not _resolve(_objects(), declared(version_id="v1", declared=hashed)).may_differ
    assert _resolve(_objects(), declared(declared=hashed)).may_differ


# What is sent.


@pytest.mark.parametrize("told", [None, "v9", "null"])
def test_an_object_without_a_version_is_sent_without_one(told: str | None) -> None:
    """The manifest means the newest, whatever version S3 told; another may lie there by then."""
    objects = _objects()
    objects.version_id = told
    package = _resolve(objects)
    assert S3Location("artifacts", "a.zip") == asyncio.run(_content(package))
    assert package.may_differ
    assert "s3://artifacts/a.zip" == package.origin
    assert package.in_s3
    assert (PackageType.ZIP, None) == (package.package_type, package.resolved_image_uri)


def test_a_declared_version_is_read_and_sent() -> None:
    """It is what pins the bytes."""
    objects = _objects()
    pinned = S3Location("artifacts", "a.zip", "v1")
    package = _resolve(objects, declared(version_id="v1"))
    assert pinned == asyncio.run(_content(package))
    assert ([pinned], [pinned]) == (objects.heads, objects.downloads)
    assert not package.may_differ
    assert "s3://artifacts/a.zip (version v1)" == package.origin


async def _content(package: Package) -> CodeContent:
    return await package.content()


@pytest.mark.parametrize("over", [0, 1])
def test_the_limit_is_lambdas(over: int) -> None:
    """A package that is over the limit when zipped is so when unzipped; it is not downloaded."""
    objects = _objects(checksums=not over)
    objects.sizes["a.zip"] = LARGEST_OBJECT + over
    if not over:
        assert sha256(CONTENT) == str(_resolve(objects).digest)
        return
    failure = _refused(objects)
    assert FailureKind.INVALID is failure.kind
    assert "s3://artifacts/a.zip has 262,144,001 bytes, over Lambda's limit" in failure.what
    assert [] == objects.downloads


# Native code.


@pytest.mark.parametrize("in_memory", [1, 1_000_000], ids=["on-disk", "in-memory"])
def test_native_code_is_found_in_the_object(
    monkeypatch: pytest.MonkeyPatch, in_memory: int
) -> None:
    """It is downloaded for that, once for all functions, and stays nowhere."""
    monkeypatch.setattr(s3_object, "_IN_MEMORY", in_memory)
    objects = _objects(zipped({"a.so": elf(62)}), checksums=True)
    package = _resolve(objects)
    assert [] == objects.downloads

    async def look() -> tuple[NativeCode, NativeCode]:
        return await asyncio.gather(package.native_code(), package.native_code())

    first, second = asyncio.run(look())
    assert first == second
    assert ((X86, "a.so"),) == asyncio.run(_native(package)).files
    assert 1 == len(objects.downloads)


async def _native(package: Package) -> NativeCode:
    return await package.native_code()


def test_an_object_that_changed_is_not_looked_into() -> None:
    """Native code of other bytes says nothing of these."""
    objects = _objects(zipped({"a.so": elf(62)}), checksums=True)
    package = _resolve(objects)
    objects.content["a.zip"] = zipped({"b.so": elf(183)})
    with pytest.raises(ReconcileError) as raised:
        asyncio.run(_native(package))
    assert BUSY == raised.value.failure


def test_no_room_for_a_download_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may have no folder to write to."""

    def none(*_: object, **__: object) -> None:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr("tempfile.SpooledTemporaryFile", none)
    with pytest.raises(ReconcileError) as raised:
        asyncio.run(_native(_resolve(_objects(checksums=True))))
    failure = raised.value.failure
    assert FailureKind.TEMPORARY is failure.kind
    assert "No usable temporary directory" in failure.what
    assert "TMPDIR" in failure.remedy
    assert "spec.code.nativeCheck: off" in failure.remedy
