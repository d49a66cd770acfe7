"""Shards on the command line, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

REGIONS = ("eu-west-1", "us-east-1", "ap-southeast-2")


def test_each_function_is_one_shards(command: Command, sandbox: Sandbox) -> None:
    """The account is asked for, since no manifest names it."""
    for region in REGIONS:
        command.declare(region, f"{{region: {region}, code: {{directory: code}}}}")
    command.seed(sandbox)

    ended = [command.run("--shard", f"{index}/3") for index in (1, 2, 3)]

    assert [0, 0, 0] == [each.returncode for each in ended]
    updated = [line for each in ended for line in each.stdout.splitlines() if "updated" in line]
    assert len(REGIONS) == sum(line.startswith("+ ") for line in updated)
    assert 3 == sum(f"shard {index}/3: " in each.stderr for index, each in enumerate(ended, 1))
