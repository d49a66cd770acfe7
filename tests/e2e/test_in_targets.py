"""Several accounts by one command: each is entered as its role."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

EU, US = "111111111111", "222222222222"
MANIFEST = f"""
apiVersion: lambda.reconciler/v1
kind: Target
metadata: {{name: prod-eu}}
spec:
  accountId: "{EU}"
  region: eu-west-1
  assumeRole: {{roleArn: "arn:aws:iam::{EU}:role/deploy", externalId: eu-1}}
---
apiVersion: lambda.reconciler/v1
kind: Target
metadata: {{name: prod-us}}
spec:
  accountId: "{US}"
  region: us-east-1
  assumeRole: {{roleArn: "arn:aws:iam::{US}:role/deploy"}}
---
apiVersion: lambda.reconciler/v1
kind: Function
metadata: {{name: app}}
spec:
  targets: [prod-eu, prod-us]
  code: {{imageUri: "${{target.accountId}}.dkr.ecr.${{target.region}}.amazonaws.com/app:v1"}}
"""


def statuses(output: str) -> list[str]:
    """Say how each function of a JSON report ended."""
    return [each["status"] for each in json.loads(output)["functions"]]


@pytest.fixture
def declared(command: Command) -> Command:
    """Write the manifest into the folder where the command looks."""
    (command.folder / "manifests").mkdir()
    (command.folder / "manifests" / "app.yaml").write_text(MANIFEST)
    return command


def test_the_sandbox_has_the_accounts_and_roles_that_manifests_name(declared: Command) -> None:
    """A fleet of accounts can be tried out without any."""
    done = declared.run("--sandbox", "-o", "json")
    assert (0, ["Updated", "Updated"]) == (done.returncode, statuses(done.stdout))
    calls = json.loads(done.stdout)["summary"]["calls"]
    assert (2, 2) == (calls["AssumeRole"], calls["GetCallerIdentity"])


def test_a_target_that_cannot_be_entered_is_the_only_one_that_fails(
    declared: Command, sandbox: Sandbox
) -> None:
    """The exit code says that somebody has to act, and the report on which role."""
    declared.seed(sandbox)
    sandbox.allow_role(f"arn:aws:iam::{EU}:role/deploy", external_id="another")
    done = declared.run("-o", "json")
    assert (4, ["Failed", "Updated"]) == (done.returncode, statuses(done.stdout))
    error = json.loads(done.stdout)["functions"][0]["error"]
    assert ("AssumeRole", "AccessDenied") == (error["operation"], error["code"])
    assert f"arn:aws:iam::{EU}:role/deploy" in error["remedy"]
    assert {US} == {record.account for record in sandbox.requests}


def test_a_saved_plan_knows_its_functions_by_their_targets(
    declared: Command, sandbox: Sandbox
) -> None:
    """One target is left out of the manifests later: it is told, and the other is applied."""
    declared.seed(sandbox)
    assert 0 == declared.run("--plan", "--out", "plan.json").returncode
    manifest = declared.folder / "manifests" / "app.yaml"
    manifest.write_text(MANIFEST.replace("[prod-eu, prod-us]", "[prod-us]"))

    done = declared.run("--apply-plan", "plan.json", "-o", "json")

    assert (5, ["Updated"]) == (done.returncode, statuses(done.stdout)), done.stderr
    (gone,) = json.loads(done.stdout)["undeclared"]
    assert ("app@prod-eu", EU, "eu-west-1") == (gone["id"], gone["account"], gone["region"])
    writes = [each for each in sandbox.requests if each.operation.startswith("Update")]
    assert [US] == [each.account for each in writes]


def test_a_saved_plan_of_a_target_is_for_its_account(declared: Command, sandbox: Sandbox) -> None:
    """The same name in another account is another function."""
    declared.seed(sandbox)
    assert 0 == declared.run("--plan", "--out", "plan.json").returncode
    manifest = declared.folder / "manifests" / "app.yaml"
    manifest.write_text(MANIFEST.replace(EU, "333333333333"))
    declared.seed(sandbox)

    done = declared.run("--apply-plan", "plan.json", "-o", "json")

    assert (5, ["Failed", "Updated"]) == (done.returncode, statuses(done.stdout)), done.stderr
    assert "Stale" == json.loads(done.stdout)["functions"][0]["error"]["kind"]
    writes = [each for each in sandbox.requests if each.operation.startswith("Update")]
    assert [US] == [each.account for each in writes]
