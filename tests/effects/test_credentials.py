"""Keys that AWS calls stale during a run, and where others come from."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.credentials import Credentials as Keys

from reconciler.aws.connection import Connection
from reconciler.aws.credentials import RenewableCredentials
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import (
    LATEST,
    Failure,
    FailureKind,
    LiveFunction,
    PutRuntimeManagementConfig,
    ReconcileError,
    RuntimeManagement,
    S3Location,
    Scope,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator
    from pathlib import Path

REGION = "eu-west-1"
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleResult><Credentials><AccessKeyId>{key}</AccessKeyId>
<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>"""

EXPIRED = """<ErrorResponse><Error><Code>ExpiredToken</Code>
<Message>The security token included in the request is expired</Message></Error>
</ErrorResponse>"""


@dataclass
class Aws:
    """Lambda and STS in small: which keys are good, and whose they are."""

    accounts: dict[str, str] = field(default_factory=dict)
    code: str = "ExpiredTokenException"
    roles: list[str] = field(default_factory=list)
    signed_with: list[str] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    url: str = ""

    def answer(
        self, key: str, action: str | None, method: str, path: str
    ) -> tuple[int, dict[str, str], str]:
        """Give status, headers and body for a request that was signed with ``key``."""
        if action == "AssumeRole":
            self.roles.append(f"ROLE{len(self.roles) + 1}")
            return 200, {"Content-Type": "text/xml"}, ASSUMED.format(key=self.roles[-1])
        self.signed_with.append(key)
        if method == "HEAD":
            headers = {"ETag": '"e"'}
            return (200, headers, "") if key in self.accounts else (400, {}, "")
        if key not in self.accounts:
            if action is not None:
                return 403, {"Content-Type": "text/xml"}, EXPIRED
            headers = {"x-amzn-errortype": self.code}
            return 403, headers, json.dumps({"message": "The security token is no good"})
        arn = f"arn:aws:lambda:{REGION}:{self.accounts[key]}:function:app"
        if path.endswith("/runtime-management-config"):
            self.modes.append(f"{method} {key}")
            return 200, {}, json.dumps({"FunctionArn": arn, "UpdateRuntimeOn": "Auto"})
        configuration = {
            "FunctionArn": arn,
            "CodeSha256": "a" * 43 + "=",
            "Architectures": ["arm64"],
            "State": "Active",
        }
        return 200, {}, json.dumps({"Configuration": configuration})


@pytest.fixture
def aws() -> Iterator[Aws]:
    aws = Aws()
    with _listening(aws):
        yield aws


@contextmanager
def _listening(aws: Aws) -> Iterator[None]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def do_GET(self) -> None:
            """Answer one request."""
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            key = self.headers["Authorization"].split("Credential=")[1].split("/")[0]
            action = parse_qs(body).get("Action", [None])[0]
            path = urlsplit(self.path).path
            status, headers, text = aws.answer(key, action, self.command, path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        do_POST = do_PUT = do_HEAD = do_GET  # noqa: N815 - the names are http.server's

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    aws.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Machine:
    """The AWS files of the machine that the reconciler runs on."""

    folder: Path

    def keys(self, key: str) -> None:
        """Log in: write keys as tools do."""
        text = f"[default]\naws_access_key_id={key}\naws_secret_access_key=secret\n"
        (self.folder / "credentials").write_text(text)

    def config(self, text: str) -> None:
        """Write ~/.aws/config."""
        (self.folder / "config").write_text(text)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, aws: Aws) -> Machine:
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", aws.url)
    return Machine(tmp_path)


@contextmanager
def connected(
    aws: Aws, credentials: Credentials | None = None, profile: str | None = None
) -> Iterator[Connection]:
    """Begin a run: its credentials are had."""
    connection = Connection(
        ConnectionSettings(
            endpoint_url=aws.url, credentials=credentials, profile=profile, region=REGION, threads=8
        )
    )
    connection.check_credentials()
    try:
        yield connection
    finally:
        connection.close()


