"""Container images: by tag or digest, one for one platform, in the function's region."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.artifacts.once import TOLD_FOR
from reconciler.model import (
    Architecture,
    CodeDigest,
    FailureKind,
    ImageLocation,
    ImageManifest,
    PackageType,
    ReconcileError,
    Scope,
)
from tests.unit.builders import ARM, X86
from tests.unit.stores import (
    ABSENT,
    BUSY,
    DENIED,
    INDEX,
    MANIFEST,
    REGION,
    REGISTRY,
    Images,
    World,
    image,
    image_digest,
    manifest,
)
from tests.unit.virtual_time import run

if TYPE_CHECKING:
    from reconciler.artifacts import Package
    from reconciler.model import CodeContent, Failure, Image, NativeCode

DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
DIGEST = image_digest("v1")
CONFIG = image_digest("config")


def _world(
    found: ImageManifest | Failure | None = None, config: bytes | Failure | None = None
) -> World:
    """Have one image, under its tag and its digest."""
    found = found or manifest()
    configs = {} if config is None else {CONFIG: config}
    return World(ecr=Images(found={"v1": found, DIGEST: found}, configs=configs))


def _resolve(world: World, source: Image | None = None, region: str = REGION) -> Package:
    source = source or image()
    return asyncio.run(world.artifacts(source).resolve(source, region))


def _refused(world: World, source: Image | None = None, region: str = REGION) -> Failure:
    with pytest.raises(ReconcileError) as raised:
        _resolve(world, source, region)
    return raised.value.failure


async def _content(package: Package) -> CodeContent:
    return await package.content()


async def _native(package: Package) -> NativeCode:
    return await package.native_code()


def _platforms(world: World) -> tuple[tuple[Architecture, str], ...]:
    return asyncio.run(_native(_resolve(world))).files


@pytest.mark.parametrize("tail", ["app:v1", f"app@{DIGEST}", f"app:other@{DIGEST}"])
def test_an_image_is_sent_by_its_digest(tail: str) -> None:
    """
    Wherever the tag points by then, AWS gets what was planned.

    The forms are those of ResolvedImageUri and CodeSha256 in LocalStack's
    test_lambda_image_crud (aws.validated).
    """
    package = _resolve(_world(), image(tail))
    uri = f"{REGISTRY}/app@{DIGEST}"
    assert uri == package.resolved_image_uri
    assert ImageLocation(uri) == asyncio.run(_content(package))
    assert CodeDigest(DIGEST.removeprefix("sha256:")) == package.digest
    assert PackageType.IMAGE is package.package_type
    assert f"{REGISTRY}/{tail}" == package.origin
    assert (False, False) == (package.in_s3, package.may_differ)


@pytest.mark.parametrize("tail", ["app:v2", f"app@{image_digest('v2')}"])
def test_an_image_that_is_not_there_is_told_before_any_write(tail: str) -> None:
    """A digest is looked up, too: it may have been deleted, or never been pushed."""
    assert ABSENT == _refused(_world(), image(tail))


def test_another_regions_registry_is_invalid() -> None:
    """Lambda takes images of its own region only (developer guide, images-create)."""
    world = _world()
    failure = _refused(world, image(registry=REGISTRY.replace(REGION, "us-east-1")))
    assert FailureKind.INVALID is failure.kind
    assert "is in us-east-1, and the function is in eu-west-1" in failure.what
    assert [] == world.ecr.calls


@pytest.mark.parametrize(
    "registry", ["registry.example/library", "public.ecr.aws/lambda", "localhost"]
)
def test_another_registry_is_invalid(registry: str) -> None:
    """Lambda takes images of private ECR repositories only (developer guide, images-create)."""
    failure = _refused(_world(), image(registry=registry))
    assert FailureKind.INVALID is failure.kind
    assert f"{registry}/app:v1 names no image in a private ECR repository" == failure.what


# Indexes.


def _entry(name: str, architecture: object, os: object = "linux") -> dict[str, object]:
    platform = {"os": os, "architecture": architecture}
    return {"digest": image_digest(name), "platform": platform}


def _index(*entries: object, media_type: str = INDEX) -> ImageManifest:
    return ImageManifest(DIGEST, media_type, json.dumps({"manifests": entries}))


@pytest.mark.parametrize("media_type", [INDEX, DOCKER_LIST])
@pytest.mark.parametrize("tail", ["app:v1", f"app@{DIGEST}"])
def test_an_index_is_refused_with_the_way_out(media_type: str, tail: str) -> None:
    """What buildx pushes by default is an index even of one image; its attestation is none."""
    entries = (
        _entry("x", "amd64"),
        _entry("attestation", "unknown", "unknown"),
        _entry("arm", "arm64"),
    )
    failure = _refused(_world(_index(*entries, media_type=media_type)), image(tail))
    assert FailureKind.PERMANENT is failure.kind
    assert f"{REGISTRY}/{tail} is an index of images ({media_type})" in failure.what
    assert "--provenance=false --sbom=false" in failure.remedy
    assert failure.remedy.endswith(
        f"for the function's platform: linux/amd64 is {REGISTRY}/app@{image_digest('x')}, "
        f"linux/arm64 is {REGISTRY}/app@{image_digest('arm')}"
    )


def test_an_index_is_known_by_its_content() -> None:
    """A list of images under another media type is no image either."""
    failure = _refused(_world(_index(_entry("x", "amd64"), media_type=MANIFEST)))
    assert FailureKind.PERMANENT is failure.kind
    assert image_digest("x") in failure.remedy


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "[1]",
        "[" * 100_000,
        '{"manifests": null}',
        '{"manifests": {"digest": 1}}',
        '{"manifests": [null, 1, "text", [], {}, {"digest": 1, "platform": 2}]}',
        json.dumps({"manifests": [_entry("x", 5), _entry("x", "a b"), _entry("x", None)]}),
        json.dumps({"manifests": [{**_entry("x", "amd64"), "digest": "sha256:short"}]}),
        json.dumps({"manifests": [{**_entry("x", "amd64"), "digest": f"{DIGEST}\n"}]}),
        json.dumps({"manifests": [_entry("x", "amd64\x1b[31m")]}),
    ],
)
def test_an_index_of_which_nothing_can_be_read_is_refused_all_the_same(body: str) -> None:
    """Anybody may have pushed it; only what is in form is shown."""
    failure = _refused(_world(ImageManifest(DIGEST, INDEX, body)))
    assert FailureKind.PERMANENT is failure.kind
    assert failure.remedy.endswith("or declare the digest of the image for the function's platform")


def test_an_index_of_many_is_not_shown_whole() -> None:
    """A remedy is read by people."""
    entries = (_entry(str(number), "arm64") for number in range(50))
    assert 12 == _refused(_world(_index(*entries))).remedy.count("linux/arm64 is ")


# The platform.


@pytest.mark.parametrize(
    ("expected", "config"),
    [
        pytest.param(((X86, "linux/amd64"),), {"os": "linux", "architecture": "amd64"}, id="amd64"),
        pytest.param(((ARM, "linux/arm64"),), {"os": "linux", "architecture": "arm64"}, id="arm64"),
        pytest.param(
            ((Architecture("riscv64"), "linux/riscv64"),),
            {"os": "linux", "architecture": "riscv64"},
            id="as-it-says",
        ),
        pytest.param(((ARM, "unknown/arm64"),), {"architecture": "arm64"}, id="without-os"),
        pytest.param((), {"os": "linux"}, id="without-architecture"),
        pytest.param((), {"os": "linux", "architecture": ""}, id="empty"),
        pytest.param((), {"os": "linux", "architecture": ["arm64"]}, id="no-text"),
        pytest.param((), {"os": "linux", "architecture": "arm64\n"}, id="no-word"),
        pytest.param((), ["arm64"], id="no-object"),
    ],
)
def test_the_platform_is_what_the_configuration_says(
    expected: tuple[tuple[Architecture, str], ...], config: object
) -> None:
    """Images say it in Go's words (OCI image specification); no word is no platform."""
    world = _world(config=json.dumps(config).encode())
    assert expected == _platforms(world)
    assert [f"app@{CONFIG}"] == world.ecr.config_calls


