"""Manifests whose code is in S3 and ECR, tried out in a sandbox that was never told of either."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.e2e.command import Command

REGISTRY = "210987654321.dkr.ecr.eu-west-1.amazonaws.com"  # not the sandbox's own account
SOURCES = {
    "object": "{s3: {bucket: artifacts, key: 'orders/api v1.zip'}}",
    "version": "{s3: {bucket: artifacts, key: orders.zip, versionId: 3HL4kqtJvjVBH40Nr8X8}}",
    "image": f"{{imageUri: '{REGISTRY}/team/orders:v1'}}",
}


@pytest.fixture
def remote(command: Command) -> Command:
    """Declare one function of each source, as arm64, in an order that AWS takes."""
    for name, source in SOURCES.items():
        command.declare(name, f"{{code: {source}, architecture: arm64, publish: true}}")
    return command


def report(command: Command, *arguments: str) -> dict[str, Any]:
    """Run, and give the JSON report."""
    finished = command.run(*arguments, "-o", "json")
    assert (0, "") == (finished.returncode, finished.stderr if finished.returncode else "")
    found: dict[str, Any] = json.loads(finished.stdout)
    return found


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["status"] for each in found["functions"]}


def test_a_plan_in_a_sandbox_shows_the_difference(remote: Command) -> None:
    """Bucket, object, repository and tag are there, with other code than the function has."""
    found = report(remote, "--sandbox", "--plan")

    assert dict.fromkeys(SOURCES, "Planned") == statuses(found)
    for function in found["functions"]:
        fields = [change["field"] for change in function["changes"]]
        assert ["code", "architecture", "publish"] == fields


def test_a_run_in_a_sandbox_deploys(remote: Command) -> None:
    """Lambda takes the code from where the manifest says, for the declared architecture."""
    found = report(remote, "--sandbox")

    assert dict.fromkeys(SOURCES, "Updated") == statuses(found)
    assert 3 == found["summary"]["calls"]["UpdateFunctionCode"]
    assert 3 == found["summary"]["calls"]["PublishVersion"]


def test_a_served_sandbox_is_seeded_with_the_code_too(remote: Command) -> None:
    """A first run deploys, and a second finds everything in sync."""
    with remote.start("sandbox", "--seed", "manifests", "--settle", "0") as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(7)]
            endpoint = next(line for line in lines if "AWS_ENDPOINT_URL=" in line)
            remote.environment["AWS_ENDPOINT_URL"] = endpoint.strip().rpartition("=")[2]
            first, second = report(remote), report(remote)
        finally:
            process.terminate()

    assert dict.fromkeys(SOURCES, "Updated") == statuses(first)
    assert dict.fromkeys(SOURCES, "InSync") == statuses(second)
    assert "UpdateFunctionCode" not in second["summary"]["calls"]


def test_a_digest_has_to_be_pushed(command: Command) -> None:
    """Nobody can make an image of a digest; what is missing is told, and exits with 4."""
    command.declare("app", f"{{code: {{imageUri: '{REGISTRY}/team/orders@sha256:{'0' * 64}'}}}}")

    finished = command.run("--sandbox", "--plan")

    assert 4 == finished.returncode
    assert f"{REGISTRY}/team/orders@sha256:{'0' * 64}" in finished.stdout
    assert "Traceback" not in finished.stderr
