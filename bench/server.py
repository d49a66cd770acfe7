"""The sandbox as a process of its own, with functions that are deployed already or not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import manifest
from reconciler.model import LATEST, ZipFile
from reconciler.sandbox import Sandbox

if TYPE_CHECKING:
    from reconciler.model import FunctionSpec
    from reconciler.sandbox import ControlPlane

REGION = "eu-west-1"


def main() -> None:
    """Serve until standard input ends; the settings come as JSON."""
    settings = json.loads(sys.argv[1])
    loaded = manifest.load(
        [settings["manifests"]], environment={}, default_region=REGION, standard_input=None
    )
    sandbox = Sandbox(settle=settings["settle"], quota=settings["quota"], log=Path(settings["log"]))
    sandbox.seed(loaded.specs, default_region=REGION)
    if settings["deployed"]:
        for spec in loaded.specs:
            _deploy(sandbox.control_plane, spec)
    with sandbox:
        sys.stdout.write(f"{sandbox.url}\n")
        sys.stdout.flush()
        sys.stdin.read()


def _deploy(plane: ControlPlane, spec: FunctionSpec) -> None:
    """Put the function into the state that is declared."""
    name = spec.function.name
    if isinstance(spec.code, ZipFile):
        plane.update_function_code(name, region=REGION, ZipFile=spec.code.path.read_bytes())
        plane.settle_now(name, region=REGION)
    qualifiers = [LATEST]
    if spec.publish is not None:
        qualifiers.append(plane.publish_version(name, region=REGION).version)
        plane.settle_now(name, region=REGION)
    if spec.runtime_management is not None:
        mode = spec.runtime_management.update_runtime_on
        for each in qualifiers:
            plane.put_runtime_management_config(
                name, region=REGION, Qualifier=each, UpdateRuntimeOn=mode
            )


if __name__ == "__main__":
    main()
