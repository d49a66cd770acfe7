"""Targets: each account is entered as its role, and what keeps one out keeps no other out."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from reconciler.aws import identity
from reconciler.model import FailureKind, Status
from reconciler.sandbox import ACCOUNT_ID, Fault, Sandbox
from tests.effects.targets import (
    EU,
    US,
    asked,
    connected,
    of,
    reads,
    role,
    run,
    spec,
    statuses,
    target,
)
from tests.effects.world import REGION, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import AssumeRole, FunctionResult, RunResult

PROD_EU = target("prod-eu", EU, role(EU, "eu-1"))
PROD_US = target("prod-us", US, role(US), "us-east-1")
ANYWHERE = [spec("app", PROD_EU), spec("app", PROD_US), spec("app")]


def sts(result: RunResult) -> tuple[int, int]:
    """Count the calls of AssumeRole and of GetCallerIdentity of all runs so far."""
    return result.calls.get("AssumeRole", 0), result.calls.get("GetCallerIdentity", 0)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(settle=0) as sandbox:
        sandbox.seed(ANYWHERE, default_region=REGION)
        yield sandbox


def test_each_target_is_entered_as_its_role(sandbox: Sandbox) -> None:
    """One function in three accounts: each is written in its own, with one session per role."""
    with connected(sandbox.url) as connections:
        result = run(connections, ANYWHERE)

    updated = {"app@prod-eu": "Updated", "app@prod-us": "Updated", "app": "Updated"}
    assert updated == statuses(result)
    assert {EU, US, ACCOUNT_ID} == set(asked(sandbox))
    assert (2, 3) == sts(result)


def test_a_second_run_finds_every_target_in_sync(sandbox: Sandbox) -> None:
    """Connections last longer than a run: nobody is asked for keys or accounts again."""
    with connected(sandbox.url) as connections:
        run(connections, ANYWHERE)
        result = run(connections, ANYWHERE)

    assert {Status.IN_SYNC} == {each.status for each in result.functions}
    assert (2, 3) == sts(result)


def test_functions_without_targets_cost_nobody_a_question(sandbox: Sandbox) -> None:
    """Nobody else can be of their account, as far as is known."""
    with connected(sandbox.url) as connections:
        result = run(connections, [spec("app")])

    assert (0, 0) == sts(result)


def test_targets_of_other_regions_cost_the_usual_credentials_no_question(sandbox: Sandbox) -> None:
    """Quotas are per region: whose the usual credentials are does not matter."""
    with connected(sandbox.url) as connections:
        result = run(connections, [spec("app", PROD_US), spec("app")])

    assert 1 == result.calls["GetCallerIdentity"]


@pytest.mark.parametrize("plan_only", [True, False])
def test_a_role_of_another_account_writes_nothing(sandbox: Sandbox, *, plan_only: bool) -> None:
    """Its account is compared before Lambda is asked for anything, by a plan too."""
    wrong = target("wrong", US, role(EU, "eu-1"))
    with connected(sandbox.url) as connections:
        result = run(connections, [spec("app", wrong), spec("app", PROD_US)], plan_only=plan_only)

    failure = of(result, "app@wrong").failure
    assert failure is not None
    assert FailureKind.PERMANENT is failure.kind
    assert f"account {US}" in failure.what
    assert f"account {EU}" in failure.what
    assert "Planned" if plan_only else "Updated" == statuses(result)["app@prod-us"]
    assert {US} == set(asked(sandbox))
    assert {"us-east-1"} == {record.region for record in sandbox.requests}


@pytest.mark.parametrize("plan_only", [True, False])
def test_a_target_without_a_role_is_of_the_usual_account(
    sandbox: Sandbox, *, plan_only: bool
) -> None:
    """Or nothing is read and written there; others with the same credentials go on."""
    own, other = target("own", ACCOUNT_ID), target("other", EU)
    with connected(sandbox.url) as connections:
        specs = [spec("app", own), spec("app", other)]
        result = run(connections, specs, plan_only=plan_only)

    assert Status.FAILED is of(result, "app@other").status
    assert of(result, "app@own").status in (Status.UPDATED, Status.PLANNED)
    assert {ACCOUNT_ID} == set(asked(sandbox))
    assert (0, 1) == sts(result)


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param(role(EU), id="no external id"),
        pytest.param(role(EU, "other"), id="another external id"),
        pytest.param(role("333333333333"), id="no such role"),
    ],
)
def test_a_role_that_cannot_be_assumed_fails_its_target_alone(
    sandbox: Sandbox, refused: AssumeRole
) -> None:
    """STS is asked once for all of its functions, and each of them says which role it is."""
    closed = target("closed", refused.role_arn.split(":")[4], refused)
    specs = [*(spec(f"app-{number}", closed) for number in range(40)), spec("app", PROD_US)]
    with connected(sandbox.url) as connections:
        result = run(connections, specs)

    ended = [each for each in result.functions if each.spec.target == closed]
    assert {Status.FAILED, Status.NOT_ATTEMPTED} == {each.status for each in ended}
    assert 40 == len(ended)
    for each in ended:
        assert each.failure is not None
        assert FailureKind.PERMANENT is each.failure.kind
        assert "AssumeRole: AccessDenied" in each.failure.what
        assert "trust policy" in each.failure.remedy
        assert f"target closed is entered as {refused.role_arn}" in each.failure.remedy
    assert Status.UPDATED is of(result, "app@prod-us").status
    assert {US} == set(asked(sandbox))
    assert 2 == result.calls["AssumeRole"]


def test_an_sts_that_hiccups_is_asked_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lost answer passes: the role is assumed at the next try."""
    monkeypatch.setattr(identity, "_REFUSED_FOR", 0.0)  # these runs have less patience
    sandbox.inject(Fault(operation="POST /", lose_answer=True, everywhere=True))
    with connected(sandbox.url) as connections:
        result = run(connections, [spec("app", PROD_EU)])

    assert {"app@prod-eu": "Updated"} == statuses(result)
    assert (2, 1) == sts(result)


