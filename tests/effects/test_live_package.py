"""The package that is live, fetched from the signed URL that AWS gives, which stays secret."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import ipaddress
import json
import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from reconciler.model import CodeDigest, FailureKind, ReconcileError
from tests.effects.server import REGION, Answer, Asked, connected, failing, serving, willing
from tests.effects.world import zip_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.aws.connection import Connection
    from reconciler.model import Failure
    from tests.effects.world import World

LIVE = b"the live package"
SECRET = "sesame"  # noqa: S105 - what must not get out
PASSWORD = "hunter2-of-the-database"  # noqa: S105 - what must not get out
LIMIT = 52_428_800


class StopError(Exception):
    """What a check raises when the run is to end."""


def digest_of(content: bytes) -> CodeDigest:
    return CodeDigest.of_zip(hashlib.sha256(content).digest())


def function(code: dict[str, Any], live: bytes = LIVE, **members: object) -> Answer:
    """Answer GetFunction."""
    configuration = {
        "FunctionArn": f"arn:aws:lambda:{REGION}:123456789012:function:app",
        "CodeSha256": digest_of(live).code_sha256,
        "PackageType": "Zip",
        "Environment": {"Variables": {"DB_PASSWORD": PASSWORD}},
        **members,
    }
    body = json.dumps({"Configuration": configuration, "Code": code}).encode()
    return Answer(headers={"Content-Type": "application/json"}, body=body)


def lambda_and_bucket(package: Answer, url: Callable[[], str]) -> Callable[[Asked], Answer]:
    """Answer GetFunction with a signed URL, and what is behind it with ``package``."""

    def answer(asked: Asked) -> Answer:
        if asked.path.startswith("/2015-03-31/"):
            return function({"Location": f"{url()}/zip?X-Amz-Signature={SECRET}"})
        return package

    return answer


def package_of(connection: Connection, live: bytes = LIVE) -> bytes:
    functions = connection.functions(REGION, willing)
    return asyncio.run(functions.live_package("app", digest_of(live)))


def failure_of(connection: Connection, live: bytes = LIVE) -> Failure:
    functions = connection.functions(REGION, willing)
    return asyncio.run(failing(functions.live_package("app", digest_of(live))))


def fetched(package: Answer) -> tuple[bytes | Failure, list[Asked]]:
    """Fetch through a server that is Lambda and bucket at once."""
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        server.answer = lambda_and_bucket(package, lambda: server.url)
        functions = connection.functions(REGION, willing)
        outcome: bytes | Failure
        try:
            outcome = asyncio.run(functions.live_package("app", digest_of(LIVE)))
        except ReconcileError as error:
            shown = "".join(traceback.format_exception(error))
            assert SECRET not in shown
            assert PASSWORD not in shown
            outcome = error.failure
        assert {"GetFunction": 1} == connection.calls
    return outcome, server.asked


def test_the_live_package_is_what_was_uploaded(world: World) -> None:
    """Byte by byte, through the sandbox's own signed URL; one call of Lambda's."""
    world.create("app", "old")
    mark = len(world.sandbox.requests)
    with connected(world.sandbox.url) as connection:
        functions = connection.functions(REGION, willing)
        code = asyncio.run(functions.get_function("app")).code

        assert zip_of("old") == asyncio.run(functions.live_package("app", code))
        assert {"GetFunction": 2} == connection.calls
    assert 2 == len(world.sandbox.requests) - mark


def test_the_fetch_carries_no_keys() -> None:
    """The URL is signed already; nothing of ours goes to whoever holds the package."""
    outcome, asked = fetched(Answer(body=LIVE))

    assert LIVE == outcome
    _, get = asked
    assert ("GET", "/zip", {"X-Amz-Signature": SECRET}) == (get.method, get.path, get.query)
    assert not {"authorization", "x-amz-security-token"} & get.headers.keys()


def test_another_package_that_is_live_by_now_is_not_fetched() -> None:
    """The plan was made for other code: read and plan again."""
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        server.answer = lambda_and_bucket(Answer(body=LIVE), lambda: server.url)
        failure = failure_of(connection, b"another package")

    assert FailureKind.TEMPORARY is failure.kind
    assert "is not the one that the plan was made for" in failure.what
    assert 1 == len(server.asked)


def test_bytes_with_another_hash_are_not_given_out() -> None:
    """What is sent again must be what AWS says is live."""
    outcome, _ = fetched(Answer(body=b"other bytes"))

    assert not isinstance(outcome, bytes)
    assert FailureKind.TEMPORARY is outcome.kind


@pytest.mark.parametrize(
    ("package", "said"),
    [
        pytest.param(Answer(403, body=SECRET.encode()), "HTTP 403", id="expired"),
        pytest.param(Answer(503), "HTTP 503", id="server-error"),
        pytest.param(Answer(204), "HTTP 204", id="nothing"),
        pytest.param(Answer(body=LIVE, cut_at=3), "IncompleteReadError", id="cut"),
        pytest.param(
            Answer(headers={"Content-Length": SECRET}, body=LIVE, cut_at=len(LIVE)),
            "ValueError",
            id="length",
        ),
    ],
)
def test_a_fetch_that_fails_is_temporary_and_keeps_the_secret(package: Answer, said: str) -> None:
    """The error shows what kind it is, and nothing of the URL or the body."""
    outcome, _ = fetched(package)

    assert not isinstance(outcome, bytes)
    assert (FailureKind.TEMPORARY, "GetFunction") == (outcome.kind, outcome.operation)
    assert f"GetFunction: the live package of app could not be read ({said})" == outcome.what
    assert not outcome.outcome_unknown


def test_a_bucket_that_is_gone_keeps_the_secret() -> None:
    """The message of botocore for a refused connection would show the URL."""
    with serving(lambda _: Answer()) as gone:
        nowhere = gone.url
    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        server.answer = lambda_and_bucket(Answer(), lambda: nowhere)
        with pytest.raises(ReconcileError) as raised:
            package_of(connection)

    failure = raised.value.failure
    assert (FailureKind.TEMPORARY, "EndpointConnectionError") == (failure.kind, failure.code)
    error: BaseException | None = raised.value
    while error is not None:
        assert SECRET not in repr(error)
        error = error.__context__


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """Whoever answers there was not named by AWS."""
    with serving(lambda _: Answer(body=LIVE)) as elsewhere:
        outcome, _ = fetched(Answer(status, {"Location": f"{elsewhere.url}/zip"}))

    assert not isinstance(outcome, bytes)
    assert f"HTTP {status}" in outcome.what
    assert [] == elsewhere.asked


@pytest.mark.parametrize(
    "location",
    [
        pytest.param("http://bucket.example/zip", id="http"),
        pytest.param("http://127.0.0.1.example/zip", id="looks-like-loopback"),
        pytest.param("http://169.254.169.254/latest/meta-data", id="metadata"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("ftp://127.0.0.1/zip", id="ftp"),
        pytest.param("//127.0.0.1/zip", id="no-scheme"),
        pytest.param("http://[/zip", id="no-url"),
    ],
)
def test_only_https_is_fetched(location: str) -> None:
    """Plain http is for a sandbox on this machine, which itself is on this machine."""
    url = f"{location}?{SECRET}"
    with (
        serving(lambda _: function({"Location": url})) as server,
        connected(server.url) as connection,
    ):
        failure = failure_of(connection)

    assert FailureKind.PERMANENT is failure.kind
    assert "its address is not https" in failure.what
    assert SECRET not in str(failure)


@pytest.mark.parametrize(
    ("code", "members", "said", "remedy"),
    [
        pytest.param(
            {"Error": {"ErrorCode": "AccessDeniedException", "Message": "no kms:Decrypt"}},
            {},
            "AccessDeniedException: no kms:Decrypt",
            "kms:Decrypt",
            id="key",
        ),
        pytest.param({}, {}, "no Location", "declare spec.code", id="no-location"),
        pytest.param(
            {"Location": f"https://bucket.example/?{SECRET}"},
            {"PackageType": "Image"},
            "the function is an image",
            "declare spec.code.imageUri",
            id="image",
        ),
    ],
)
def test_a_package_that_aws_does_not_give_out_is_a_permanent_failure(
    code: dict[str, Any], members: dict[str, Any], said: str, remedy: str
) -> None:
    """With a customer's key AWS may hold the URL back (developer guide, encrypt-zip-package)."""
    with (
        serving(lambda _: function(code, **members)) as server,
        connected(server.url) as connection,
    ):
        failure = failure_of(connection)

    assert FailureKind.PERMANENT is failure.kind
    assert said in failure.what
    assert remedy in failure.remedy
    assert 1 == len(server.asked)


