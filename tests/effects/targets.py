"""Functions in several accounts, and runs over them through every target's connection."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler import fleet
from reconciler.aws.connections import Connections
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import (
    AssumeRole,
    FunctionReference,
    FunctionSpec,
    Location,
    NotTraced,
    RuntimeManagementSpec,
    Target,
    UpdateRuntimeOn,
)
from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY, Sandbox
from tests.effects.world import IMPATIENT, REGION, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import FunctionResult, RunResult, Tracing

HERE = Location("targets.yaml", 1, 1)
EU, US = "111111111111", "222222222222"
FUNCTION_UPDATE = RuntimeManagementSpec(UpdateRuntimeOn.FUNCTION_UPDATE)


def role(account: str, external_id: str | None = None) -> AssumeRole:
    """Name a role by which an account can be entered."""
    return AssumeRole(f"arn:aws:iam::{account}:role/deploy", external_id)


def target(
    name: str, account: str, assume_role: AssumeRole | None = None, region: str = REGION
) -> Target:
    """Make a target."""
    return Target(name, account, region, HERE, assume_role)


def spec(name: str, where: Target | None = None) -> FunctionSpec:
    """Declare that a function's runtime is updated with the function: one write does it."""
    region = where.region if where else REGION
    reference = FunctionReference(name, name, where.account if where else None, region)
    return FunctionSpec(
        name, {}, reference, None, None, FUNCTION_UPDATE, None, suspend=False, location=HERE,
        target=where,
    )  # fmt: skip


@contextmanager
def connected(
    url: str, *, threads: int = 8, tracing: Tracing | None = None
) -> Iterator[Connections]:
    """Connect to an endpoint as the command does to its sandbox."""
    settings = ConnectionSettings(
        region=REGION,
        endpoint_url=url,
        credentials=Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
        isolated=True,
        threads=threads,
        quota_share=None,
        tracing=tracing or NotTraced(),
    )
    with Connections(settings) as connections:
        connections.check_credentials()
        yield connections


def run(
    connections: Connections,
    specs: Sequence[FunctionSpec],
    *,
    plan_only: bool = False,
    listener: Recorder | None = None,
    tracing: Tracing | None = None,
) -> RunResult:
    """Run once."""
    preparation = fleet.prepare(specs)
    assert preparation.errors == ()
    settings = fleet.RunSettings(
        "test", plan_only=plan_only, wait=IMPATIENT, tracing=tracing or NotTraced()
    )
    return asyncio.run(
        fleet.run(preparation.tasks, connections, settings, fleet.Stop(), listener or Recorder())
    )


def reads(name: str, where: Target, number: int) -> list[FunctionSpec]:
    """Declare functions of which nothing is wanted, so that each is read once."""
    return [
        replace(spec(f"{name}-{index}", where), runtime_management=None) for index in range(number)
    ]


def statuses(result: RunResult) -> dict[str, str]:
    """Say how each function ended."""
    return {each.spec.id: each.status.value for each in result.functions}


def of(result: RunResult, identifier: str) -> FunctionResult:
    """Find one function's result."""
    return next(each for each in result.functions if each.spec.id == identifier)


def asked(sandbox: Sandbox) -> Counter[str]:
    """Count the requests to Lambda by account."""
    return Counter(record.account for record in sandbox.requests)
