"""A new architecture: with code, without any, and with native code for the wrong machine."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Failure, FailureKind, Status
from reconciler.report import json_report
from reconciler.sandbox import Fault
from tests.effects.world import REGION, zip_of

if TYPE_CHECKING:
    from tests.effects.world import World

UPDATE = ["UpdateFunctionCode"]
ELF_MACHINES = {"x86_64": 62, "arm64": 183}  # e_machine, ELF specification


def native_zip(*machines: str) -> bytes:
    """Make a package with one shared object per machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), "import fast")
        for machine in machines:
            header = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
            header += struct.pack("<HH", 3, ELF_MACHINES[machine])
            archive.writestr(zipfile.ZipInfo(f"lib/fast.{machine}.so"), header.ljust(64, b"\0"))
    return buffer.getvalue()


@pytest.fixture
def moving(world: World) -> World:
    """Set up an x86_64 function that is declared to be arm64, and nothing else."""
    world.create("app", "same")
    world.declare(app="architecture: arm64")
    return world


def refusal(world: World, *, plan_only: bool = False) -> Failure:
    """Run, expect a refusal before any write, and give it."""
    result = world.one(plan_only=plan_only)
    assert Status.FAILED == result.status
    assert result.failure is not None
    assert FailureKind.PERMANENT is result.failure.kind
    assert world.writes == []
    return result.failure


def test_the_live_package_is_sent_again_for_another_architecture(moving: World) -> None:
    """AWS changes the architecture only together with code, so the same bytes go out again."""
    before = moving.live("app")

    assert Status.UPDATED == moving.one().status

    after = moving.live("app")
    assert ("arm64", before.code_sha256) == (after.architecture, after.code_sha256)
    assert moving.writes == UPDATE
    assert Status.IN_SYNC == moving.one().status
    assert moving.writes == []


def test_the_live_package_leaves_no_trace(moving: World, capfd: pytest.CaptureFixture[str]) -> None:
    """The signed URL and the bytes are in no message and in no report."""
    run = moving.run()

    said = json_report.render(run) + "".join(moving.recorder.said) + "".join(capfd.readouterr())
    assert "X-Amz" not in said
    assert "snapshots" not in said


def test_a_package_that_changes_before_it_is_sent_again_is_read_anew(moving: World) -> None:
    """A rival who deploys in between is not rolled back: his package goes to arm64."""
    rival = zip_of("of a rival")
    moving.sandbox.inject(
        Fault(
            operation="UpdateFunctionCode",
            run=lambda: moving.plane.update_function_code("app", region=REGION, ZipFile=rival),
        )
    )

    assert Status.UPDATED == moving.one().status

    after = moving.live("app")
    assert ("arm64", rival) == (after.architecture, moving.plane.content(after.code_sha256))


def test_native_code_for_the_old_machine_is_not_sent_to_the_new_one(moving: World) -> None:
    """The live package has an x86_64 library only: the plan says which."""
    moving.plane.update_function_code("app", region=REGION, ZipFile=native_zip("x86_64"))

    for plan_only in (True, False):
        found = refusal(moving, plan_only=plan_only)
        assert "lib/fast.x86_64.so is for x86_64" in found.what
        assert "arm64" in found.remedy


def test_a_declared_package_is_looked_into_before_it_changes_machines(moving: World) -> None:
    """A package that was built for the wrong machine is refused with the file's name."""
    (moving.folder / "app.zip").write_bytes(native_zip("x86_64"))
    moving.declare(app="architecture: arm64\ncode: {zipFile: app.zip}")

    found = refusal(moving)

    assert "lib/fast.x86_64.so is for x86_64" in found.what
    assert "nativeCheck" in found.remedy


def test_the_look_into_packages_can_be_turned_off(moving: World) -> None:
    """Whoever knows better says so in the manifest."""
    (moving.folder / "app.zip").write_bytes(native_zip("x86_64"))
    moving.declare(app='architecture: arm64\ncode: {zipFile: app.zip, nativeCheck: "off"}')

    assert Status.UPDATED == moving.one().status
    assert moving.live("app").architecture == "arm64"


@pytest.mark.parametrize("machines", [("arm64",), ("x86_64", "arm64"), ()])
def test_a_package_that_may_run_on_the_new_machine_is_sent(
    moving: World, machines: tuple[str, ...]
) -> None:
    """Native code for both machines, for the new one, or none at all."""
    (moving.folder / "app.zip").write_bytes(native_zip(*machines))
    moving.declare(app="architecture: arm64\ncode: {zipFile: app.zip}")

    assert Status.UPDATED == moving.one().status
    assert moving.writes == UPDATE


def test_a_package_that_stays_on_its_machine_is_not_looked_into(world: World) -> None:
    """A pure-Python fallback may carry foreign libraries: only a move makes them suspect."""
    world.create("app", "old")
    (world.folder / "app.zip").write_bytes(native_zip("arm64"))
    world.declare(app="architecture: x86_64\ncode: {zipFile: app.zip}")

    assert Status.UPDATED == world.one().status