def read(connection: Connection, times: int = 1) -> list[LiveFunction | Failure]:
    """Make GetFunction calls side by side, and give what became of each."""

    async def one() -> LiveFunction | Failure:
        try:
            return await connection.functions(REGION, lambda: None).get_function("app")
        except ReconcileError as error:
            return error.failure

    async def every() -> list[LiveFunction | Failure]:
        return list(await asyncio.gather(*(one() for _ in range(times))))

    return asyncio.run(every())


def failures(answers: list[LiveFunction | Failure]) -> list[tuple[FailureKind, Scope]]:
    """Say what each call came to, all of which failed."""
    assert all(isinstance(answer, Failure) for answer in answers)
    return [(each.kind, each.scope) for each in answers if isinstance(each, Failure)]


TRY_AGAIN = (FailureKind.TEMPORARY, Scope.FUNCTION)
STOP = (FailureKind.PERMANENT, Scope.RUN)


@pytest.mark.parametrize(
    "code", ["ExpiredTokenException", "ExpiredToken", "UnrecognizedClientException"]
)
def test_a_rewritten_credentials_file_is_read_anew(aws: Aws, machine: Machine, code: str) -> None:
    """Somebody logged in during the run: the call is tried again with the new keys."""
    aws.code, aws.accounts = code, {"NEW": "1" * 12}
    machine.keys("OLD")
    with connected(aws) as connection:
        machine.keys("NEW")
        assert [TRY_AGAIN] == failures(read(connection))
        (answer,) = read(connection)
    assert isinstance(answer, LiveFunction)
    assert ["OLD", "NEW"] == aws.signed_with


def test_keys_may_grow_stale_again(aws: Aws, machine: Machine) -> None:
    """A long run outlives many a token."""
    machine.keys("FIRST")
    with connected(aws) as connection:
        for key in ("SECOND", "THIRD"):
            machine.keys(key)
            assert [TRY_AGAIN] == failures(read(connection))
        assert [STOP] == failures(read(connection))
    assert ["FIRST", "SECOND", "THIRD"] == aws.signed_with


def test_the_same_keys_stop_the_run(aws: Aws, machine: Machine) -> None:
    """Nothing has changed, and nothing will: every other call would fail alike."""
    machine.keys("OLD")
    with connected(aws) as connection:
        (failure,) = read(connection)
    assert [STOP] == failures([failure])
    assert "ExpiredTokenException" in str(failure)
    assert "log in again" in str(failure)
    assert ["OLD"] == aws.signed_with


@pytest.mark.parametrize("text", ["", "[default]\naws_access_key_id=NEW\n", "no ini file"])
def test_a_file_that_has_no_keys_any_more_stops_the_run(
    aws: Aws, machine: Machine, text: str
) -> None:
    """Logged out, or half written: AWS's own answer is what is told."""
    machine.keys("OLD")
    with connected(aws) as connection:
        (machine.folder / "credentials").write_text(text)
        assert [STOP] == failures(read(connection))


@pytest.mark.parametrize(
    "then",
    [
        pytest.param("print('not JSON')", id="ValueError"),
        pytest.param("raise SystemExit(1)", id="BotoCoreError"),
        pytest.param(
            "print(json.dumps(keys | {'SessionToken': 't', 'Expiration': '2020-01-01T00:00:00Z'}))",
            id="RuntimeError",
        ),
    ],
)
def test_a_program_that_breaks_stops_the_run(aws: Aws, machine: Machine, then: str) -> None:
    """Whatever the source raises, AWS's own answer is what is told."""
    keys = "keys = {'Version': 1, 'AccessKeyId': 'OLD', 'SecretAccessKey': 's'}"
    program = machine.folder / "keys.py"
    program.write_text(f"import json\n{keys}\nprint(json.dumps(keys))\n")
    machine.config(f"[default]\ncredential_process = {sys.executable} {program}\n")
    with connected(aws) as connection:
        program.write_text(f"import json\n{keys}\n{then}\n")
        (failure,) = read(connection)
    assert [STOP] == failures([failure])
    assert "ExpiredTokenException" in str(failure)


