"""``--scenario FILE``: from the file to what the sandbox does."""

from __future__ import annotations

import os
import sys
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from reconciler import manifest
from reconciler.cli.extra import load_sandbox
from reconciler.cli.inputs import count
from reconciler.cli.streams import complain

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from reconciler.manifest import Scenario
    from reconciler.manifest.scenario import InitialStatus, ScenarioFault, ScenarioFunction
    from reconciler.model import FunctionSpec
    from reconciler.sandbox import Fault, Sandbox


def read(path: str | None) -> Scenario | None:
    """Read the file, or print every error in it and give None. No file: nothing happens."""
    if path is None:
        return manifest.Scenario((), ())
    sandbox = load_sandbox()
    known = manifest.KnownOperations(frozenset(sandbox.OPERATIONS), frozenset(sandbox.UPDATES))
    found = manifest.load_scenario(path, environment=os.environ, known=known)
    if isinstance(found, manifest.Scenario):
        return found
    for error in found:
        complain(str(error))
    complain(f"{count(len(found), 'error')}; nothing was sent to AWS.")
    return None


def fits(scenario: Scenario, declared: AbstractSet[str]) -> bool:
    """Print which of its functions no manifest names, and say whether there are none."""
    strangers = [
        function
        for function in scenario.functions
        if not any(fnmatchcase(name, function.name) for name in declared)
    ]
    for stranger in strangers:
        what = f"no manifest names a function {stranger.name}, so that the sandbox has none"
        complain(f"{stranger.location}: {what}; correct the name, or declare the function")
    if strangers:
        complain(f"{count(len(strangers), 'error')}; nothing was sent to AWS.")
    return not strangers


def play(
    scenario: Scenario, sandbox: Sandbox, specs: Sequence[FunctionSpec], default_region: str
) -> None:
    """Put the functions that were seeded into their status, and arm the faults."""
    for function in scenario.functions:
        for spec in specs:
            if fnmatchcase(spec.function.name, function.name):
                _begin(sandbox, function, spec, default_region)
    for fault in scenario.faults:
        sandbox.inject(_fault(fault))


def _begin(
    sandbox: Sandbox, function: ScenarioFunction, spec: FunctionSpec, default_region: str
) -> None:
    """Publish before $LATEST gets a status in which nothing can be published."""
    plane, reference = sandbox.control_plane, spec.function
    region = reference.region or default_region
    account = reference.account or sandbox.account
    name = f"{account}:function:{reference.name}"
    if function.published_version is not None:
        version = plane.publish_version(name, region=region).version
        plane.settle_now(name, region=region)
        # A version is a snapshot when $LATEST was for snapshots.
        status = replace(function.published_version, snap_start=function.latest.snap_start)
        members = _members(status)
        plane.set_status(name, region=region, qualifier=version, **members)
    plane.set_status(name, region=region, **_members(function.latest))


def _members(status: InitialStatus) -> dict[str, Any]:
    """Take what is given; the names are those of the sandbox's own StatusMembers."""
    values = {field.name: getattr(status, field.name) for field in fields(status)}
    return {name: value for name, value in values.items() if value is not None}


def _fault(fault: ScenarioFault) -> Fault:
    made: Fault = load_sandbox().Fault(
        operation=fault.operation,
        function=fault.function,
        skip=fault.skip,
        times=sys.maxsize if fault.times is None else fault.times,
        close_before=fault.close_connection is manifest.CloseConnection.BEFORE,
        lose_answer=fault.close_connection is manifest.CloseConnection.AFTER,
        fail_update=fault.fail_with,
        settle=fault.settle,
        **_answer(fault),
    )
    return made


def _answer(fault: ScenarioFault) -> dict[str, Any]:
    if fault.error is None:
        return {}
    return {field.name: getattr(fault.error, field.name) for field in fields(fault.error)}
