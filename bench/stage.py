"""A folder of manifests, a sandbox in a process of its own, and the real command."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.processes import ROOT, Cost, environment_for, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

REGION = "eu-west-1"
_DOCUMENT = """\
apiVersion: lambda.reconciler/v1
kind: Function
metadata: {{name: {name}}}
spec: {{region: {region}, code: {{zipFile: {package}}}{more}}}
"""
_IN_ONE_FILE = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """``environment`` leads to the sandbox."""

    folder: Path
    names: tuple[str, ...]
    environment: Mapping[str, str]

    def reconcile(self, *arguments: str) -> Cost:
        """Run the command."""
        more = ("-f", str(self.folder / "manifests"), "-q", *arguments)
        return measured(["-m", "reconciler", *more], self.environment)

    def floor(self, kind: str, threads: int) -> Cost:
        """Run the hand-written script that does the same calls."""
        package = str(self.folder / "new.zip")
        arguments = [kind, str(threads), package, *self.names]
        return measured(["-m", "bench.floor", *arguments], self.environment)

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What came to the sandbox so far."""
        return [json.loads(line) for line in (self.folder / "log").read_text().splitlines()]

    @property
    def calls(self) -> Counter[str]:
        """Requests that were answered, by operation."""
        return Counter(each["operation"] for each in self.requests if each["status"] != 429)  # noqa: PLR2004 - HTTP

    @property
    def throttled(self) -> int:
        """Requests that were refused for the quota."""
        return sum(each["status"] == 429 for each in self.requests)  # noqa: PLR2004 - HTTP


@contextlib.contextmanager
def set_up(  # noqa: PLR0913 - what a sandbox can be, by name
    functions: int,
    *,
    more: str = "",
    quota: str = "off",
    settle: float = 0.0,
    deployed: bool = False,
    packages: int = 0,
    own_packages: bool = False,
) -> Iterator[Stage]:
    """
    Serve so many functions; ``more`` is further YAML of each spec.

    They run what is declared where ``deployed``. ``packages`` is their size in bytes, and
    with ``own_packages`` each function has its own.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        names = tuple(f"f{number:05}" for number in range(functions))
        write(folder, names, more, packages, own_packages=own_packages)
        settings = {
            "manifests": str(folder / "manifests"),
            "quota": quota,
            "settle": settle,
            "deployed": deployed,
            "log": str(folder / "log"),
        }
        (folder / "log").touch()
        with serving(settings) as environment:
            yield Stage(folder, names, environment)


@contextlib.contextmanager
def serving(settings: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Run the sandbox, and give the environment that leads to it."""
    with subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "bench.server", json.dumps(settings)],
        cwd=ROOT,
        env=environment_for({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdin is not None  # noqa: S101 - for mypy: both are pipes
        assert server.stdout is not None  # noqa: S101 - as above
        try:
            yield {
                "AWS_ENDPOINT_URL": server.stdout.readline().strip(),
                "AWS_ACCESS_KEY_ID": "sandbox",
                "AWS_SECRET_ACCESS_KEY": "sandbox",
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
            }
        finally:
            server.stdin.close()
            server.wait()


def write(
    folder: Path,
    names: tuple[str, ...],
    more: str = "",
    size: int = 0,
    *,
    own_packages: bool = False,
) -> None:
    """Write manifests, a hundred in a file, and their packages."""
    (folder / "manifests").mkdir()
    (folder / "new.zip").write_bytes(zipped("new", size))
    for first in range(0, len(names), _IN_ONE_FILE):
        documents = []
        for name in names[first : first + _IN_ONE_FILE]:
            package = folder / (f"{name}.zip" if own_packages else "new.zip")
            if own_packages:
                package.write_bytes(zipped(name, size))
            documents.append(_DOCUMENT.format(name=name, region=REGION, package=package, more=more))
        text = "---\n".join(documents)
        (folder / "manifests" / f"{names[first]}.yaml").write_text(text)


def zipped(text: str, size: int) -> bytes:
    """Make a package; what fills it up does not compress."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), text)
        if size:
            archive.writestr(zipfile.ZipInfo("data"), bytes(size))
    return buffer.getvalue()
