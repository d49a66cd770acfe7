"""ECR as the reconciler asks it: against the sandbox, and against answers that are made up."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest

from reconciler.model import Failure, FailureKind, ImageManifest, ReconcileError, Repository
from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.effects.server import REGION, Answer, Asked, connected, failing, serving, willing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.artifacts.stores import ImageRegistry
    from reconciler.aws.connection import Connection
    from tests.effects.server import Server
    from tests.effects.world import World

    Push = Callable[[str, str], ImageManifest]

ACCOUNT = "123456789012"
REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
REPOSITORY = Repository(REGISTRY, ACCOUNT, REGION, "team/orders")
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = json.dumps({"architecture": "arm64", "os": "linux"}).encode()
SIGNATURE = "X-Amz-Signature=sesame"
MIB = 1 << 20


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def manifest_of(name: str) -> str:
    """Make a manifest, the same for the same name."""
    layer = {"digest": digest_of(name.encode()), "size": 1, "mediaType": "layer"}
    config = {"digest": digest_of(CONFIG), "size": len(CONFIG), "mediaType": "config"}
    members = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [layer]}
    return json.dumps(members)


@pytest.fixture
def push(world: World) -> Iterator[Push]:
    """Push an image by name and tag, under the digest that ECR would compute."""
    make = cast("Callable[..., Any]", boto3.client)  # no stubs of ECR are installed
    ecr = make(
        "ecr",
        region_name=REGION,
        endpoint_url=world.sandbox.url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )
    ecr.create_repository(repositoryName=REPOSITORY.name)

    def put(name: str, tag: str) -> ImageManifest:
        body = manifest_of(name)
        digest = digest_of(body.encode())
        ecr.put_image(
            repositoryName=REPOSITORY.name,
            imageManifest=body,
            imageManifestMediaType=OCI_MANIFEST,
            imageTag=tag,
            imageDigest=digest,
        )
        return ImageManifest(digest, OCI_MANIFEST, body)

    yield put
    ecr.close()


def look_up(
    connection: Connection, *image_ids: str, repository: Repository = REPOSITORY
) -> Mapping[str, ImageManifest | Failure]:
    images: ImageRegistry = connection.images(REGION, willing)
    return asyncio.run(images.batch_get_image(repository, image_ids))


# Against the sandbox.


def test_tags_and_digests_are_looked_up_in_one_call(world: World, push: Push) -> None:
    """Each id that was asked for has its own answer, a missing one its own failure."""
    one, two = push("one", "v1"), push("two", "v2")

    with connected(world.sandbox.url) as connection:
        found = look_up(connection, "v1", two.digest, "v9")

        assert {"BatchGetImage": 1} == connection.calls
    assert (one, two) == (found["v1"], found[two.digest])
    missing = found["v9"]
    assert isinstance(missing, Failure)
    assert (FailureKind.PERMANENT, "ImageNotFound") == (missing.kind, missing.code)
    assert f"{REGISTRY}/team/orders:v9: BatchGetImage: ImageNotFound" in missing.what
    assert "push the image" in missing.remedy


def test_a_tag_that_was_moved_has_the_new_digest(world: World, push: Push) -> None:
    """Nothing of an earlier look is kept."""
    push("one", "latest")
    with connected(world.sandbox.url) as connection:
        before = look_up(connection, "latest")["latest"]
        moved = push("two", "latest")
        after = look_up(connection, "latest")["latest"]

    assert before != after
    assert moved == after


def test_a_repository_that_does_not_exist_fails_the_call(world: World) -> None:
    """AWS's own words name it."""
    nowhere = Repository(REGISTRY, ACCOUNT, REGION, "nowhere")
    with connected(world.sandbox.url) as connection:
        images = connection.images(REGION, willing)
        failure = asyncio.run(failing(images.batch_get_image(nowhere, ["v1"])))

    assert (FailureKind.PERMANENT, "RepositoryNotFoundException") == (failure.kind, failure.code)
    assert "nowhere" in failure.what