def test_explicit_keys_stop_the_run_at_once(aws: Aws, machine: Machine) -> None:
    """They have no source that could give others."""
    machine.keys("NEW")
    aws.accounts = {"NEW": "1" * 12}
    with connected(aws, Credentials("EXPLICIT", "secret")) as connection:
        assert [STOP] == failures(read(connection))
        assert [STOP] == failures(read(connection))
    assert ["EXPLICIT", "EXPLICIT"] == aws.signed_with


def test_a_missing_permission_does_not_ask_for_other_keys(aws: Aws, machine: Machine) -> None:
    """AccessDenied concerns one function, and no login mends it."""
    aws.code = "AccessDeniedException"
    machine.keys("OLD")
    with connected(aws) as connection:
        machine.keys("NEW")
        for _ in range(2):
            assert [(FailureKind.PERMANENT, Scope.FUNCTION)] == failures(read(connection))
    assert ["OLD", "OLD"] == aws.signed_with


def test_calls_side_by_side_ask_the_source_once(aws: Aws, machine: Machine) -> None:
    """Eight calls fail together; the program that gives keys runs once for all of them."""
    log = machine.folder / "log"
    program = machine.folder / "keys.py"
    program.write_text(
        f"import json, pathlib\nlog = pathlib.Path({str(log)!r})\n"
        "with log.open('a') as stream:\n    stream.write('x')\n"
        "key = f'KEY{log.stat().st_size}'\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': key, 'SecretAccessKey': 's'}))\n"
    )
    machine.config(f"[default]\ncredential_process = {sys.executable} {program}\n")
    aws.accounts = {"KEY2": "1" * 12}
    with connected(aws) as connection:
        assert [TRY_AGAIN] * 8 == failures(read(connection, 8))
        assert all(isinstance(answer, LiveFunction) for answer in read(connection, 8))
    assert "xx" == log.read_text()


def test_a_role_is_assumed_anew(aws: Aws, machine: Machine) -> None:
    """Its session may be ended before its time, which botocore cannot know."""
    machine.keys("BASE")
    role = "role_arn=arn:aws:iam::123456789012:role/r\nsource_profile=default\n"
    machine.config(f"[profile deploy]\n{role}")
    aws.accounts = {"ROLE2": "1" * 12}
    with connected(aws, profile="deploy") as connection:
        assert [TRY_AGAIN] == failures(read(connection))
        (answer,) = read(connection)
    assert isinstance(answer, LiveFunction)
    assert ["ROLE1", "ROLE2"] == aws.roles == aws.signed_with


def test_keys_of_another_account_are_not_used(aws: Aws, machine: Machine) -> None:
    """A login to production must not carry on what was begun in staging."""
    machine.keys("STAGING")
    aws.accounts = {"STAGING": "1" * 12}
    with connected(aws) as connection:
        assert isinstance(read(connection)[0], LiveFunction)
        aws.accounts = {"PRODUCTION": "2" * 12}
        machine.keys("PRODUCTION")
        assert [TRY_AGAIN] == failures(read(connection))
        (failure,) = read(connection)
        assert [STOP] == failures([failure])
        assert "account 222222222222" in str(failure)


def test_other_keys_of_the_same_account_go_on(aws: Aws, machine: Machine) -> None:
    """The usual case: the same role, a new token."""
    machine.keys("OLD")
    aws.accounts = {"OLD": "1" * 12}
    with connected(aws) as connection:
        assert isinstance(read(connection)[0], LiveFunction)
        aws.accounts = {"NEW": "1" * 12}
        machine.keys("NEW")
        assert [TRY_AGAIN] == failures(read(connection))
        assert isinstance(read(connection)[0], LiveFunction)


def head(connection: Connection) -> Failure | None:
    """Make a HeadObject call, and give the failure."""
    objects = connection.objects(REGION, lambda: None)
    return asyncio.run(_failure(objects.head_object(S3Location("artifacts", "app.zip"))))


def test_a_head_without_words_has_the_keys_exchanged(aws: Aws, machine: Machine) -> None:
    """To keys that have expired S3 answers 400 and no body: STS says why."""
    machine.keys("OLD")
    with connected(aws) as connection:
        machine.keys("NEW")
        aws.accounts = {"NEW": "1" * 12}
        failure = head(connection)
        assert failure is not None
        assert [TRY_AGAIN] == failures([failure])
        assert head(connection) is None
    assert ["OLD", "OLD", "NEW"] == aws.signed_with


