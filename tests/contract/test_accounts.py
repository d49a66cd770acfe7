"""Accounts and roles: what AssumeRole gives out, and what it is good for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from reconciler.sandbox import ACCOUNT_ID
from tests.contract.conftest import Clients, Refusal
from tests.effects.targets import EU, role, spec, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.sandbox import Sandbox

    Assume = Callable[..., Clients]
    Refused = Callable[..., Refusal]

ROLE = role(EU).role_arn
NO_ROLE = "arn:aws:iam::333333333333:role/deploy"


@pytest.fixture
def assume(sandbox: Sandbox, clients: Clients) -> Iterator[Assume]:
    """Assume the role of an account, and give clients that sign as it."""
    made: list[Clients] = []

    def begin(*, mine: bool = True) -> Clients:
        answer = clients("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")
        keys = answer["Credentials"]
        session = boto3.Session(
            keys["AccessKeyId"],
            keys["SecretAccessKey"],
            keys["SessionToken"] if mine else keys["AccessKeyId"],
        )
        made.append(Clients(session, sandbox))
        return made[-1]

    sandbox.allow_role(ROLE)
    yield begin
    for each in made:
        each.close()


def test_a_session_is_of_its_roles_account(assume: Assume, clients: Clients) -> None:
    """And the usual keys are of the usual one."""
    answer = assume()("sts").get_caller_identity()
    arn = f"arn:aws:sts::{EU}:assumed-role/deploy/test"
    assert (EU, arn) == (answer["Account"], answer["Arn"])
    assert ACCOUNT_ID == clients("sts").get_caller_identity()["Account"]


def test_a_session_lasts_an_hour_unless_it_is_said_otherwise(
    sandbox: Sandbox, clients: Clients
) -> None:
    """Expiration is what AWS answers, in whole seconds."""
    sandbox.allow_role(ROLE)
    for seconds in (3600, 900):
        answer = clients("sts").assume_role(RoleArn=ROLE, RoleSessionName="test")
        left = answer["Credentials"]["Expiration"] - datetime.now(UTC)
        assert timedelta(seconds=seconds - 60) < left <= timedelta(seconds=seconds)
        sandbox.allow_role(ROLE, seconds=900)


@pytest.mark.parametrize(
    ("declared", "members"),
    [
        pytest.param(None, {"RoleArn": NO_ROLE}, id="no such role"),
        pytest.param("id-1", {}, id="no external id"),
        pytest.param("id-1", {"ExternalId": "id-2"}, id="another external id"),
    ],
)
def test_a_role_is_not_for_everybody(
    sandbox: Sandbox,
    clients: Clients,
    declared: str | None,
    members: dict[str, Any],
    refused: Refused,
) -> None:
    """A role that does not exist is refused in the same words as one that does not trust."""
    sandbox.allow_role(ROLE, external_id=declared)
    request = {"RoleArn": ROLE, "RoleSessionName": "test", **members}
    who = f"User: arn:aws:iam::{ACCOUNT_ID}:user/sandbox"
    what = f"is not authorized to perform: sts:AssumeRole on resource: {request['RoleArn']}"
    expected = (403, "AccessDenied", f"{who} {what}")
    assert expected == refused(clients("sts").assume_role, **request)


def test_an_external_id_that_nobody_asks_for_is_taken(sandbox: Sandbox, clients: Clients) -> None:
    """A trust policy without the condition takes any."""
    sandbox.allow_role(ROLE)
    request = {"RoleArn": ROLE, "RoleSessionName": "test", "ExternalId": "id-1"}
    assert clients("sts").assume_role(**request)["Credentials"]


@pytest.mark.parametrize("members", [{"RoleSessionName": "a b"}, {"ExternalId": "a b"}])
def test_names_have_a_pattern(
    sandbox: Sandbox, clients: Clients, members: dict[str, str], refused: Refused
) -> None:
    """Of RoleSessionName and ExternalId, as in the API's model."""
    sandbox.allow_role(ROLE)
    request = {"RoleArn": ROLE, "RoleSessionName": "test", **members}
    refusal = refused(clients("sts").assume_role, **request)
    assert (400, "ValidationError") == (refusal.status, refusal.code)


def test_what_is_no_role_cannot_be_allowed(sandbox: Sandbox) -> None:
    """A mistake in a test is found where it is made."""
    with pytest.raises(ValueError, match="not the ARN of a role"):
        sandbox.allow_role("arn:aws:iam::111111111111:user/deploy")