# Against answers that are made up.


def answering(answer: dict[str, Any]) -> Answer:
    headers = {"Content-Type": "application/x-amz-json-1.1"}
    return Answer(headers=headers, body=json.dumps(answer).encode())


def test_what_is_asked_of_ecr() -> None:
    """The registry's account is named, and all four kinds of manifest are taken as they are."""
    digest = digest_of(b"")
    with serving(lambda _: answering({})) as server, connected(server.url) as connection:
        look_up(connection, "v1", digest, "v1")

    (asked,) = server.asked
    assert "AmazonEC2ContainerRegistry_V20150921.BatchGetImage" == asked.headers["x-amz-target"]
    assert {
        "registryId": ACCOUNT,
        "repositoryName": "team/orders",
        "imageIds": [{"imageTag": "v1"}, {"imageDigest": digest}],
        "acceptedMediaTypes": [
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.index.v1+json",
        ],
    } == json.loads(asked.body)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("UpstreamUnavailable", FailureKind.TEMPORARY), ("KmsError", FailureKind.PERMANENT)],
)
def test_why_there_is_no_image_is_ecrs_own_word(code: str, kind: FailureKind) -> None:
    """A failure by digest is found by the digest."""
    digest = digest_of(b"")
    failure = {"imageId": {"imageDigest": digest}, "failureCode": code, "failureReason": "because"}
    answer = answering({"failures": [failure]})
    with serving(lambda _: answer) as server, connected(server.url) as connection:
        outcome = look_up(connection, digest)[digest]

    assert isinstance(outcome, Failure)
    assert (kind, code) == (outcome.kind, outcome.code)
    assert f"{REGISTRY}/team/orders@{digest}: BatchGetImage: {code}: because" in outcome.what


@pytest.mark.parametrize(
    ("image", "said"),
    [
        pytest.param({"imageManifest": "{}"}, "a manifest that its digest is not of", id="other"),
        pytest.param({"imageManifest": None}, "no manifest", id="none"),
        pytest.param(
            {"imageManifest": "\ud800"}, "a manifest that its digest is not of", id="surrogate"
        ),
        pytest.param({"imageId": {"imageTag": "v1"}}, "no readable digest", id="digest"),
        pytest.param({"imageId": {}}, "neither an image nor a failure", id="id"),
    ],
)
def test_an_image_that_cannot_be_read_is_a_temporary_failure(
    image: dict[str, Any], said: str
) -> None:
    """A manifest counts only under its own digest."""
    body = manifest_of("one")
    whole = {
        "imageId": {"imageTag": "v1", "imageDigest": digest_of(body.encode())},
        "imageManifest": body,
        "imageManifestMediaType": OCI_MANIFEST,
    }
    answer = answering({"images": [whole | image]})
    with serving(lambda _: answer) as server, connected(server.url) as connection:
        outcome = look_up(connection, "v1")["v1"]

    assert isinstance(outcome, Failure)
    assert FailureKind.TEMPORARY is outcome.kind
    assert said in outcome.what


# The configuration, which ECR gives a signed URL to.


def layers(server: Server, content: bytes, path: str = "/layer") -> None:
    """Let the server be ECR, and where its layers are."""

    def answer(asked: Asked) -> Answer:
        if asked.method == "POST":
            return answering({"downloadUrl": f"{server.url}{path}?{SIGNATURE}"})
        return Answer(body=content)

    server.answer = answer


def test_the_configuration_of_an_image_is_fetched() -> None:
    """GetDownloadUrlForLayer is a call that is counted; the fetch goes out without keys."""
    digest = digest_of(CONFIG)
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        layers(server, CONFIG)
        images = connection.images(REGION, willing)

        assert CONFIG == asyncio.run(images.image_config(REPOSITORY, digest))
        assert {"GetDownloadUrlForLayer": 1} == connection.calls
    asked, fetched = server.asked
    assert {
        "registryId": ACCOUNT,
        "repositoryName": "team/orders",
        "layerDigest": digest,
    } == json.loads(asked.body)
    assert ("GET", "/layer", {"X-Amz-Signature": "sesame"}) == (
        fetched.method,
        fetched.path,
        fetched.query,
    )
    assert "authorization" not in fetched.headers


