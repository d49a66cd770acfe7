"""docs/troubleshooting.md quotes what is printed: one run in which much goes wrong."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from tests.e2e.command import Command

PAGE = (Path(__file__).parents[2] / "docs" / "troubleshooting.md").read_text("utf-8")

CODE = "{code: {directory: code}}"
REFUSED = {
    "denied": ("GetFunction", 403, "AccessDeniedException", "not authorized"),
    "missing": ("GetFunction", 404, "ResourceNotFoundException", "Function not found: arn"),
    "big": (
        "UpdateFunctionCode",
        400,
        "InvalidParameterValueException",
        "Unzipped size must be smaller than 262144000 bytes",
    ),
}
FAILED = {"old": "InvalidRuntime", "locked": "DisabledKMSKey"}
BEGIN = {"gone": {"state": "Failed", "stateReasonCode": "InvalidSubnet"}}
PRINTED = (
    "AccessDeniedException",
    "ResourceNotFoundException: Function not found",
    "Unzipped size must be smaller",
    "AWS accepted the code and then the update failed",
    "InvalidRuntime",
    "DisabledKMSKey",
    "the function's State is Failed",
    "permanent failure:",
)
"""What the page has and this run prints."""


def scenario() -> str:
    """Write what goes wrong with which function."""
    faults = [
        {
            "operation": operation,
            "function": name,
            "times": "always",
            "error": {"status": status, "code": code, "message": message},
        }
        for name, (operation, status, code, message) in REFUSED.items()
    ] + [
        {
            "operation": "UpdateFunctionCode",
            "function": name,
            "failWith": {"reasonCode": code, "reason": "so it is"},
        }
        for name, code in FAILED.items()
    ]
    header = {"apiVersion": "lambda.reconciler/v1", "kind": "Scenario"}
    return yaml.safe_dump(header | {"functions": BEGIN, "faults": faults})


def test_what_the_page_quotes_is_printed(command: Command) -> None:
    """Each in one and the same run, in which every function fails in its own way."""
    for name in (*REFUSED, *FAILED, *BEGIN):
        command.declare(name, CODE)
    (command.folder / "scenario.yaml").write_text(scenario())
    command.without("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")

    done = command.run("--sandbox", "--scenario", "scenario.yaml")

    assert 4 == done.returncode
    assert f"Applied: {len(REFUSED | FAILED | BEGIN)} failed." in done.stdout
    for message in PRINTED:
        assert f"`{message}" in PAGE
        assert message in done.stdout