def test_a_name_without_an_account_is_of_the_callers(
    sandbox: Sandbox, assume: Assume, clients: Clients, orders: str
) -> None:
    """The same name is another function in another account."""
    sandbox.seed([spec(orders, target("eu", EU, role(EU)))], default_region="eu-west-1")
    there = assume()("lambda").get_function(FunctionName=orders)["Configuration"]
    here = clients("lambda").get_function(FunctionName=orders)["Configuration"]
    assert f"arn:aws:lambda:eu-west-1:{EU}:function:{orders}" == there["FunctionArn"]
    assert f"arn:aws:lambda:eu-west-1:{ACCOUNT_ID}:function:{orders}" == here["FunctionArn"]
    listed = assume()("lambda").list_functions()["Functions"]
    assert [there["FunctionArn"]] == [each["FunctionArn"] for each in listed]
    assert [EU, ACCOUNT_ID, EU] == [record.account for record in sandbox.requests]


def test_a_role_has_no_way_into_another_account(
    sandbox: Sandbox, assume: Assume, orders: str, refused: Refused
) -> None:
    """Here no function has a policy that would let it."""
    arn = f"arn:aws:lambda:eu-west-1:{ACCOUNT_ID}:function:{orders}"
    refusal = refused(assume()("lambda").get_function, FunctionName=arn)
    assert (403, "AccessDeniedException") == (refusal.status, refusal.code)
    assert f"lambda:GetFunction on resource: {arn}" in refusal.message
    assert [403] == [record.status for record in sandbox.requests]


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "lambda": ("get_function", {"FunctionName": "orders"}),
    "sts": ("get_caller_identity", {}),
    "ecr": ("describe_repositories", {}),
    "s3": ("list_buckets", {}),
}


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("lambda", (403, "ExpiredTokenException")),
        ("sts", (403, "ExpiredToken")),
        ("ecr", (400, "ExpiredTokenException")),
        ("s3", (400, "ExpiredToken")),
    ],
)
def test_a_session_ends(
    sandbox: Sandbox, assume: Assume, service: str, expected: tuple[int, str], refused: Refused
) -> None:
    """What it signed is then refused by each service in its own form."""
    method, members = CALLS[service]
    client = assume()(service)
    sandbox.expire_sessions()
    refusal = refused(getattr(client, method), **members)
    assert expected == (refusal.status, refusal.code)


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("lambda", (403, "UnrecognizedClientException")),
        ("sts", (403, "InvalidClientTokenId")),
        ("ecr", (400, "UnrecognizedClientException")),
        ("s3", (400, "InvalidToken")),
    ],
)
def test_keys_want_their_own_token(
    assume: Assume, service: str, expected: tuple[int, str], refused: Refused
) -> None:
    """A key id by itself, or with another token, is nobody's."""
    method, members = CALLS[service]
    refusal = refused(getattr(assume(mine=False)(service), method), **members)
    assert expected == (refusal.status, refusal.code)


def test_a_forbidden_role_ends_no_session(
    sandbox: Sandbox, assume: Assume, refused: Refused
) -> None:
    """Nobody begins another one."""
    client = assume()("sts")
    sandbox.forbid_role(ROLE)
    assert EU == client.get_caller_identity()["Account"]
    refusal = refused(client.assume_role, RoleArn=ROLE, RoleSessionName="test")
    assert "assumed-role/deploy/test is not authorized" in refusal.message


def test_seeding_declares_the_roles_of_targets(sandbox: Sandbox, clients: Clients) -> None:
    """And leaves the usual credentials in their own account; a target without a role is theirs."""
    entered = target("eu", EU, role(EU, "id-1"))
    sandbox.seed([spec("orders", entered)], default_region="eu-west-1")
    assert ACCOUNT_ID == sandbox.account
    request = {"RoleArn": ROLE, "RoleSessionName": "test", "ExternalId": "id-1"}
    assert clients("sts").assume_role(**request)["Credentials"]
    sandbox.seed([spec("orders", target("own", "444444444444"))], default_region="eu-west-1")
    assert "444444444444" == sandbox.account
    answer = clients("lambda").get_function(FunctionName="orders")["Configuration"]
    assert ":444444444444:" in answer["FunctionArn"]
