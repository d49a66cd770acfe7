"""
A rogue that acts just before each single call of a run, whatever that call is.

All cases are functions of one run, spread over regions, because the quota is one per
region. The rogue acts once and is done with it at once, so that only the guards of our
writes and what is read again can notice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from reconciler.model import FailureKind, Status
from reconciler.sandbox import Fault, Sandbox
from tests.effects.world import AUTO, FUNCTION_UPDATE, World, pinned, zip_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.model import FunctionResult, RunResult
    from reconciler.sandbox.control_plane import ControlPlane

CALLS = 17
"""One more than the run of an undisturbed function makes."""
REGIONS = (
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1", "eu-south-1"),
    *("us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1"),
)
SPEC = """
code: {{zipFile: new.zip}}
region: {region}
architecture: arm64
runtimeManagement: {{updateRuntimeOn: FunctionUpdate}}
publish: true
"""
THEIR_MEMORY = 1769
PRECONDITION_FAILED = 412


@dataclass(frozen=True)
class Case:
    """A rogue's act just before the n-th call about a function of its own."""

    act: str
    before_call: int

    @property
    def name(self) -> str:
        """Name the function."""
        return f"{self.act}-{self.before_call}"

    @property
    def region(self) -> str:
        """Spread the cases evenly."""
        return REGIONS[CASES.index(self) % len(REGIONS)]


def settings(plane: ControlPlane, case: Case) -> None:
    plane.update_function_configuration(case.name, region=case.region, MemorySize=THEIR_MEMORY)


def code(plane: ControlPlane, case: Case) -> None:
    plane.update_function_code(case.name, region=case.region, ZipFile=zip_of("theirs"))


def publish(plane: ControlPlane, case: Case) -> None:
    plane.publish_version(case.name, region=case.region)


def mode(plane: ControlPlane, case: Case) -> None:
    plane.put_runtime_management_config(case.name, region=case.region, UpdateRuntimeOn="Auto")


def pin(plane: ControlPlane, case: Case) -> None:
    architecture = plane.function(case.name, region=case.region).architecture
    plane.put_runtime_management_config(
        case.name,
        region=case.region,
        UpdateRuntimeOn="Manual",
        RuntimeVersionArn=pinned(architecture).runtime_version_arn or "",
    )


ACTS: dict[str, Callable[[ControlPlane, Case], None]] = {
    "settings": settings,
    "code": code,
    "publish": publish,
    "mode": mode,
    "pin": pin,
}
CASES = [Case(act, call) for act in ACTS for call in range(CALLS)]


@dataclass
class Outcome:
    """What the run with the rogue did, and two more without."""

    plane: ControlPlane
    runs: list[dict[str, FunctionResult]]
    writes: list[dict[str, list[str]]]
    refused: set[tuple[str, str]]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Run once with a rogue per function, and twice in peace."""
    with Sandbox(settle=0) as sandbox, World(sandbox, tmp_path_factory.mktemp("rogue")) as world:
        world.package("new", "new")
        world.patience(120)
        for case in CASES:
            _set_up(world, case)
        runs, writes = [], []
        for _ in range(3):
            before = len(sandbox.requests)
            runs.append(_by_name(world.run(parallelism=64)))
            writes.append(_writes(sandbox, before))
        refused = {
            (each.function or "", each.operation)
            for each in sandbox.requests
            if each.status == PRECONDITION_FAILED
        }
        yield Outcome(world.plane, runs, writes, refused)


def _set_up(world: World, case: Case) -> None:
    world.declare(**{case.name: SPEC.format(region=case.region)})
    world.plane.create_function(
        case.name,
        region=case.region,
        Code={"ZipFile": zip_of("old")},
        Role="arn:aws:iam::123456789012:role/r",
        Runtime="python3.13",
        Handler="app.handler",
    )
    world.plane.settle_now(case.name, region=case.region)

    def act() -> None:
        world.plane.settle_now(case.name, region=case.region)
        ACTS[case.act](world.plane, case)
        world.plane.settle_now(case.name, region=case.region)

    world.sandbox.inject(Fault(function=case.name, skip=case.before_call, run=act))


def _by_name(run: RunResult) -> dict[str, FunctionResult]:
    return {result.spec.name: result for result in run.functions}


def _writes(sandbox: Sandbox, since: int) -> dict[str, list[str]]:
    writes: dict[str, list[str]] = {case.name: [] for case in CASES}
    for record in sandbox.requests[since:]:
        if not record.operation.startswith(("Get", "List")) and record.function:
            writes[record.function].append(record.operation)
    return writes


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_declared_is_live_after_the_next_run(outcome: Outcome, case: Case) -> None:
    """Whatever the rogue did: by the run that met it, or by the one after."""
    live = outcome.plane.function(case.name, region=case.region)
    met, after, last = (run[case.name] for run in outcome.runs)

    assert met.status in (Status.UPDATED, Status.FAILED)
    assert met.failure is None or met.failure.kind is FailureKind.TEMPORARY
    assert after.status in (Status.UPDATED, Status.IN_SYNC)
    assert (Status.IN_SYNC, []) == (last.status, outcome.writes[2][case.name])
    assert ("arm64", zip_of("new")) == (live.architecture, live.package.content)
    mode = outcome.plane.get_runtime_management_config(case.name, region=case.region)
    assert FUNCTION_UPDATE == mode


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_no_version_too_many_is_published(outcome: Outcome, case: Case) -> None:
    """One with the declared code; the rogue's own are of other code, or are that one."""
    versions = outcome.plane.list_versions_by_function(case.name, region=case.region)[1:]

    ours = [each for each in versions if each.package.content == zip_of("new")]
    assert [versions[-1].version] == [each.version for each in ours if each.architecture == "arm64"]
    serving = outcome.plane.get_runtime_management_config(
        case.name, region=case.region, qualifier=versions[-1].version
    )
    assert FUNCTION_UPDATE == serving != AUTO


@pytest.mark.parametrize("case", [case for case in CASES if case.act == "settings"], ids=str)
def test_what_is_not_declared_is_left_as_the_rogue_made_it(outcome: Outcome, case: Case) -> None:
    """Its update is not lost: no write of ours carries settings."""
    live = outcome.plane.function(case.name, region=case.region)
    assert THEIR_MEMORY == live.settings["MemorySize"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_number_of_writes_is_bounded(outcome: Outcome, case: Case) -> None:
    """Four are needed; a rogue that acts once costs no more than another round of them."""
    assert 8 >= sum(len(writes[case.name]) for writes in outcome.writes)


@pytest.mark.parametrize("act", ["settings", "code", "publish"])
@pytest.mark.parametrize(("call", "operation"), [(7, "UpdateFunctionCode"), (9, "PublishVersion")])
def test_a_guard_meets_whoever_was_there_just_before(
    outcome: Outcome, act: str, call: int, operation: str
) -> None:
    """AWS refuses our write, everything is read again, and the report names what was found."""
    name = f"{act}-{call}"
    assert (name, operation) in outcome.refused
    assert outcome.runs[0][name].foreign_changes
    assert Status.UPDATED == outcome.runs[0][name].status


def test_every_call_of_the_run_was_met(outcome: Outcome) -> None:
    """An undisturbed run has CALLS - 1 of them, so that the last rogue acts in the second run."""
    for act in ACTS:
        first = outcome.runs[0][f"{act}-{CALLS - 1}"]
        assert (Status.UPDATED, ()) == (first.status, first.foreign_changes)
        assert 4 == len(outcome.writes[0][f"{act}-{CALLS - 1}"])
    assert [] != [each for each in outcome.runs[0].values() if each.foreign_changes]
