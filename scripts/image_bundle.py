"""
Print the OCI runtime configuration with which scripts/check-image runs the image.

It is what the manifests in deploy/kubernetes ask of a node: the image's own user, entry
point, environment and folder; a root file system that is read-only, no capability, no new
privilege, and a ``/tmp``. Beyond that the shell is taken away.

Arguments: what ``buildah inspect`` says of the image, its root folder, the sandbox's settings
(with a file ``termination-log`` beside them, which is mounted as the kubelet does), ``none`` or
``host`` for the network, and the command's arguments. ``:confined`` in their place tries what
must not be possible, ``:clients`` makes a client of each AWS service that the image knows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

_CONFINED = """
import os, pathlib, subprocess
assert 0 not in (os.getuid(), os.getgid()), "root"
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0, "capabilities"
assert int(status["NoNewPrivs"]) == 1, "new privileges"
for folder in ("/", "/opt/reconcile", "/etc", "/manifests"):
    try:
        pathlib.Path(folder, "written").touch()
    except OSError:
        continue
    raise SystemExit(f"{folder} can be written")
pathlib.Path("/tmp/written").touch()
try:
    subprocess.run(["/bin/sh", "-c", "true"])
except OSError:
    print("confined")
else:
    raise SystemExit("there is a shell")
"""

_CLIENTS = """
import botocore.session
session = botocore.session.Session()
names = session.get_available_services()
for name in names:
    session.create_client(name, region_name="eu-west-1")
print("clients:", *names)
"""

_TRIALS = {":confined": _CONFINED, ":clients": _CLIENTS}


def _mount(kind: str, source: str, destination: str, *options: str) -> dict[str, Any]:
    return {
        "type": kind,
        "source": source,
        "destination": destination,
        "options": ["nosuid", *options],
    }


def _arguments(image: dict[str, Any], given: list[str]) -> list[str]:
    entry: list[str] = image["Entrypoint"]
    if trial := _TRIALS.get(" ".join(given)):
        return [str(Path(entry[0]).with_name("python")), "-c", trial]
    return entry + given


def _environment(image: dict[str, Any], settings: str) -> list[str]:
    exported = [
        line.removeprefix("export ")
        for line in Path(settings).read_text("utf-8").splitlines()
        if line.startswith("export ")
    ]
    return [*image["Env"], *exported, "GIT_SHA=check", "AWS_EC2_METADATA_DISABLED=true"]


def _namespaces(network: str) -> list[dict[str, str]]:
    kinds = ["pid", "ipc", "uts", "mount", *(["network"] if network == "none" else [])]
    return [{"type": kind} for kind in kinds]


def main(image_file: str, root: str, settings: str, network: str, *given: str) -> None:
    """Print the configuration."""
    image = json.loads(Path(image_file).read_text("utf-8"))["OCIv1"]["config"]
    user, group = (int(number) for number in image["User"].split(":"))
    manifests = str(Path(__file__).resolve().parents[1] / "manifests")
    status = str(Path(settings).resolve().with_name("termination-log"))
    configuration = {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": user, "gid": group},
            "args": _arguments(image, list(given)),
            "env": _environment(image, settings),
            "cwd": image["WorkingDir"],
            "capabilities": {},
            "noNewPrivileges": True,
        },
        "root": {"path": root, "readonly": True},
        "hostname": "reconcile",
        "mounts": [
            _mount("proc", "proc", "/proc", "noexec", "nodev"),
            _mount("tmpfs", "tmpfs", "/dev", "strictatime", "mode=755", "size=65536k"),
            _mount("tmpfs", "tmpfs", "/tmp", "nodev", "mode=1777", "size=64m"),  # noqa: S108 - in the container
            _mount("bind", manifests, "/manifests", "bind", "ro"),
            _mount("bind", status, "/dev/termination-log", "bind"),
            _mount("bind", "/dev/null", "/usr/bin/sh", "bind", "ro"),
            _mount("bind", "/dev/null", "/usr/bin/dash", "bind", "ro"),
            _mount("bind", "/dev/null", "/usr/bin/bash", "bind", "ro"),
        ],
        "linux": {"namespaces": _namespaces(network)},
    }
    sys.stdout.write(json.dumps(configuration, indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
