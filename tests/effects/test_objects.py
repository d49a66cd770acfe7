"""S3 as the reconciler asks it: against the sandbox, and against answers that moto never gives."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from typing import TYPE_CHECKING, Any, cast

import boto3
import pytest
from botocore.config import Config

from reconciler.model import FailureKind, ObjectHead, S3Location, Scope
from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.effects.server import REGION, Answer, Asked, connected, failing, serving, willing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSPreparedRequest

    from reconciler.artifacts.stores import ObjectStore
    from reconciler.aws.connection import Connection
    from reconciler.model import Failure
    from tests.effects.world import World

CONTENT = bytes(range(256)) * 10_000  # more than two pieces
SHA256 = base64.b64encode(hashlib.sha256(CONTENT).digest()).decode()
LOCATION = S3Location("artifacts", "orders/api v1.zip")
PIECE = 1 << 20


class StopError(Exception):
    """What a check raises when the run is to end."""


class Bucket:
    """Somebody else's object, in a bucket that keeps versions."""

    def __init__(self, endpoint_url: str) -> None:
        make = cast("Callable[..., Any]", boto3.client)  # no stubs of S3 are installed
        self._s3 = make(
            "s3",
            region_name=REGION,
            endpoint_url=endpoint_url,
            aws_access_key_id=ACCESS_KEY_ID,
            aws_secret_access_key=SECRET_ACCESS_KEY,
            config=Config(s3={"addressing_style": "path"}),
        )
        self._s3.create_bucket(
            Bucket=LOCATION.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self._s3.put_bucket_versioning(
            Bucket=LOCATION.bucket, VersioningConfiguration={"Status": "Enabled"}
        )

    def put(self, content: bytes, **more: str) -> tuple[str, str]:
        """Write the object, and give its ETag and version."""
        answer = self._s3.put_object(Bucket=LOCATION.bucket, Key=LOCATION.key, Body=content, **more)
        return answer["ETag"], answer["VersionId"]

    def delete(self) -> str:
        """Delete the object, and give the version of the marker."""
        answer = self._s3.delete_object(Bucket=LOCATION.bucket, Key=LOCATION.key)
        return str(answer["VersionId"])

    def close(self) -> None:
        """Let go of the socket."""
        self._s3.close()


@pytest.fixture
def bucket(world: World) -> Iterator[Bucket]:
    bucket = Bucket(world.sandbox.url)
    yield bucket
    bucket.close()


def head(connection: Connection, location: S3Location = LOCATION) -> ObjectHead:
    objects: ObjectStore = connection.objects(REGION, willing)
    return asyncio.run(objects.head_object(location))


def head_fails(connection: Connection, location: S3Location = LOCATION) -> Failure:
    return asyncio.run(failing(connection.objects(REGION, willing).head_object(location)))


def get(
    connection: Connection,
    etag: str,
    sink: Callable[[bytes], object],
    check: Callable[[], None] = willing,
) -> None:
    asyncio.run(connection.objects(REGION, check).get_object(LOCATION, etag, sink))


def get_fails(connection: Connection, sink: Callable[[bytes], object]) -> Failure:
    return asyncio.run(
        failing(connection.objects(REGION, willing).get_object(LOCATION, '"e"', sink))
    )


def whole(body: bytes, **headers: str) -> Answer:
    """Answer GetObject."""
    return Answer(headers={"ETag": '"e"', **headers}, body=body)


# Against the sandbox.


def test_an_endpoint_is_told_without_its_password() -> None:
    """The cache names its entries by it, and a password is neither kept nor part of a place."""
    for address in ("http://user:sesame%2F@127.0.0.1:1/x", "http://127.0.0.1:1/x"):
        with connected(address) as connection:
            assert "http://127.0.0.1:1/x" == connection.objects(REGION, willing).endpoint


def test_the_hash_of_an_object_is_had_without_a_download(world: World, bucket: Bucket) -> None:
    """S3 keeps the SHA-256 that an object was uploaded with; it has the form of CodeSha256."""
    etag, version = bucket.put(CONTENT, ChecksumAlgorithm="SHA256")
    with connected(world.sandbox.url) as connection:
        found = head(connection)

        assert ObjectHead(etag, len(CONTENT), version, SHA256) == found
        assert {"HeadObject": 1} == connection.calls


def test_a_version_that_is_named_is_the_one_that_is_read(world: World, bucket: Bucket) -> None:
    """The older version stays what it was when the key is written anew."""
    _, old = bucket.put(CONTENT)
    bucket.put(b"newer")
    received = bytearray()

    with connected(world.sandbox.url) as connection:
        located = S3Location(LOCATION.bucket, LOCATION.key, old)
        found = head(connection, located)
        objects = connection.objects(REGION, willing)
        asyncio.run(objects.get_object(located, found.etag, received.extend))

    assert (len(CONTENT), old, None) == (found.size, found.version_id, found.sha256)
    assert CONTENT == bytes(received)


def test_an_object_comes_in_pieces(world: World, bucket: Bucket) -> None:
    """No more than 1 MiB at a time is in memory."""
    etag, _ = bucket.put(CONTENT)
    pieces: list[bytes] = []

    with connected(world.sandbox.url) as connection:
        get(connection, etag, pieces.append)

        assert {"GetObject": 1} == connection.calls
    assert [PIECE, PIECE, len(CONTENT) - 2 * PIECE] == [len(piece) for piece in pieces]
    assert CONTENT == b"".join(pieces)


def test_an_object_that_was_replaced_meanwhile_is_not_read(world: World, bucket: Bucket) -> None:
    """The ETag that was seen guards the download; the next look may find the new one."""
    etag, _ = bucket.put(b"old")
    bucket.put(b"new")
    received = bytearray()

    with connected(world.sandbox.url) as connection:
        objects = connection.objects(REGION, willing)
        failure = asyncio.run(failing(objects.get_object(LOCATION, etag, received.extend)))

    assert FailureKind.TEMPORARY is failure.kind
    assert "s3://artifacts/orders/api v1.zip: GetObject: PreconditionFailed" in failure.what
    assert b"" == received


@pytest.mark.parametrize(
    "location",
    [
        pytest.param(S3Location("artifacts", "missing.zip"), id="key"),
        pytest.param(S3Location("missing-bucket", "app.zip"), id="bucket"),
    ],
)
def test_what_is_missing_is_named(world: World, bucket: Bucket, location: S3Location) -> None:
    """A HeadObject without an object has no text; ours has the address."""
    bucket.put(b"another")
    with connected(world.sandbox.url) as connection:
        failure = head_fails(connection, location)

    assert FailureKind.PERMANENT is failure.kind
    assert f"{location}: no such object or bucket" in failure.what
    assert "HeadObject" == failure.operation


def test_a_delete_marker_is_a_missing_object(world: World, bucket: Bucket) -> None:
    """A deleted object leaves a marker as the newest version."""
    bucket.put(b"old")
    marker = bucket.delete()

    with connected(world.sandbox.url) as connection:
        failures = [
            head_fails(connection),
            head_fails(connection, S3Location(LOCATION.bucket, LOCATION.key, marker)),
        ]

    for failure in failures:
        assert FailureKind.PERMANENT is failure.kind
        assert ": the object was deleted (" in failure.what or ": no such object" in failure.what


# Against answers that are made up; their forms are those of the API reference.


@pytest.mark.parametrize(
    ("status", "said"),
    [
        pytest.param(403, "no permission to read the object", id="forbidden"),
        pytest.param(404, "no such object or bucket", id="missing"),
        pytest.param(405, "the object was deleted", id="delete-marker"),
        pytest.param(400, "S3 refuses the request and does not say why", id="bad-request"),
        pytest.param(301, "the bucket is in another region", id="moved"),
    ],
)
def test_a_head_without_a_body_is_explained(status: int, said: str) -> None:
    """HeadObject's errors are bare status codes (API reference, HeadObject)."""
    with serving(lambda _: Answer(status)) as server, connected(server.url) as connection:
        failure = head_fails(connection)

    assert (FailureKind.PERMANENT, str(status)) == (failure.kind, failure.code)
    assert f"s3://artifacts/orders/api v1.zip: {said}" in failure.what
    assert ["HEAD"] == [asked.method for asked in server.asked if asked.path != "/"]


def sts(code: str | None) -> Answer:
    """Answer GetCallerIdentity: refused with a code, or well."""
    body = (
        f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
        if code
        else "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
        "</GetCallerIdentityResult></GetCallerIdentityResponse>"
    )
    return Answer(403 if code else 200, {"Content-Type": "text/xml"}, body.encode())


def refused_head(status: int, identity: Answer) -> tuple[Failure, list[str]]:
    """Give what a HEAD without words comes to, and the requests that were made."""

    def answer(asked: Asked) -> Answer:
        return Answer(status) if asked.method == "HEAD" else identity

    with serving(answer) as server, connected(server.url) as connection:
        failure = head_fails(connection)
    return failure, [asked.method for asked in server.asked]


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
@pytest.mark.parametrize("status", [400, 403])
def test_a_head_that_stale_credentials_may_explain_is_asked_of_sts(status: int, code: str) -> None:
    """S3 cannot say ExpiredToken in an answer without a body; it ends the run like any other."""
    failure, requests = refused_head(status, sts(code))

    assert (FailureKind.PERMANENT, Scope.RUN, code) == (failure.kind, failure.scope, failure.code)
    assert ["HEAD", "POST"] == requests


@pytest.mark.parametrize("identity", [sts(None), sts("AccessDenied"), Answer(503), Answer(200)])
@pytest.mark.parametrize("status", [400, 403])
def test_good_credentials_leave_a_refusal_as_it_is(status: int, identity: Answer) -> None:
    """So does an STS that is not to be had: S3's refusal is what is known."""
    failure, requests = refused_head(status, identity)

    assert (FailureKind.PERMANENT, Scope.FUNCTION, str(status)) == (
        failure.kind,
        failure.scope,
        failure.code,
    )
    assert ["HEAD", "POST"] == requests


@pytest.mark.parametrize("status", [301, 404, 405, 412, 503])
def test_other_refusals_are_not_asked_of_sts(status: int) -> None:
    """Only these two may hide what is wrong with the credentials."""
    _, requests = refused_head(status, sts("ExpiredToken"))

    assert ["HEAD"] == requests


def test_a_refusal_with_words_is_not_asked_of_sts() -> None:
    """A GET has a body, which says what is wrong."""
    body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    with serving(lambda _: Answer(403, body=body)) as server, connected(server.url) as connection:
        assert "AccessDenied" == get_fails(connection, bytearray().extend).code
    assert ["GET"] == [asked.method for asked in server.asked]


def test_a_refusal_names_the_permissions() -> None:
    """Without s3:ListBucket a missing key is a 403 as well (API reference, HeadObject)."""
    with serving(lambda _: Answer(403)) as server, connected(server.url) as connection:
        failure = head_fails(connection)

    for permission in ("s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "kms:Decrypt"):
        assert permission in failure.remedy


@pytest.mark.parametrize("status", [301, 307, 400, 403])
def test_a_bucket_in_another_region_is_refused_and_not_followed(status: int) -> None:
    """By itself botocore would ask there; Lambda would refuse the bucket later."""
    elsewhere = Answer(status, {"x-amz-bucket-region": "us-west-2"})
    with serving(lambda _: elsewhere) as server, connected(server.url) as connection:
        failures = [head_fails(connection), get_fails(connection, bytearray().extend)]
        calls = dict(connection.calls)

    for failure in failures:
        assert FailureKind.PERMANENT is failure.kind
        assert "the bucket is in us-west-2" in failure.what
        assert "eu-west-1" in failure.remedy
    assert [("HEAD", "eu-west-1"), ("GET", "eu-west-1")] == [
        (asked.method, asked.headers["authorization"].split("/")[2]) for asked in server.asked
    ]
    assert {"HeadObject": 1, "GetObject": 1} == calls


def test_the_region_may_be_in_the_body_alone() -> None:
    """A request that is signed for another region is told the right one in the error."""
    body = (
        b"<Error><Code>AuthorizationHeaderMalformed</Code><Message>wrong</Message>"
        b"<Region>us-west-2</Region></Error>"
    )
    with serving(lambda _: Answer(400, body=body)) as server, connected(server.url) as connection:
        failure = get_fails(connection, bytearray().extend)

    assert "the bucket is in us-west-2" in failure.what
    assert 1 == len(server.asked)


def test_the_own_region_in_a_refusal_is_no_other_region() -> None:
    """S3 may name the bucket's region in any error."""
    here = Answer(404, {"x-amz-bucket-region": REGION})
    with serving(lambda _: here) as server, connected(server.url) as connection:
        failure = head_fails(connection)

    assert "no such object or bucket" in failure.what


def test_what_is_asked_of_s3() -> None:
    """Bucket and key are in the path, whatever the bucket's name; the checksum is asked for."""
    location = S3Location("my.dotted.bucket", "a b/c", "v/1")
    with serving(lambda _: whole(b"zip")) as server, connected(server.url) as connection:
        head(connection, location)
        objects = connection.objects(REGION, willing)
        asyncio.run(objects.get_object(location, '"e"', bytearray().extend))

    asked_head, asked_get = server.asked
    for asked in server.asked:
        assert ("/my.dotted.bucket/a%20b/c", "v/1") == (asked.path, asked.query["versionId"])
    assert ("HEAD", "ENABLED") == (asked_head.method, asked_head.headers["x-amz-checksum-mode"])
    assert ("GET", '"e"') == (asked_get.method, asked_get.headers["if-match"])


def test_a_server_error_is_temporary_and_names_the_object() -> None:
    """What is not about the object keeps its own judgement."""
    body = b"<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>"
    with serving(lambda _: Answer(503, body=body)) as server, connected(server.url) as connection:
        failure = get_fails(connection, bytearray().extend)

    assert (FailureKind.TEMPORARY, "SlowDown") == (failure.kind, failure.code)
    assert failure.what.startswith("s3://artifacts/orders/api v1.zip: GetObject: SlowDown")
    assert 1 == len(server.asked)


def test_an_object_that_breaks_off_is_a_temporary_failure() -> None:
    """Half an object is never taken for a whole one."""
    answer = Answer(headers={"ETag": '"e"'}, body=CONTENT, cut_at=PIECE + 5)
    received = bytearray()
    with serving(lambda _: answer) as server, connected(server.url) as connection:
        failure = get_fails(connection, received.extend)

    assert FailureKind.TEMPORARY is failure.kind
    assert not failure.outcome_unknown
    assert "s3://artifacts/orders/api v1.zip could not be read" in failure.what
    assert CONTENT.startswith(received)


def test_an_object_of_unknown_size_is_not_read() -> None:
    """S3 always says the size; what does not is not S3, and may have no end."""
    answer = Answer(headers={"ETag": '"e"'}, body=b"zip", with_length=False)
    received = bytearray()
    with serving(lambda _: answer) as server, connected(server.url) as connection:
        failure = get_fails(connection, received.extend)

    assert FailureKind.TEMPORARY is failure.kind
    assert "no ContentLength" in failure.what
    assert b"" == received


def test_no_more_is_read_than_s3_says() -> None:
    """Chunks beside a Content-Length could go on for ever."""
    chunked = {"Transfer-Encoding": "chunked", "Content-Length": "3", "ETag": '"e"'}
    answer = Answer(headers=chunked, body=b"3\r\nzip\r\n4\r\nmore\r\n0\r\n\r\n")
    received = bytearray()
    with serving(lambda _: answer) as server, connected(server.url) as connection:
        failure = get_fails(connection, received.extend)

    assert FailureKind.TEMPORARY is failure.kind
    assert "more bytes than it says" in failure.what
    assert b"zip".startswith(received)


def test_bytes_that_are_not_those_of_the_checksum_are_refused() -> None:
    """S3 sends the checksum along, and it is held against what came."""
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    answer = whole(b"zip", **{"x-amz-checksum-sha256": wrong})
    with serving(lambda _: answer) as server, connected(server.url) as connection:
        failure = get_fails(connection, bytearray().extend)

    assert (FailureKind.TEMPORARY, "FlexibleChecksumError") == (failure.kind, failure.code)


@pytest.mark.parametrize(("allowed", "requests"), [(0, 0), (1, 1), (2, 1), (3, 1)])
def test_a_signal_ends_a_download_between_two_pieces(allowed: int, requests: int) -> None:
    """The check is asked before the request and before each piece."""
    pieces: list[bytes] = []
    asks = 0

    def check() -> None:
        nonlocal asks
        asks += 1
        if asks > allowed:
            raise StopError

    with serving(lambda _: whole(CONTENT)) as server, connected(server.url) as connection:
        with pytest.raises(StopError):
            get(connection, '"e"', pieces.append, check)

        assert requests == len(server.asked)
        assert requests == connection.calls.total()
    assert max(0, allowed - 1) == len(pieces)


def test_an_error_of_the_sink_is_the_sinks() -> None:
    """A full disk is not S3's fault."""

    def full(_: bytes) -> None:
        raise OSError("no space left")

    with (
        serving(lambda _: whole(b"zip")) as server,
        connected(server.url) as connection,
        pytest.raises(OSError, match="no space left"),
    ):
        get(connection, '"e"', full)


def test_a_network_that_is_gone_is_temporary() -> None:
    """Nobody listens: as for Lambda's calls, and not counted."""
    with serving(lambda _: Answer()) as server:
        url = server.url
    with connected(url) as connection:
        failure = head_fails(connection)

        assert FailureKind.TEMPORARY is failure.kind
        assert 0 == connection.calls.total()


def test_us_east_1_is_asked_at_its_own_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    """The global endpoint, botocore's default, would lead to buckets of any region."""
    asked: list[str] = []

    def note(_: object, request: AWSPreparedRequest) -> None:
        asked.append(request.url)
        raise ConnectionError

    monkeypatch.setattr("botocore.httpsession.URLLib3Session.send", note)
    with connected(None) as connection:
        objects = connection.objects("us-east-1", willing)
        asyncio.run(failing(objects.head_object(LOCATION)))

    assert ["https://artifacts.s3.us-east-1.amazonaws.com/orders/api%20v1.zip"] == asked
