"""The command with the arguments and variables of the CronJob, over what a pod mounts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler.report.exit_code import ExitCode
from reconciler.sandbox import Fault
from tests.deploy.cluster import container, read

if TYPE_CHECKING:
    from reconciler.sandbox import Sandbox
    from tests.e2e.command import Command

KEPT_LINES, KEPT_BYTES = 80, 2048
"""What Kubernetes takes of a log as termination message (its docs, "Determine the reason")."""
FUNCTIONS = [f"app-{number:02}" for number in range(30)]


@pytest.fixture
def mounted(command: Command, sandbox: Sandbox) -> None:
    """Make a ConfigMap's volume: files are links into a folder that is swapped as a whole."""
    for name in FUNCTIONS:
        command.declare(name, "{runtimeManagement: {updateRuntimeOn: FunctionUpdate}}")
    command.seed(sandbox)
    manifests = command.folder / "manifests"
    data = manifests / "..2026_01_01_00_00_00.1"
    data.mkdir()
    (manifests / "..data").symlink_to(data.name)
    for name in FUNCTIONS:
        (manifests / f"{name}.yaml").rename(data / f"{name}.yaml")
        (manifests / f"{name}.yaml").symlink_to(f"..data/{name}.yaml")


def run(command: Command) -> tuple[int, str]:
    """Run as the pod does, and give both streams as its log has them."""
    pod = container(read("cronjob/cronjob.yaml"))
    process = command.start(
        *pod["args"],
        streams={"stderr": subprocess.STDOUT},
        RECONCILE_QUOTA_SHARE="none",  # the sandbox has no quota, and tests have little time
        **{each["name"]: each["value"] for each in pod["env"]},
    )
    log, _ = process.communicate(timeout=60)
    return process.returncode, log


@pytest.mark.usefixtures("mounted")
def test_each_manifest_of_a_config_map_is_read_once(command: Command) -> None:
    """Though it is there under three paths."""
    code, log = run(command)

    assert 0 == code, log
    assert f"Applied: {len(FUNCTIONS)} updated." in log


@pytest.mark.usefixtures("mounted")
def test_the_termination_message_has_the_summary(command: Command, sandbox: Sandbox) -> None:
    """However many fail: what Kubernetes keeps of the log ends with what it came to, and why."""
    sandbox.inject(
        Fault(
            operation="PutRuntimeManagementConfig",
            status=403,
            code="AccessDeniedException",
            times=1000,
        )
    )

    code, log = run(command)
    message = "\n".join(log.splitlines()[-KEPT_LINES:]).encode()[-KEPT_BYTES:].decode()

    assert ExitCode.PERMANENT == code
    assert f"{len(FUNCTIONS)} failed" in message
    assert "AccessDeniedException" in message
