"""The installed command as a process, in a folder of manifests, against a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import manifest
from reconciler.sandbox import ACCESS_KEY_ID, SECRET_ACCESS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.sandbox import Sandbox

REGION = "eu-west-1"
LIMIT = 60
"""Seconds after which a command that hangs fails its test."""


class Command:
    """Runs ``reconcile`` with an environment in which nothing of this machine counts."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(folder),
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(
        self,
        *arguments: str,
        stdin: int | None = None,
        streams: Mapping[str, int] | None = None,
        **environment: str,
    ) -> subprocess.Popen[str]:
        """Begin, and leave waiting to the caller; ``streams`` may replace stdout and stderr."""
        out = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | dict(streams or {})
        return subprocess.Popen(
            self._line(arguments),
            cwd=self.folder,
            env=self.environment | environment,
            stdin=stdin,
            stdout=out["stdout"],
            stderr=out["stderr"],
            text=True,
        )

    def run(
        self, *arguments: str, standard_input: str = "", **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end."""
        return self._finish(self._line(arguments), standard_input, environment)

    def script(self, path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a script of the test in place of the command."""
        return self._finish([sys.executable, str(path), *arguments], "", {})

    def on(self, terminal: int, *arguments: str, **environment: str) -> None:
        """Run to the end with all streams on a terminal."""
        subprocess.run(
            self._line(arguments),
            cwd=self.folder,
            env=self.environment | environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            timeout=LIMIT,
            check=False,
        )

    def without(self, *names: str) -> None:
        """Take variables out of the environment."""
        for name in names:
            del self.environment[name]

    def seed(self, sandbox: Sandbox, environment: Mapping[str, str] | None = None) -> None:
        """Create what the folder's manifests name, with other code."""
        loaded = manifest.load(
            [str(self.folder / "manifests")],
            environment=environment or {},
            default_region=REGION,
            standard_input=None,
        )
        assert loaded.errors == ()
        sandbox.seed(loaded.specs, default_region=REGION)

    def declare(self, name: str, spec: str) -> Path:
        """Write manifests/NAME.yaml from the flow YAML of its spec, beside a package."""
        manifests = self.folder / "manifests"
        (manifests / "code").mkdir(parents=True, exist_ok=True)
        (manifests / "code" / "app.py").write_text("def handler(event, context):\n    return 1\n")
        path = manifests / f"{name}.yaml"
        path.write_text(
            "apiVersion: lambda.reconciler/v1\nkind: Function\n"
            f"metadata: {{name: {name}, labels: {{team: {name}}}}}\nspec: {spec}\n"
        )
        return path

    def _finish(
        self, line: list[str], standard_input: str, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            line,
            cwd=self.folder,
            env=self.environment | dict(environment),
            input=standard_input,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    @staticmethod
    def _line(arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "reconciler", *arguments]
