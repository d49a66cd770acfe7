"""What goes over the wire when a target's role is assumed, and what an error may show of it."""

from __future__ import annotations

import asyncio
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import pytest

from reconciler.aws import budgets
from reconciler.aws.budget import Budget
from reconciler.aws.connections import Connections
from reconciler.aws.settings import ConnectionSettings
from reconciler.model import AssumeRole, Failure, FailureKind, ReconcileError, Scope
from tests.effects.server import Answer, serving
from tests.effects.targets import EU, US, connected, role, target
from tests.effects.world import REGION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.model import Target
    from tests.effects.server import Asked

PROD_EU = target("prod-eu", EU, role(EU, "eu-1"))
PROD_US = target("prod-us", US, role(US), "us-east-1")
EXPIRED = b"""<ErrorResponse><Error><Code>ExpiredToken</Code>
<Message>The security token included in the request is expired</Message></Error></ErrorResponse>"""


@dataclass
class Aws:
    """STS in small, and a Lambda that quotes all keys that it was ever shown."""

    good: set[str] = field(default_factory=lambda: {"sandbox", "BASE"})
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        """Give out keys for any role, if those that ask are good."""
        if asked.path == "/container":
            keys = {"AccessKeyId": "BASE", "SecretAccessKey": "s", "Token": "t"}
            text = json.dumps(keys | {"Expiration": "2099-01-01T00:00:00Z"})
            return Answer(200, {"Content-Type": "application/json"}, text.encode())
        form = dict(parse_qsl(asked.body.decode()))
        action = form.get("Action", "Lambda")
        if action == "AssumeRoleWithWebIdentity":
            body = self._keys().replace("AssumeRole", action)
            return Answer(200, {"Content-Type": "text/xml"}, body.encode())
        scope = re.search(r"Credential=([^/]+)/\d+/([^/]+)", asked.headers["authorization"])
        assert scope is not None
        self.calls.append((action, scope[1], scope[2]))
        if action != "AssumeRole":
            text = json.dumps({"message": " and ".join(self.secrets)})
            return Answer(400, {"x-amzn-errortype": "ServiceException"}, text.encode())
        if scope[1] not in self.good:
            return Answer(403, {"Content-Type": "text/xml"}, EXPIRED)
        self.requests.append(form)
        return Answer(200, {"Content-Type": "text/xml"}, self._keys().encode())

    def _keys(self) -> str:
        number = len(self.secrets) // 3 + 1
        keys = (f"key-id-number-{number}", f"secret-key-number-{number}", f"token-number-{number}")
        self.secrets += keys
        self.good.add(keys[0])
        return (
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{}</AccessKeyId>"
            "<SecretAccessKey>{}</SecretAccessKey><SessionToken>{}</SessionToken>"
            "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>"
            "</AssumeRoleResponse>"
        ).format(*keys)


@pytest.fixture
def aws() -> Aws:
    return Aws()


async def called(connections: Connections, where: Target | None) -> Failure:
    """Make a call that fails, and give the failure."""
    region = where.region if where else REGION
    with pytest.raises(ReconcileError) as raised:
        await connections.of(where).functions(region, lambda: None).get_function("app")
    return raised.value.failure


def test_sts_is_asked_in_the_targets_region_by_the_usual_credentials(aws: Aws) -> None:
    """The request names the role, the session, and the external id where there is one."""
    named = target("named", EU, AssumeRole(f"arn:aws:iam::{EU}:role/deploy", None, "ci@team"))
    with serving(aws.answer) as server, connected(server.url) as connections:
        for where in (PROD_EU, PROD_US, named):
            asyncio.run(called(connections, where))

    assert [
        ("AssumeRole", "sandbox", "eu-west-1"),
        ("Lambda", "key-id-number-1", "eu-west-1"),
        ("AssumeRole", "sandbox", "us-east-1"),
        ("Lambda", "key-id-number-2", "us-east-1"),
        ("AssumeRole", "sandbox", "eu-west-1"),
        ("Lambda", "key-id-number-3", "eu-west-1"),
    ] == aws.calls
    assert [
        (f"arn:aws:iam::{EU}:role/deploy", "lambda-reconciler", "eu-1"),
        (f"arn:aws:iam::{US}:role/deploy", "lambda-reconciler", None),
        (f"arn:aws:iam::{EU}:role/deploy", "ci@team", None),
    ] == [
        (request["RoleArn"], request["RoleSessionName"], request.get("ExternalId"))
        for request in aws.requests
    ]


def test_no_connection_shows_the_keys_of_another(aws: Aws) -> None:
    """An error of one account may quote what was signed for another."""
    own = target("own", "333333333333")
    with serving(aws.answer) as server, connected(server.url) as connections:
        asyncio.run(called(connections, PROD_EU))
        asyncio.run(called(connections, PROD_US))
        failures = [asyncio.run(called(connections, where)) for where in (PROD_EU, PROD_US, own)]

    assert 6 == len(aws.secrets)
    for failure in failures:
        assert "***" in failure.what
        assert [] == [secret for secret in aws.secrets if secret in str(failure)]


def test_targets_with_the_same_role_share_its_session(aws: Aws) -> None:
    """Two names for one way in cost one call."""
    twin = target("twin", EU, role(EU, "eu-1"))
    with serving(aws.answer) as server, connected(server.url) as connections:
        asyncio.run(called(connections, PROD_EU))
        asyncio.run(called(connections, twin))
        assert connections.of(twin) is not connections.of(PROD_EU)
        assert connections.of(twin) is connections.of(twin)

    assert 1 == len(aws.requests)