def test_a_package_over_the_limit_of_a_direct_upload_is_not_kept() -> None:
    """UpdateFunctionCode would refuse it: 50 MB (developer guide, gettingstarted-limits)."""
    outcome, _ = fetched(Answer(body=bytes(LIMIT + 1)))

    assert not isinstance(outcome, bytes)
    assert FailureKind.PERMANENT is outcome.kind
    assert "has more than 52,428,800 bytes" in outcome.what
    assert "declare spec.code.s3" == outcome.remedy


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_a_signal_ends_the_fetch(allowed: int) -> None:
    """The check is asked before each of the two requests, and before each piece."""

    def check() -> None:
        if len(server.asked) >= allowed:
            raise StopError

    with serving(lambda _: Answer(500)) as server, connected(server.url) as connection:
        server.answer = lambda_and_bucket(Answer(body=LIVE), lambda: server.url)
        functions = connection.functions(REGION, check)
        with pytest.raises(StopError):
            asyncio.run(functions.live_package("app", digest_of(LIVE)))

    assert allowed == len(server.asked)


@pytest.mark.parametrize(
    "raw_header", [b"", b"no header at all\r\n", b"X: y\r\n : z\r\n"], ids=["sound", "bad", "odd"]
)
def test_no_log_shows_the_signature(raw_header: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """urllib3 logs the address of each request, and at an odd header does so as a warning."""
    for name in ("urllib3", "reconciler"):
        caplog.set_level(logging.DEBUG, name)

    outcome, _ = fetched(Answer(body=LIVE, raw_header=raw_header))

    assert LIVE == outcome
    assert "/zip?***" in caplog.text
    assert SECRET not in caplog.text


# Over TLS, as AWS is.


def certificate(folder: Path) -> Path:
    """Make a certificate for this machine, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(loopback, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.mark.parametrize("variable", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_certificates_are_those_that_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """As for all other requests: a company's proxy has its own."""
    pem = certificate(tmp_path)
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv(variable, str(pem))
    with (
        serving(lambda _: Answer(body=LIVE), pem) as bucket,
        serving(lambda _: Answer(500)) as server,
        connected(server.url, isolated=False) as connection,
    ):
        server.answer = lambda_and_bucket(Answer(500), lambda: bucket.url)

        assert LIVE == package_of(connection)
    assert 1 == len(bucket.asked)


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TLS means who, not only that nobody reads along."""
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    with (
        serving(lambda _: Answer(body=LIVE), certificate(tmp_path)) as bucket,
        serving(lambda _: Answer(500)) as server,
        connected(server.url) as connection,
    ):
        server.answer = lambda_and_bucket(Answer(500), lambda: bucket.url)
        failure = failure_of(connection)

    assert (FailureKind.TEMPORARY, "SSLError") == (failure.kind, failure.code)
    assert [] == bucket.asked


@pytest.mark.parametrize(("isolated", "through"), [(False, 1), (True, 0)])
def test_a_proxy_is_used_unless_the_machine_is_shut_out(
    monkeypatch: pytest.MonkeyPatch, *, isolated: bool, through: int
) -> None:
    """The proxy is chosen by the URL that is fetched, not by Lambda's."""
    with (
        serving(lambda _: Answer(body=LIVE)) as proxy,
        serving(lambda _: Answer(500)) as server,
    ):
        server.answer = lambda_and_bucket(Answer(body=LIVE), lambda: "http://127.0.0.2:9")
        for name in ("HTTP_PROXY", "NO_PROXY", "no_proxy", "REQUEST_METHOD"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", server.url.removeprefix("http://"))
        with connected(server.url, isolated=isolated) as connection:
            if through:
                assert LIVE == package_of(connection)
            else:
                assert "EndpointConnectionError" == failure_of(connection).code
    assert through == len(proxy.asked)
