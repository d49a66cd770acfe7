"""Scenario files with the command: what they make happen, and what the report says of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

    from mypy_boto3_lambda import LambdaClient

    from tests.e2e.command import Command

DIFFERS = "{code: {directory: code}, publish: true}"
PUBLISHED = "{publish: true}"


def play(command: Command, scenario: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Reconcile once in a sandbox of its own in which this happens."""
    header = "apiVersion: lambda.reconciler/v1\nkind: Scenario\n"
    (command.folder / "scenario.yaml").write_text(header + scenario + "\n")
    return command.run("--sandbox", "--scenario", "scenario.yaml", *arguments)


def calls_of(finished: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """Count the requests by operation, from the JSON report."""
    calls: dict[str, int] = json.loads(finished.stdout)["summary"]["calls"]
    return calls


def test_a_failed_update_ends_with_its_remedy(command: Command) -> None:
    """The reason code decides the exit code and the remedy; the reason is shown as it is."""
    command.declare("app", DIFFERS)

    finished = play(
        command,
        "faults: [{operation: UpdateFunctionCode, "
        "failWith: {reasonCode: InvalidRuntime, reason: It is blocked.}}]",
    )

    assert 4 == finished.returncode
    assert "(InvalidRuntime: It is blocked.)" in finished.stdout
    assert "what now: move the function to a supported runtime" in finished.stdout
    assert "Calls: 1 UpdateFunctionCode.\n" in finished.stdout


def test_a_failed_version_ends_with_its_remedy(command: Command) -> None:
    """A snapshot that cannot be taken: the version is there, and Failed."""
    command.declare("app", DIFFERS)

    finished = play(
        command,
        "functions: {app: {snapStart: PublishedVersions}}\n"
        "faults: [{operation: PublishVersion, "
        "failWith: {reasonCode: FunctionError.InitTimeout, reason: Too slow.}}]",
    )

    assert 4 == finished.returncode
    assert "not done PublishVersion: version 1 is Failed" in finished.stdout
    assert "what now: the code does not initialise" in finished.stdout


def test_a_lost_answer_is_found_done(command: Command) -> None:
    """The effect is there, and nothing is sent twice."""
    command.declare("app", DIFFERS)

    finished = play(
        command,
        "faults:\n"
        "  - {operation: UpdateFunctionCode, closeConnection: after}\n"
        "  - {operation: PublishVersion, closeConnection: after}",
    )

    assert 0 == finished.returncode
    assert 2 == finished.stdout.count("found done: its answer was lost")
    assert "Calls: 1 UpdateFunctionCode, 1 PublishVersion.\n" in finished.stdout


def test_a_connection_closed_before_is_tried_again(command: Command) -> None:
    """There was no effect, so that the call is sent once more."""
    command.declare("app", DIFFERS)

    finished = play(command, "faults: [{operation: UpdateFunctionCode, closeConnection: before}]")

    assert 0 == finished.returncode
    assert "Calls: 2 UpdateFunctionCode, 1 PublishVersion.\n" in finished.stdout


def test_slow_settling_runs_into_the_time_out(command: Command) -> None:
    """A day is longer than two seconds, and trying again may help."""
    command.declare("app", DIFFERS)

    finished = play(
        command,
        "faults: [{operation: UpdateFunctionCode, settle: 86400}]",
        "--function-timeout",
        "2s",
    )

    assert 1 == finished.returncode
    assert "in flight UpdateFunctionCode: accepted, not settled" in finished.stdout


def test_500_twice_is_survived(command: Command) -> None:
    """Two refused readings, and two more that are answered."""
    command.declare("app", "{architecture: x86_64}")

    finished = play(
        command,
        "faults: [{operation: GetFunction, times: 2, error: {status: 500}}]",
        "-o",
        "json",
    )

    assert 0 == finished.returncode
    assert {"GetFunction": 3} == calls_of(finished)
    assert 2 == finished.stderr.count("GetFunction: ServiceException: Injected by the sandbox.")


def test_an_error_for_ever_is_shown_as_aws_says_it(command: Command) -> None:
    """Any code and text, to every call of some functions; another goes on."""
    for name in ("denied-1", "denied-2", "denied-3"):
        command.declare(name, "{architecture: x86_64}")
    command.declare("other", "{architecture: x86_64}")

    finished = play(
        command,
        "faults: [{function: den*, times: always, "
        "error: {status: 403, code: AccessDeniedException, message: not for you}}]",
        "-v",
    )

    assert 4 == finished.returncode
    assert 3 == finished.stdout.count("AccessDeniedException: not for you")
    assert "1 in sync" in finished.stdout


STATUSES = {
    "a failed function": (
        "{state: Failed, stateReasonCode: InvalidSubnet, stateReason: It is gone.}",
        DIFFERS,
        4,
        "the function's State is Failed (InvalidSubnet: It is gone.)",
    ),
    "a function with a failed update": (
        "{lastUpdateStatus: Failed, lastUpdateStatusReasonCode: InvalidImage}",
        DIFFERS,
        0,
        "lastUpdateStatus   Failed (InvalidImage) -> Successful",
    ),
    "an idle function": ("{state: Inactive, stateReasonCode: Idle}", DIFFERS, 0, "1 published"),
    "a failed version": (
        "{publishedVersion: {state: Failed, stateReasonCode: FunctionError}}",
        PUBLISHED,
        4,
        "version 1 carries the declared code and is Failed (FunctionError)",
    ),
    "an active version": ("{publishedVersion: {}}", PUBLISHED, 0, "app (eu-west-1)  in sync"),
}


@pytest.mark.parametrize("case", STATUSES.values(), ids=STATUSES)
def test_a_function_begins_in_any_status(command: Command, case: tuple[str, str, int, str]) -> None:
    """What the run makes of it is what it would make of AWS's own."""
    status, spec, expected, words = case
    command.declare("app", spec)

    finished = play(command, f"functions: {{ap?: {status}}}", "-v")

    assert expected == finished.returncode
    assert words in finished.stdout


def test_errors_of_a_scenario_are_3_with_their_places(command: Command) -> None:
    """All at once, and before anything happens."""
    command.declare("app", DIFFERS)

    finished = play(command, "faults: [{settle: x}]\nmore: 1")

    assert (3, "") == (finished.returncode, finished.stdout)
    first, second, total = finished.stderr.splitlines()
    assert first.startswith("scenario.yaml:3:19: ")
    assert second.startswith("scenario.yaml:4:1: ")
    assert "2 errors; nothing was sent to AWS." == total


def test_a_function_that_no_manifest_names_is_3(command: Command) -> None:
    """A typo must not pass for a scenario that was survived."""
    command.declare("app", DIFFERS)

    finished = play(command, "functions: {apq: {state: Failed}, app: {state: Failed}}")

    assert (3, "") == (finished.returncode, finished.stdout)
    first, total = finished.stderr.splitlines()
    assert first.startswith("scenario.yaml:3:13: no manifest names a function apq")
    assert "1 error; nothing was sent to AWS." == total


def test_a_function_that_is_not_chosen_may_be_named(command: Command) -> None:
    """One scenario serves a fleet and a part of it."""
    command.declare("app", "{architecture: x86_64}")
    command.declare("other", "{architecture: x86_64}")

    finished = play(command, "functions: {other: {state: Failed}}", "--only", "app")

    assert 0 == finished.returncode


class Served:
    """A sandbox that serves in its own process, and a client for it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(7)]
        self.settings = dict(re.findall(r"^export (\w+)=(.*)$", "".join(lines), re.MULTILINE))

    def client(self) -> LambdaClient:
        """Make a client that tries once."""
        return boto3.Session(
            aws_access_key_id=self.settings["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.settings["AWS_SECRET_ACCESS_KEY"],
            region_name=self.settings["AWS_REGION"],
        ).client(
            "lambda",
            endpoint_url=self.settings["AWS_ENDPOINT_URL"],
            config=Config(retries={"total_max_attempts": 1}),
        )


@pytest.fixture
def served(command: Command) -> Iterator[LambdaClient]:
    """Serve with AWS's quotas a function that is Inactive, and whose third reading fails."""
    command.declare("app", DIFFERS)
    (command.folder / "scenario.yaml").write_text(
        "apiVersion: lambda.reconciler/v1\nkind: Scenario\n"
        "functions: {app: {state: Inactive, stateReasonCode: Idle}}\n"
        "faults: [{operation: GetFunction, skip: 2, error: {status: 502}}]\n"
    )
    arguments = ["--seed", "manifests", "--scenario", "scenario.yaml", "--quota", "aws"]
    with command.start("sandbox", *arguments) as process:
        client = Served(process).client()
        yield client
        client.close()
        process.terminate()
        assert "" == process.communicate(timeout=60)[1]


def test_a_served_sandbox_plays_the_scenario_too(served: LambdaClient) -> None:
    """Its functions begin so, and its faults wait for their request."""
    statuses: list[Any] = []
    for _ in range(4):
        try:
            answer = served.get_function(FunctionName="app")["Configuration"]
            statuses.append((answer["State"], answer["StateReasonCode"]))
        except ClientError as error:
            statuses.append(error.response["ResponseMetadata"]["HTTPStatusCode"])

    idle = ("Inactive", "Idle")
    assert [idle, idle, 502, idle] == statuses


def test_a_served_sandbox_has_the_quotas(served: LambdaClient) -> None:
    """The bucket fills while it is emptied, at 15 a second: 200 calls are too many."""

    def empty_it() -> None:
        for _ in range(200):
            served.list_functions()

    with pytest.raises(served.exceptions.TooManyRequestsException):
        empty_it()


def test_a_served_sandbox_refuses_a_broken_scenario(command: Command) -> None:
    """Before it listens."""
    (command.folder / "scenario.yaml").write_text("kind: Scenario\n")

    finished = command.run("sandbox", "--scenario", "scenario.yaml")

    assert (3, "") == (finished.returncode, finished.stdout)
    assert finished.stderr.startswith("scenario.yaml:1:1: apiVersion is missing;")


def test_a_served_sandbox_names_what_is_not_seeded(command: Command) -> None:
    """Without --seed there is no function that could begin in a status."""
    (command.folder / "scenario.yaml").write_text(
        "apiVersion: lambda.reconciler/v1\nkind: Scenario\nfunctions: {app: {state: Failed}}\n"
    )

    finished = command.run("sandbox", "--scenario", "scenario.yaml")

    assert (3, "") == (finished.returncode, finished.stdout)
    assert "no manifest names a function app" in finished.stderr