@contextmanager
def logged_in(
    url: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *, profile: str | None = None
) -> Iterator[Connections]:
    """Connect with what the machine is set up with: keys in a file, which may be written anew."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    settings = ConnectionSettings(region=REGION, endpoint_url=url, profile=profile)
    with Connections(settings) as connections:
        connections.check_credentials()
        yield connections


def write_keys(folder: Path, key: str) -> None:
    """Log in."""
    text = f"[default]\naws_access_key_id={key}\naws_secret_access_key=a-secret-key\n"
    (folder / "credentials").write_text(text)


def test_a_role_is_assumed_with_keys_that_were_found_meanwhile(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual credentials expired before a target was entered, and somebody logged in again."""
    write_keys(tmp_path, "STALE")
    with serving(aws.answer) as server, logged_in(server.url, tmp_path, monkeypatch) as connections:
        write_keys(tmp_path, "BASE")
        failure = asyncio.run(called(connections, PROD_EU))

    assert "ServiceException" == failure.code
    assert [
        ("AssumeRole", "STALE", "eu-west-1"),
        ("AssumeRole", "BASE", "eu-west-1"),
        ("Lambda", "key-id-number-1", "eu-west-1"),
    ] == aws.calls


def test_expired_usual_credentials_stop_the_target(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody logged in again: every call of the target would fail alike."""
    write_keys(tmp_path, "STALE")
    with serving(aws.answer) as server, logged_in(server.url, tmp_path, monkeypatch) as connections:
        failure = asyncio.run(called(connections, PROD_EU))

    assert (FailureKind.PERMANENT, Scope.RUN) == (failure.kind, failure.scope)
    assert "AssumeRole: ExpiredToken" in failure.what
    assert "log in again" in failure.remedy
    assert not failure.outcome_unknown
    assert [("AssumeRole", "STALE", "eu-west-1")] == aws.calls


def test_a_role_may_be_the_base_of_another(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A profile with a role: that one is assumed first, and asks for the target's."""
    write_keys(tmp_path, "BASE")
    text = "[default]\nregion=eu-west-1\n[profile hub]\nsource_profile=default\n"
    (tmp_path / "config").write_text(f"{text}role_arn={role('333333333333').role_arn}\n")
    with serving(aws.answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        with logged_in(server.url, tmp_path, monkeypatch, profile="hub") as connections:
            asyncio.run(called(connections, PROD_US))

    assert ["BASE", "key-id-number-1", "key-id-number-2"] == [key for _, key, _ in aws.calls]


def test_a_web_identity_may_be_the_base(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in CI with OIDC, and in EKS with a role for a service account."""
    (tmp_path / "token").write_text("a-token")
    with serving(aws.answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.url)
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
        monkeypatch.setenv("AWS_ROLE_ARN", role("333333333333").role_arn)
        with logged_in(server.url, tmp_path, monkeypatch) as connections:
            asyncio.run(called(connections, PROD_US))

    assert ["key-id-number-1", "key-id-number-2"] == [key for _, key, _ in aws.calls]


def test_a_container_may_be_the_base(
    aws: Aws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in ECS, and in EKS with Pod Identity."""
    with serving(aws.answer) as server:
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{server.url}/container")
        with logged_in(server.url, tmp_path, monkeypatch) as connections:
            asyncio.run(called(connections, PROD_US))

    assert ["BASE", "key-id-number-1"] == [key for _, key, _ in aws.calls]


def test_an_answer_of_sts_without_keys_is_unreadable() -> None:
    """And surely wrote nothing."""
    body = b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"
    with (
        serving(lambda _: Answer(200, {"Content-Type": "text/xml"}, body)) as server,
        connected(server.url) as connections,
    ):
        failure = asyncio.run(called(connections, PROD_EU))

    assert (FailureKind.TEMPORARY, "AssumeRole") == (failure.kind, failure.operation)
    assert not failure.outcome_unknown


def test_whoever_calls_an_account_and_region_spends_its_one_budget(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two targets there, and the usual credentials that turn out to be of that account."""
    made: list[str] = []
    spent: list[int] = []

    class Counting(Budget):
        async def spend(self, *call: object) -> object:  # type: ignore[override]
            spent.append(id(self))
            return await super().spend(*call)  # type: ignore[arg-type]

    monkeypatch.setattr(budgets, "Budget", Counting)
    identity = f"<R><GetCallerIdentityResult><Account>{EU}</Account></GetCallerIdentityResult></R>"

    def answer(asked: Asked) -> Answer:
        if b"GetCallerIdentity" in asked.body:
            made.append("asked")
            return Answer(200, {"Content-Type": "text/xml"}, identity.encode())
        return aws.answer(asked)

    own, elsewhere = target("own", EU), target("elsewhere", EU, None, "us-east-1")
    with serving(answer) as server, connected(server.url) as connections:
        for where in (PROD_EU, own, elsewhere):
            connections.of(where)
        for called_as in (PROD_EU, own, None, elsewhere):
            asyncio.run(called(connections, called_as))

    assert 1 == len(set(spent[:3]))
    assert spent[3] not in spent[:3]
    assert ["asked"] == made