def test_a_head_from_before_an_exchange_is_tried_again() -> None:
    """It was signed with the old keys, whatever STS says of the new."""
    credentials = RenewableCredentials(lambda: Keys("NEW", "secret"))
    refused = Failure(FailureKind.PERMANENT, "HeadObject: 400", "look", code="400")
    assert refused == credentials.renew(refused, 0)
    expired = Failure(FailureKind.PERMANENT, "expired", "log in", code="ExpiredToken")
    credentials.renew(expired, 0)
    assert FailureKind.TEMPORARY is credentials.renew(refused, 0).kind
    assert refused == credentials.renew(refused, 1)


# A mode, which nothing guards on its way.


AUTO = PutRuntimeManagementConfig(RuntimeManagement(UpdateRuntimeOn.AUTO))


def read_mode(connection: Connection) -> Failure | None:
    """Read the mode of $LATEST, and give the failure."""
    functions = connection.functions(REGION, lambda: None)
    return asyncio.run(_failure(functions.get_runtime_management_config("app", LATEST)))


def put_mode(connection: Connection) -> Failure | None:
    """Put a mode, and give the failure."""
    functions = connection.functions(REGION, lambda: None)
    return asyncio.run(_failure(functions.put_runtime_management_config("app", AUTO)))


async def _failure(call: Awaitable[object]) -> Failure | None:
    try:
        await call
    except ReconcileError as error:
        return error.failure
    return None


def renewed(aws: Aws, machine: Machine, connection: Connection, account: str) -> None:
    """Read with the old keys, let them expire, and find others in their place."""
    assert isinstance(read(connection)[0], LiveFunction)
    aws.accounts = {"NEW": account}
    machine.keys("NEW")
    assert [TRY_AGAIN] == failures(read(connection))


def test_the_account_is_read_from_a_mode_too(aws: Aws, machine: Machine) -> None:
    """The mode is read once more just before it is put: then it is noticed at the latest."""
    machine.keys("OLD")
    aws.accounts = {"OLD": "1" * 12}
    with connected(aws) as connection:
        renewed(aws, machine, connection, "2" * 12)
        failure = read_mode(connection)
        assert failure is not None
        assert [STOP] == failures([failure])
        assert "account 222222222222" in failure.what
    assert ["GET NEW"] == aws.modes


def test_nothing_is_written_before_it_is_known_whose_the_new_keys_are(
    aws: Aws, machine: Machine
) -> None:
    """
    A write may wait for its turn while another call has the keys exchanged.

    It is not sent then, but planned anew: AWS has no guard for a mode.
    """
    machine.keys("OLD")
    aws.accounts = {"OLD": "1" * 12}
    with connected(aws) as connection:
        renewed(aws, machine, connection, "1" * 12)
        unsent = put_mode(connection)
        assert unsent is not None
        assert [TRY_AGAIN] == failures([unsent])
        assert not unsent.outcome_unknown
        assert "whose they are is not known yet" in unsent.what
        assert read_mode(connection) is None
        assert put_mode(connection) is None
    assert ["GET NEW", "PUT NEW"] == aws.modes


def test_an_answer_to_the_old_keys_says_nothing_of_the_new() -> None:
    """Calls in flight keep the keys that they were signed with."""
    credentials = RenewableCredentials(lambda: Keys("NEW", "secret"))
    arn = f"arn:aws:lambda:{REGION}:{'1' * 12}:function:app"
    credentials.check_account({"FunctionArn": arn}, renewals=0)
    expired = Failure(FailureKind.PERMANENT, "expired", "log in", code="ExpiredToken")
    assert FailureKind.TEMPORARY is credentials.renew(expired, 0).kind

    credentials.check_account({"FunctionArn": arn}, renewals=0)
    with pytest.raises(ReconcileError):
        credentials.check_write("PublishVersion")

    credentials.check_account({"FunctionArn": arn}, renewals=1)
    credentials.check_write("PublishVersion")
