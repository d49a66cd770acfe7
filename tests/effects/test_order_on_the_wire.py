"""
The reconciler and the sandbox, over HTTP, in every cell of the order table.

The sandbox refuses another architecture while $LATEST is Manual, and a pin of another
architecture, so that only the right order gets by. All cells are functions of one run;
each pair of modes has a region of its own, because the quota is one per region.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import pytest

from reconciler.model import RuntimeManagement, Status, UpdateRuntimeOn
from reconciler.sandbox import Sandbox, runtime_version_arn
from tests.effects.world import AUTO, FUNCTION_UPDATE, World, zip_of
from tests.order_table import CELLS, DESIRED_MODES, LIVE_MODES, UNDECLARED, Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import FunctionResult
    from reconciler.sandbox import FunctionConfiguration
    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.requests import PutRuntimeManagementConfigRequest

ROLE = "arn:aws:iam::123456789012:role/r"
REGIONS = (
    *("eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-central-2", "eu-north-1"),
    *("eu-south-1", "eu-south-2", "us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    *("ca-central-1", "sa-east-1", "ap-south-1", "ap-east-1"),
)
REGION_OF = dict(zip(product(LIVE_MODES, DESIRED_MODES), REGIONS, strict=True))
MODES = {"Auto": AUTO, "FunctionUpdate": FUNCTION_UPDATE}
PUBLISHED = (("new", "other", "not in sync"), ("same", "same", "in sync"))
ON_THE_WIRE = [cell for cell in CELLS if cell.publish == UNDECLARED or tuple(cell)[2:] in PUBLISHED]
UPDATE, PUT = "UpdateFunctionCode", "PutRuntimeManagementConfig"
WORDS = {"relax": PUT, "put": PUT, "code": UPDATE, "publish": "PublishVersion"}


@dataclass
class Outcome:
    """What two runs did and left behind, function by function."""

    plane: ControlPlane
    results: tuple[dict[str, FunctionResult], dict[str, FunctionResult]]
    writes: tuple[dict[str, list[str]], dict[str, list[str]]]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Reconcile all cells in one run, and once more."""
    folder = tmp_path_factory.mktemp("cells")
    with Sandbox(settle=0) as sandbox, World(sandbox, folder) as world:
        world.patience(120)
        world.package("same", "old")
        world.package("new", "new")
        for cell in ON_THE_WIRE:
            create(world.plane, cell)
            world.declare(**{name_of(cell): declared(cell)})
        (first, wrote_first), (second, wrote_second) = run(world), run(world)
        yield Outcome(world.plane, (first, second), (wrote_first, wrote_second))


@pytest.mark.parametrize("cell", ON_THE_WIRE, ids=", ".join)
def test_a_run_makes_the_calls_of_the_table_and_no_others(outcome: Outcome, cell: Cell) -> None:
    """The writes that arrive are those of the cell, in its order, and AWS accepts each."""
    result, writes = outcome.results[0][name_of(cell)], outcome.writes[0][name_of(cell)]
    assert expected_writes(cell) == writes
    if cell.forbidden:
        assert Status.FAILED == result.status
        assert result.failure is not None
        assert "updateRuntimeOn" in result.failure.remedy
    else:
        expected = Status.UPDATED if writes else Status.IN_SYNC
        assert (expected, None) == (result.status, result.failure)


@pytest.mark.parametrize("cell", ON_THE_WIRE, ids=", ".join)
def test_a_run_leaves_what_is_declared(outcome: Outcome, cell: Cell) -> None:
    """Code, architecture and mode of $LATEST, and of the version where one is declared."""
    moved = cell.moves and not cell.forbidden
    package = zip_of("new" if cell.code == "new" and not cell.forbidden else "old")
    have = cell.live_mode if cell.mode == UNDECLARED else cell.mode
    for qualifier in qualifiers(cell):
        live = look(outcome.plane, cell, qualifier)
        assert package == live.package.content
        assert ("arm64" if moved else "x86_64") == live.architecture
    for qualifier in qualifiers(cell) if cell.mode != UNDECLARED else [None]:
        mode = outcome.plane.get_runtime_management_config(
            name_of(cell), region=region_of(cell), qualifier=qualifier
        )
        assert mode_of(have, cell, moved=moved) == mode


@pytest.mark.parametrize("cell", ON_THE_WIRE, ids=", ".join)
def test_a_second_run_writes_nothing(outcome: Outcome, cell: Cell) -> None:
    """What was done is found done; what is refused is refused again, and nothing else is tried."""
    result, writes = outcome.results[1][name_of(cell)], outcome.writes[1][name_of(cell)]
    if cell.forbidden:
        assert (Status.FAILED, []) == (result.status, writes)
    else:
        assert (Status.IN_SYNC, []) == (result.status, writes)