def test_a_configuration_with_another_digest_is_refused() -> None:
    """What says the platform must be what the manifest means."""
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        layers(server, b"{}")
        images = connection.images(REGION, willing)
        failure = asyncio.run(failing(images.image_config(REPOSITORY, digest_of(CONFIG))))

    assert FailureKind.PERMANENT is failure.kind
    assert digest_of(CONFIG) in failure.what


def config_where(layers: list[Answer], *, ecr: Answer | None = None) -> tuple[object, list[str]]:
    """Fetch where ECR, or the place of its layers, answers so in turn; give the requests too."""
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:

        def answer(asked: Asked) -> Answer:
            if asked.method == "GET":
                return layers.pop(0)
            return ecr or answering({"downloadUrl": f"{server.url}/layer?{SIGNATURE}"})

        server.answer = answer
        call = connection.images(REGION, willing).image_config(REPOSITORY, digest_of(CONFIG))
        outcome: object
        try:
            outcome = asyncio.run(call)
        except ReconcileError as error:
            outcome = error.failure
    return outcome, [asked.method for asked in server.asked]


BLOCKED = [
    pytest.param(Answer(403), id="forbidden"),
    pytest.param(Answer(302), id="redirect"),
    pytest.param(Answer(503), id="busy"),
    pytest.param(Answer(body=CONFIG, cut_at=3), id="dropped"),
    pytest.param(Answer(body=b"<html>"), id="page"),
]


@pytest.mark.parametrize("blocked", BLOCKED)
def test_a_configuration_is_fetched_once_more(blocked: Answer) -> None:
    """With a new URL, since the old one may have expired."""
    outcome, requests = config_where([blocked, Answer(body=CONFIG)])

    assert CONFIG == outcome
    assert ["POST", "GET", "POST", "GET"] == requests


@pytest.mark.parametrize("blocked", BLOCKED)
def test_a_configuration_that_is_blocked_twice_is_given_up(blocked: Answer) -> None:
    """A network may let ECR through, and not the bucket that its layers are in."""
    outcome, requests = config_where([blocked, blocked])

    assert isinstance(outcome, Failure)
    assert FailureKind.PERMANENT is outcome.kind
    assert SIGNATURE not in str(outcome)
    assert ["POST", "GET", "POST", "GET"] == requests


def test_ecrs_own_trouble_is_temporary() -> None:
    """Only what lies behind its URL may be out of reach for good."""
    outcome, requests = config_where([], ecr=Answer(500))

    assert isinstance(outcome, Failure)
    assert FailureKind.TEMPORARY is outcome.kind
    assert ["POST"] == requests


@pytest.mark.parametrize(("size", "fits"), [(MIB, True), (MIB + 1, False)])
def test_a_configuration_has_at_most_one_mebibyte(size: int, *, fits: bool) -> None:
    """Real ones have a few thousand bytes; a layer by mistake may have gigabytes."""
    content = bytes(size)
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        layers(server, content)
        call = connection.images(REGION, willing).image_config(REPOSITORY, digest_of(content))
        if fits:
            assert content == asyncio.run(call)
        else:
            failure = asyncio.run(failing(call))
            assert FailureKind.PERMANENT is failure.kind
            assert "more than 1,048,576 bytes" in failure.what


def test_an_answer_without_a_url_is_unreadable() -> None:
    """Nothing is fetched then."""
    with serving(lambda _: answering({})) as server, connected(server.url) as connection:
        images = connection.images(REGION, willing)
        failure = asyncio.run(failing(images.image_config(REPOSITORY, digest_of(CONFIG))))

    assert FailureKind.TEMPORARY is failure.kind
    assert 1 == len(server.asked)
