"""Answers of anything that may stand between here and AWS: any status, headers and body."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPResponse

from reconciler.artifacts import oci
from reconciler.aws import errors
from reconciler.aws.budget import Budget
from reconciler.aws.connection import Connection
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import (
    Architecture,
    Failure,
    FailureKind,
    ImageManifest,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    Repository,
    S3Location,
    UpdateFunctionCode,
    ZipContent,
)
from reconciler.printable import printable
from tests.hostile.canaries import EVIL
from tests.hostile.examples import examples
from tests.unit.builders import AUTO, NEW
from tests.unit.hostile import json_values, paths, replaced
from tests.unit.test_parse_hostile import CALLS as LAMBDA
from tests.unit.test_stores_hostile import DIGEST, IMAGES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from reconciler.aws.calls import Caller

REGION = "eu-west-1"
REPOSITORY = Repository(f"123456789012.dkr.ecr.{REGION}.amazonaws.com", "123456789012", REGION, "o")
PLACE = S3Location("artifacts", "k")
IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)


def never(*_: object) -> None:
    """Do nothing: of a check that nothing stops, and of a sink."""


def functions(connection: Connection) -> Any:  # noqa: ANN401 - whatever the protocol has
    """Give the Lambda calls."""
    return connection.functions(REGION, never)


CALLS: dict[str, tuple[str, Callable[[Connection], Awaitable[object]]]] = {
    "GetFunction": (
        json.dumps(LAMBDA["GetFunction"][0]),
        lambda aws: functions(aws).get_function("f"),
    ),
    "ListVersionsByFunction": (
        json.dumps(LAMBDA["ListVersionsByFunction"][0]),
        lambda aws: functions(aws).newest_version("f"),
    ),
    "ListFunctions": (
        json.dumps(LAMBDA["ListFunctions"][0]),
        lambda aws: LAMBDA["ListFunctions"][1](functions(aws)),
    ),
    "UpdateFunctionCode": (
        json.dumps(LAMBDA["UpdateFunctionCode"][0]),
        lambda aws: functions(aws).update_function_code(
            "f", UpdateFunctionCode(NEW, Architecture.ARM64), ZipContent(b""), "revision"
        ),
    ),
    "PublishVersion": (
        json.dumps(LAMBDA["PublishVersion"][0]),
        lambda aws: functions(aws).publish_version("f", PublishVersion(NEW, None), "revision"),
    ),
    "PutRuntimeManagementConfig": (
        json.dumps(LAMBDA["PutRuntimeManagementConfig"][0]),
        lambda aws: functions(aws).put_runtime_management_config(
            "f", PutRuntimeManagementConfig(AUTO)
        ),
    ),
    "HeadObject": ("", lambda aws: aws.objects(REGION, never).head_object(PLACE)),
    "GetObject": ("abc", lambda aws: aws.objects(REGION, never).get_object(PLACE, "e", never)),
    "BatchGetImage": (
        json.dumps(IMAGES),
        lambda aws: aws.images(REGION, never).batch_get_image(REPOSITORY, ["v1", DIGEST]),
    ),
    "GetDownloadUrlForLayer": (
        json.dumps({"downloadUrl": "https://layers.example/x?X-Amz-Signature=secret"}),
        lambda aws: aws.images(REGION, never).image_config(REPOSITORY, DIGEST),
    ),
    "GetCallerIdentity": (IDENTITY, lambda aws: aws.account(REGION, never)),
}


class Answers:
    """What is answered to the next request, whatever it is."""

    status = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - replaced as a whole
    body = b""

    def send(self, _session: object, request: Any) -> AWSResponse:  # noqa: ANN401 - botocore's own
        """Answer as urllib3 would."""
        raw = HTTPResponse(io.BytesIO(self.body), self.headers, self.status, preload_content=False)
        headers: Any = raw.headers
        answer = AWSResponse(request.url, self.status, headers, raw)
        if not request.stream_output:
            _ = answer.content
        return answer


@pytest.fixture(scope="module")
def answers() -> Iterator[Answers]:
    """Answer in the place of the network, and without the quotas' pauses."""

    async def at_once(_: Budget, __: str, ___: Caller, send: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401 - whatever it gives
        """Wait for nothing."""
        return await send()

    made = Answers()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.httpsession.URLLib3Session.send", made.send)
        patch.setattr(Budget, "spend", at_once)
        yield made


@pytest.fixture(scope="module")
def aws() -> Iterator[Connection]:
    connection = Connection(
        ConnectionSettings(
            region=REGION, credentials=Credentials("id", "key"), isolated=True, threads=1
        )
    )
    yield connection
    connection.close()


def ask(aws: Connection, name: str) -> object:
    """Make the call. Raises ReconcileError."""

    async def call() -> object:
        return await CALLS[name][1](aws)

    aws._identity._account = None  # noqa: SLF001 - it is asked for once only
    return asyncio.run(call())


NAMES = st.sampled_from(
    [
        *("x-amzn-errortype", "x-amzn-requestid", "x-amz-id-2", "x-amz-bucket-region", "date"),
        *("x-amz-checksum-sha256", "x-amz-version-id", "retry-after", "etag", "content-length"),
        "content-type",
    ]
)
HEADERS = st.dictionaries(
    NAMES, st.text(st.characters(max_codepoint=255), max_size=20) | st.sampled_from(["-1", "1e9"])
)
STATUSES = st.sampled_from([200, 201, 202, 204, 301, 304, 400, 403, 404, 409, 412, 429, 500, 503])
ERRORS = st.fixed_dictionaries(
    {},
    optional={
        name: json_values | st.sampled_from([EVIL, "ResourceNotFoundException", "x" * 5_000])
        for name in ("__type", "code", "Code", "message", "Message", "Type", "Reason", "Error")
    },
)
BODIES = (
    st.binary(max_size=60)
    | json_values.map(lambda value: json.dumps(value).encode())
    | ERRORS.map(lambda value: json.dumps(value).encode())
    | st.sampled_from(
        [
            b"<html>" + b"x" * 3_000 + b"</html>",
            b"<?xml version='1.0'?><Error><Code>A</Code><Message>\x1b[2J</Message></Error>",
            b"<Error><Code/><Region>\xc3\xbc</Region></Error>",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><Error><Code>&b;</Code></Error>",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b"9" * 5_000,
        ]
    )
)


def is_told_well(failure: Failure) -> None:
    """Check that it says what and what now, in bounds."""
    assert failure.kind in (FailureKind.TEMPORARY, FailureKind.PERMANENT)
    assert failure.remedy
    assert len(failure.what) < 2_500
    assert len(failure.code or "") <= 100
    assert len(failure.request_id or "") <= 100
    assert "secret" not in failure.what
    assert failure.retry_after is None or 0 <= failure.retry_after < 1e10
    assert printable(f"{failure} {failure.request_id}").isprintable()


@pytest.mark.parametrize("name", CALLS)
@examples(60)
@given(answer=st.tuples(STATUSES, HEADERS, BODIES))
def test_any_answer_is_read_or_refused(
    answers: Answers, aws: Connection, name: str, answer: tuple[int, dict[str, str], bytes]
) -> None:
    """A value or a ReconcileError, nothing else; what the error says is bounded and printable."""
    answers.status, answers.headers, answers.body = answer
    try:
        ask(aws, name)
    except ReconcileError as error:
        is_told_well(error.failure)


@pytest.mark.parametrize("name", [name for name in CALLS if CALLS[name][0].startswith("{")])
@examples(40)
@given(data=st.data())
def test_any_member_may_be_anything_on_the_wire(
    answers: Answers, aws: Connection, name: str, data: st.DataObject
) -> None:
    """As in the tests of parsing, but through botocore's own parser, which fills in and drops."""
    answer = json.loads(CALLS[name][0])
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(paths(answer))))
        answer = replaced(answer, path, data.draw(json_values | st.just(EVIL)))
    answers.status, answers.headers = 200, {}
    answers.body = json.dumps(answer).encode()
    try:
        ask(aws, name)
    except ReconcileError as error:
        is_told_well(error.failure)