def test_an_sts_that_fails_is_not_asked_by_each_function(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hundreds may want the role at once: for a while they are told what the first was."""
    monkeypatch.setattr(identity, "_REFUSED_FOR", 60.0)  # longer than these runs have patience
    many = reads("app", PROD_EU, 12)
    sandbox.seed(many, default_region=REGION)
    sandbox.inject(Fault(operation="POST /", lose_answer=True, times=99, everywhere=True))
    with connected(sandbox.url) as connections:
        result = run(connections, many)

    assert {"Failed"} == set(statuses(result).values())
    assert 1 == sts(result)[0]


def test_many_functions_have_their_role_renewed_once(sandbox: Sandbox) -> None:
    """
    Keys that are about to expire are exchanged by one call, whoever needs them.

    The first session lasts five minutes, which is over for botocore: the next call wants
    another one, which lasts.
    """
    many = reads("app", PROD_EU, 32)
    sandbox.seed(many, default_region=REGION)
    arn = role(EU).role_arn
    sandbox.allow_role(arn, external_id="eu-1", seconds=300)
    sandbox.inject(
        Fault(
            operation="POST /",
            everywhere=True,
            run=lambda: sandbox.allow_role(arn, external_id="eu-1"),
            skip=1,
        )
    )
    with connected(sandbox.url, threads=32) as connections:
        result = run(connections, many)

    assert {Status.IN_SYNC} == {each.status for each in result.functions}
    assert (2, 1) == sts(result)


@dataclass
class Awaiting(Recorder):
    """A listener that notices when so many functions of a target have ended."""

    wanted: int = 0
    all_ended: threading.Event = field(default_factory=threading.Event)

    def finished(self, result: FunctionResult) -> None:
        """Count down."""
        self.wanted -= result.spec.target == PROD_US
        if not self.wanted:
            self.all_ended.set()


def test_a_role_that_is_slow_to_renew_holds_one_thread(sandbox: Sandbox) -> None:
    """All targets share the threads: those of others go on while many wait for one role's keys."""
    many = [*reads("slow", PROD_EU, 8), *reads("app", PROD_US, 8)]
    sandbox.seed(many, default_region=REGION)
    sandbox.allow_role(role(EU).role_arn, external_id="eu-1", seconds=300)
    listener, ended_before = Awaiting(wanted=8), []

    def slowly() -> None:
        sandbox.allow_role(role(EU).role_arn, external_id="eu-1")
        ended_before.append(listener.all_ended.wait(10))

    with connected(sandbox.url, threads=2) as connections:
        run(connections, [many[0], many[-1]])
        sandbox.inject(Fault(operation="POST /", everywhere=True, run=slowly))
        result = run(connections, many, listener=listener)

    assert [True] == ended_before
    assert {Status.IN_SYNC} == {each.status for each in result.functions}


def test_a_session_that_ends_early_is_begun_anew(sandbox: Sandbox) -> None:
    """AWS calls the keys expired when botocore holds them for good: the role is assumed again."""
    with connected(sandbox.url) as connections:
        run(connections, [spec("app", PROD_EU)])
        sandbox.expire_sessions()
        result = run(connections, [spec("app", PROD_EU)])

    assert {"app@prod-eu": "InSync"} == statuses(result)
    assert 2 == result.calls["AssumeRole"]
    assert 403 in {record.status for record in sandbox.requests}


def test_a_role_that_is_taken_away_during_a_run_stops_its_target(sandbox: Sandbox) -> None:
    """The session ends, and there is no other: what AWS said of the keys is told."""
    with connected(sandbox.url) as connections:
        run(connections, [spec("app", PROD_EU), spec("app", PROD_US)])
        sandbox.forbid_role(role(EU).role_arn)
        sandbox.expire_sessions()
        result = run(connections, [spec("app", PROD_EU), spec("app", PROD_US)])

    assert {"app@prod-eu": "Failed", "app@prod-us": "InSync"} == statuses(result)
    assert "ExpiredTokenException" in str(of(result, "app@prod-eu").failure)