@pytest.mark.parametrize("config", [b"", b"\xff\xfe\x00", b"{", b"[" * 100_000, b"1" * 10_000])
def test_a_configuration_that_is_no_json_says_nothing(config: bytes) -> None:
    """An image may carry anything; AWS will say whether it runs it."""
    assert () == _platforms(_world(config=config))


@pytest.mark.parametrize("body", ["", "{}", '{"config": 1}', '{"config": {"digest": "x"}}'])
def test_a_manifest_that_names_no_configuration_says_nothing(body: str) -> None:
    """Nothing is fetched then."""
    world = _world(ImageManifest(DIGEST, MANIFEST, body))
    assert () == _platforms(world)
    assert [] == world.ecr.config_calls


def test_a_role_that_may_not_read_the_configuration_deploys_all_the_same() -> None:
    """To fetch it takes ecr:GetDownloadUrlForLayer, which a role may lack; it is asked once."""
    world = _world(config=DENIED)
    package = _resolve(world)
    assert () == asyncio.run(_native(package)).files
    assert () == asyncio.run(_native(package)).files
    assert 1 == len(world.ecr.config_calls)


@pytest.mark.parametrize("failure", [BUSY, replace(DENIED, scope=Scope.RUN)], ids=["busy", "run"])
def test_what_may_be_different_soon_or_ends_the_run_is_no_answer(failure: Failure) -> None:
    """It is told to whoever waits, and asked again for the next."""
    world = _world(config=failure)
    package = _resolve(world)

    async def look_twice() -> NativeCode:
        with pytest.raises(ReconcileError) as raised:
            await package.native_code()
        assert failure == raised.value.failure
        world.ecr.configs[CONFIG] = b'{"os": "linux", "architecture": "arm64"}'
        await asyncio.sleep(TOLD_FOR)
        return await package.native_code()

    assert ((ARM, "linux/arm64"),) == run(look_twice()).files


def test_the_platform_is_not_read_before_somebody_asks() -> None:
    """Most runs change nothing, and need not know it."""
    world = _world()
    _resolve(world)
    assert [] == world.ecr.config_calls