@examples(300)
@given(error=ERRORS, metadata=st.fixed_dictionaries({"HTTPStatusCode": STATUSES}), more=ERRORS)
def test_any_error_is_classified(
    error: dict[str, Any], metadata: dict[str, Any], more: dict[str, Any]
) -> None:
    """Whatever botocore has put into an error's parts."""
    response: Any = {**more, "Error": error, "ResponseMetadata": metadata}
    for operation in ("GetFunction", "HeadObject", "BatchGetImage", "UpdateFunctionCode"):
        is_told_well(errors.classify(operation, ClientError(response, operation)))


ODD_DOCUMENTS = [
    *("[" * 100_000, '{"a":' * 100_000, "9" * 9_999),
    *('{"manifests": [[[]]]}', '{"config": {"digest": 1}}'),
]
DOCUMENTS = st.text(max_size=40) | json_values.map(json.dumps) | st.sampled_from(ODD_DOCUMENTS)
INDEX: dict[str, Any] = {
    "mediaType": "application/vnd.oci.image.index.v1+json",
    "manifests": [
        {"digest": DIGEST, "platform": {"os": "linux", "architecture": "arm64"}},
        {"digest": DIGEST, "platform": {"os": "unknown", "architecture": "unknown"}},
    ],
    "config": {"digest": DIGEST},
}


def _reads(document: str) -> None:
    manifest = ImageManifest(DIGEST, "application/vnd.oci.image.index.v1+json", document)
    assert oci.is_index(manifest)
    for platform, digest in oci.images_of(manifest):
        assert str(platform).isprintable()
        assert len(digest) == len(DIGEST)
    config = oci.config_digest(manifest)
    assert config is None or len(config) == len(DIGEST)
    found = oci.platform_of(document.encode(errors="surrogatepass"))
    assert found is None or str(found).isprintable()


@examples(200)
@given(DOCUMENTS)
def test_any_image_document_is_read(document: str) -> None:
    """Manifests and configurations are written by whoever may push."""
    _reads(document)


@examples(200)
@given(st.data())
def test_any_member_of_an_image_document_may_be_anything(data: st.DataObject) -> None:
    """What is not as the specification says counts as not said."""
    path = data.draw(st.sampled_from(list(paths(INDEX))))
    _reads(json.dumps(replaced(INDEX, path, data.draw(json_values | st.just(EVIL)))))


LONG = ["x", "A", "9", "-", "x=", "a.", "/", "eyJ-", "a://'", "secret=", "x-amz-", "AKIA", "'", "@"]
LONG += ["token: ", "token_'", "\\", "\\'", "token:'\\", "aA0", "aA0/", "_id", "a:", "://"]


@pytest.mark.parametrize("piece", LONG)
def test_the_length_of_a_message_is_no_matter(piece: str) -> None:
    """A page of a megabyte is judged as soon as one of a thousand characters: nothing hangs."""
    response: Any = {
        "Error": {"Code": "A", "Message": "why: " + piece * (1_000_000 // len(piece))},
        "ResponseMetadata": {"HTTPStatusCode": 400},
    }
    is_told_well(errors.classify("GetFunction", ClientError(response, "GetFunction")))
