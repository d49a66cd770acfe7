"""A plan saved, looked at, and applied by another process: exactly its steps, or none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from reconciler import schema
from reconciler.plans.document import digest
from reconciler.sandbox import runtime_version_arn

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

CODE = "{code: {directory: code}, architecture: arm64, publish: {description: build 1}}"
MODE = "{runtimeManagement: {updateRuntimeOn: FunctionUpdate}}"
FLEET = {"code": CODE, "mode": MODE, "same": "{architecture: x86_64}"}
PLAN = ("--plan", "--out", "plan.json")
APPLY = ("--apply-plan", "plan.json", "-o", "json")


def prepared(command: Command, sandbox: Sandbox) -> dict[str, Any]:
    """Declare a fleet, and save its plan."""
    for name, spec in FLEET.items():
        command.declare(name, spec)
    command.seed(sandbox)
    assert 0 == command.run(*PLAN).returncode
    document: dict[str, Any] = json.loads((command.folder / "plan.json").read_text())
    return document


def statuses(done: CompletedProcess[str]) -> dict[str, str]:
    """Say how each function ended."""
    return {each["name"]: each["status"] for each in json.loads(done.stdout)["functions"]}


def error(done: CompletedProcess[str], name: str) -> str:
    """Give what a function failed of, which must be a stale plan."""
    functions = json.loads(done.stdout)["functions"]
    (found,) = [each["error"] for each in functions if each["name"] == name]
    assert "Stale" == found["kind"]
    what: str = found["what"]
    return what


def writes(sandbox: Sandbox) -> list[tuple[str, str | None]]:
    """Name all writes that the sandbox has seen."""
    return [
        (record.operation, record.function)
        for record in sandbox.requests
        if not record.operation.startswith(("Get", "List"))
    ]


def test_a_saved_plan_is_applied_once(command: Command, sandbox: Sandbox) -> None:
    """It fits its schema, does what it says, and is stale afterwards."""
    document = prepared(command, sandbox)
    jsonschema.Draft202012Validator(schema.load("plan")).validate(document)
    planned = [
        (step["operation"], each["id"]) for each in document["functions"] for step in each["steps"]
    ]
    assert [] == writes(sandbox)

    done = command.run(*APPLY)

    assert (0, {"code": "Updated", "mode": "Updated", "same": "InSync"}) == (
        done.returncode,
        statuses(done),
    )
    assert sorted(planned) == sorted(writes(sandbox))
    again = command.run(*APPLY)
    assert (5, {"code": "Failed", "mode": "Failed", "same": "InSync"}) == (
        again.returncode,
        statuses(again),
    )
    assert sorted(planned) == sorted(writes(sandbox))


@pytest.mark.parametrize(("broken", "code"), [(False, 5), (True, 3)])
def test_a_plan_that_is_not_saved_leaves_no_older_one(
    command: Command, sandbox: Sandbox, code: int, *, broken: bool
) -> None:
    """Whoever goes on to apply would have that one applied."""
    prepared(command, sandbox)
    if broken:
        command.declare("same", "{architecture: z80}")

    assert code == command.run(*PLAN, "--max-changes", "1").returncode
    assert not (command.folder / "plan.json").exists()


def test_what_changed_meanwhile_is_refused_alone(command: Command, sandbox: Sandbox) -> None:
    """The function that somebody changed is left; the others are brought into order."""
    prepared(command, sandbox)
    sandbox.control_plane.update_function_configuration(
        "code", region="eu-west-1", Description="by hand"
    )

    done = command.run(*APPLY)

    assert (5, {"code": "Failed", "mode": "Updated", "same": "InSync"}) == (
        done.returncode,
        statuses(done),
    )
    assert "RevisionId: " in error(done, "code")
    assert [("PutRuntimeManagementConfig", "mode")] == writes(sandbox)


def test_another_manifest_or_package_is_refused(command: Command, sandbox: Sandbox) -> None:
    """Also where it asks for less, and where only the bytes differ."""
    prepared(command, sandbox)
    command.declare("mode", "{runtimeManagement: {updateRuntimeOn: Auto}}")
    app = command.folder / "manifests" / "code" / "app.py"
    app.write_text("another")

    done = command.run(*APPLY)

    assert 5 == done.returncode
    assert "the package: " in error(done, "code")
    assert "the manifest (SHA-256): " in error(done, "mode")
    assert [] == writes(sandbox)


def test_functions_that_come_or_go_are_not_touched(command: Command, sandbox: Sandbox) -> None:
    """One that was declared since is left alone; one that is gone is told, with 5."""
    prepared(command, sandbox)
    command.declare("new", MODE)
    command.seed(sandbox)
    (command.folder / "manifests" / "mode.yaml").unlink()

    done = command.run(*APPLY)

    assert (5, {"code": "Updated", "same": "InSync"}) == (done.returncode, statuses(done))
    assert "mode: failed: the saved plan is stale: no manifest declares" in done.stderr
    report = json.loads(done.stdout)
    jsonschema.Draft202012Validator(schema.load("report")).validate(report)
    (gone,) = report["undeclared"]
    assert ("mode", "eu-west-1", "Stale") == (gone["id"], gone["region"], gone["error"]["kind"])
    assert report["errored"]
    assert {"code"} == {name for _, name in writes(sandbox)}


def test_a_file_that_was_edited_stops_everything(command: Command, sandbox: Sandbox) -> None:
    """Before AWS is asked anything."""
    document = prepared(command, sandbox)
    document["functions"][0]["steps"].append(
        {
            "operation": "PutRuntimeManagementConfig",
            "qualifier": "$LATEST",
            "runtime_management": {
                "update_runtime_on": "Manual",
                "runtime_version_arn": runtime_version_arn("python3.13", "eu-west-1", "arm64"),
            },
        }
    )
    (command.folder / "plan.json").write_text(json.dumps(document))
    before = len(sandbox.requests)

    done = command.run(*APPLY)

    assert (3, "") == (done.returncode, done.stdout)
    assert "plan.json: the saved plan cannot be used: it was changed" in done.stderr
    assert before == len(sandbox.requests)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda function: function.update(account="999999999999"), "account: 999999999999 then"),
        (lambda function: function["steps"].append(function["steps"][0]), "the steps: "),
    ],
    ids=["another account", "a step more"],
)
def test_an_edit_with_its_own_digest_changes_nothing(
    command: Command,
    sandbox: Sandbox,
    change: Callable[[dict[str, Any]], object],
    named: str,
) -> None:
    """The digest is no signature: only what manifests and AWS lead to anyway is performed."""
    document = prepared(command, sandbox)
    del document["digest"]
    change(next(each for each in document["functions"] if each["id"] == "code"))
    document["digest"] = digest(document)
    (command.folder / "plan.json").write_text(json.dumps(document))

    done = command.run(*APPLY)

    assert (5, "Failed") == (done.returncode, statuses(done)["code"])
    assert named in error(done, "code")
    assert {"mode"} == {name for _, name in writes(sandbox)}


def test_in_another_folder_it_is_the_same_plan(command: Command, sandbox: Sandbox) -> None:
    """A pipeline checks the repository out once for the plan and once for the apply."""
    prepared(command, sandbox)
    plan = (command.folder / "plan.json").read_text()
    elsewhere = command.folder / "elsewhere"
    (command.folder / "manifests").rename(elsewhere)
    for path in elsewhere.glob("*.yaml"):
        path.write_text(f"# moved\n{path.read_text()}")
    (command.folder / "approved.json").write_text(plan)

    done = command.run("-f", "elsewhere", "--apply-plan", "approved.json")

    assert 0 == done.returncode, done.stdout


def test_of_two_plans_the_second_is_stale(command: Command, sandbox: Sandbox) -> None:
    """Both were made from the same world, which the first of them has changed."""
    prepared(command, sandbox)
    assert 0 == command.run("--plan", "--out", "second.json").returncode
    assert 0 == command.run(*APPLY).returncode
    before = writes(sandbox)

    done = command.run("--apply-plan", "second.json", "-o", "json")

    assert (5, {"code": "Failed", "mode": "Failed", "same": "InSync"}) == (
        done.returncode,
        statuses(done),
    )
    assert before == writes(sandbox)