def expected_writes(cell: Cell) -> list[str]:
    """Name the calls as AWS does; a version is made in Auto, and its own mode put after."""
    mode_of_version = cell.mode not in (UNDECLARED, "Auto") and "publish" in cell.calls
    return [WORDS[word] for word in cell.calls] + ([f"{PUT} 1"] if mode_of_version else [])


def qualifiers(cell: Cell) -> list[str | None]:
    """List $LATEST, and the version where one is published."""
    return [None] if cell.publish == UNDECLARED or cell.forbidden else [None, "1"]


def name_of(cell: Cell) -> str:
    """Name the cell's function."""
    return "_".join(word.replace(" ", "-") for word in cell)


def region_of(cell: Cell) -> str:
    """Name the region of the cell's modes."""
    return REGION_OF[cell.live_mode, cell.mode]


def mode_of(word: str, cell: Cell, *, moved: bool = False) -> RuntimeManagement:
    """Give a mode; this pin is the runtime version that the sandbox has."""
    if word in MODES:
        return MODES[word]
    region, architecture = region_of(cell), "arm64" if moved else "x86_64"
    arn = runtime_version_arn("python3.13", region, architecture)
    if word == "another pin":
        arn = f"arn:aws:lambda:{region}::runtime:{hashlib.sha256(b'another').hexdigest()}"
    return RuntimeManagement(UpdateRuntimeOn.MANUAL, arn)


def create(plane: ControlPlane, cell: Cell) -> None:
    """Create the function, settled, in its live mode, and its version where that is in sync."""
    name, region = name_of(cell), region_of(cell)
    plane.create_function(
        name,
        region=region,
        Code={"ZipFile": zip_of("old")},
        Role=ROLE,
        Runtime="python3.13",
        Handler="app.handler",
    )
    look(plane, cell)
    put(plane, cell, mode_of(cell.live_mode, cell))
    if cell.publish == "in sync":
        plane.publish_version(name, region=region)
        if cell.mode != UNDECLARED:
            put(plane, cell, mode_of(cell.mode, cell), "1")


def put(
    plane: ControlPlane, cell: Cell, mode: RuntimeManagement, qualifier: str = "$LATEST"
) -> None:
    """Set a runtime update mode as somebody else would."""
    request: PutRuntimeManagementConfigRequest = {
        "UpdateRuntimeOn": mode.update_runtime_on,
        "Qualifier": qualifier,
    }
    if mode.runtime_version_arn is not None:
        request["RuntimeVersionArn"] = mode.runtime_version_arn
    plane.put_runtime_management_config(name_of(cell), region=region_of(cell), **request)


def look(plane: ControlPlane, cell: Cell, qualifier: str | None = None) -> FunctionConfiguration:
    """Look at the sandbox's own state."""
    return plane.function(name_of(cell), region=region_of(cell), qualifier=qualifier)


def declared(cell: Cell) -> str:
    """Write the cell's manifest."""
    lines = [f"region: {region_of(cell)}", "suspend: false"]
    if cell.code != UNDECLARED:
        lines.append(f"code: {{zipFile: {cell.code}.zip}}")
    if cell.architecture != UNDECLARED:
        lines.append(f"architecture: {'arm64' if cell.moves else 'x86_64'}")
    if cell.mode != UNDECLARED:
        mode = mode_of(cell.mode, cell, moved=cell.moves)
        arn = mode.runtime_version_arn
        pin = "" if arn is None else f", runtimeVersionArn: '{arn}'"
        lines.append(f"runtimeManagement: {{updateRuntimeOn: {mode.update_runtime_on}{pin}}}")
    if cell.publish != UNDECLARED:
        lines.append("publish: true")
    return "\n".join(lines)


def run(world: World) -> tuple[dict[str, FunctionResult], dict[str, list[str]]]:
    """Run once, and sort what was found and written by function."""
    before = len(world.sandbox.requests)
    results = {each.spec.name: each for each in world.run(parallelism=64).functions}
    writes: dict[str, list[str]] = {name: [] for name in results}
    for record in world.sandbox.requests[before:]:
        if record.function is not None and not record.operation.startswith(("Get", "List")):
            said = [record.operation, record.qualifier or ""]
            said += [] if record.status in (200, 201) else [f"-> {record.status}"]
            writes[record.function].append(" ".join(filter(None, said)))
    return results, writes
