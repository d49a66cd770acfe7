"""A folder of manifests, a sandbox, and the real reconciler between them, over HTTP."""

from __future__ import annotations

import asyncio
import io
import textwrap
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from reconciler import fleet, manifest
from reconciler.aws.connection import Connection
from reconciler.aws.settings import ConnectionSettings, Credentials
from reconciler.model import NotTraced, RuntimeManagement, UpdateRuntimeOn
from reconciler.reconcile import WaitSettings
from reconciler.sandbox import (
    ACCESS_KEY_ID,
    SECRET_ACCESS_KEY,
    FunctionConfiguration,
    Sandbox,
    runtime_version_arn,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.model import FunctionResult, FunctionSpec, RunResult, Target, Tracing
    from reconciler.sandbox.requests import PutRuntimeManagementConfigRequest

REGION = "eu-west-1"
AUTO = RuntimeManagement(UpdateRuntimeOn.AUTO)
FUNCTION_UPDATE = RuntimeManagement(UpdateRuntimeOn.FUNCTION_UPDATE)

IMPATIENT = WaitSettings(
    function_timeout=20,
    first_poll=0.001,
    longest_poll=0.01,
    first_retry=0.001,
    longest_retry=0.01,
)
"""The loop as it is, with pauses that a test does not notice."""


def pinned(architecture: str) -> RuntimeManagement:
    """Manual, at the runtime version that the sandbox has for the architecture."""
    arn = runtime_version_arn("python3.13", REGION, architecture)
    return RuntimeManagement(UpdateRuntimeOn.MANUAL, arn)


def zip_of(text: str) -> bytes:
    """Make a small package, the same for the same text."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), text)
    return buffer.getvalue()


@dataclass
class Recorder:
    """A listener that remembers, and that may act when something is said."""

    said: list[str] = field(default_factory=list)
    act: Callable[[str], None] | None = None

    def progress(self, spec: FunctionSpec, message: str) -> None:
        """Remember a line."""
        self.said.append(f"{spec.name}: {message}")
        if self.act is not None:
            self.act(message)

    def finished(self, result: FunctionResult) -> None:
        """Remember an end."""
        self.said.append(f"{result.spec.name}: {result.status}")


class Wrapped:
    """A connection whose calls go through something that a test put in between."""

    def __init__(self, connection: Connection, wrap: Callable[[Any], Any]) -> None:
        self._connection = connection
        self._wrap = wrap
        self.calls = connection.calls

    def functions(self, region: str, *caller: Callable[[], Any]) -> Any:  # noqa: ANN401 - any wrap
        """Wrap the calls of one region."""
        return self._wrap(self._connection.functions(region, *caller))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a connection has
        """Leave everything else as it is."""
        return getattr(self._connection, name)


class Alone:
    """The connections of a run that has one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def calls(self) -> Counter[str]:
        """Requests sent so far."""
        return self._connection.calls

    def of(self, target: Target | None) -> Connection:
        """Give it."""
        assert target is None
        return self._connection


class World:
    """
    What a test sets up, does and looks at.

    ``sent`` is how many requests the last run made, by operation, of all services.
    ``quota_share`` is as in ConnectionSettings: None for no pace.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        folder: Path,
        *,
        quota_share: float | None = 0.8,
        tracing: Tracing | None = None,
    ) -> None:
        self._quota_share = quota_share
        self._tracing = tracing or NotTraced()
        self.sandbox = sandbox
        self.folder = folder
        self.plane = sandbox.control_plane
        self.recorder = Recorder()
        self.stop = fleet.Stop()
        self.grace = 30.0
        self.max_changes: fleet.MaxChanges | None = None
        self.wait = IMPATIENT
        self.cache: Path | None = None
        self.wrap: Callable[[Any], Any] | None = None
        self.sent: Counter[str] = Counter()
        self._mark = 0

    def __enter__(self) -> Self:
        self._connection = Connection(
            ConnectionSettings(
                region=REGION,
                endpoint_url=self.sandbox.url,
                credentials=Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY),
                isolated=True,
                threads=8,
                quota_share=self._quota_share,
                tracing=self._tracing,
            )
        )
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    @property
    def connection(self) -> Any:  # noqa: ANN401 - whatever a test put in between
        """The one that runs use."""
        return self._connection if self.wrap is None else Wrapped(self._connection, self.wrap)

    def package(self, name: str, text: str) -> None:
        """Write NAME.zip."""
        (self.folder / f"{name}.zip").write_bytes(zip_of(text))

    def declare(self, **functions: str) -> None:
        """Write one manifest per function, from the YAML of its spec."""
        for name, spec in functions.items():
            body = textwrap.indent(textwrap.dedent(spec).strip(), "  ")
            (self.folder / f"{name}.yaml").write_text(
                "apiVersion: lambda.reconciler/v1\nkind: Function\n"
                f"metadata: {{name: {name}}}\nspec:\n{body}\n"
            )

    def create(self, name: str, text: str = "live", architecture: str = "x86_64") -> None:
        """Create a settled function in the sandbox."""
        self.plane.create_function(
            name,
            region=REGION,
            Code={"ZipFile": zip_of(text)},
            Role="arn:aws:iam::123456789012:role/r",
            Runtime="python3.13",
            Handler="app.handler",
            Architectures=[architecture],
        )
        self.live(name)

    def live(self, name: str, qualifier: str | None = None) -> FunctionConfiguration:
        """Look at the sandbox's own state."""
        return self.plane.function(name, region=REGION, qualifier=qualifier)

    def mode(self, name: str, qualifier: str | None = None) -> RuntimeManagement:
        """Look at a runtime update mode in the sandbox."""
        return self.plane.get_runtime_management_config(name, region=REGION, qualifier=qualifier)

    def put_mode(self, name: str, mode: RuntimeManagement) -> None:
        """Set $LATEST's runtime update mode in the sandbox, as somebody else would."""
        request: PutRuntimeManagementConfigRequest = {"UpdateRuntimeOn": mode.update_runtime_on}
        if mode.runtime_version_arn is not None:
            request["RuntimeVersionArn"] = mode.runtime_version_arn
        self.plane.put_runtime_management_config(name, region=REGION, **request)

    def versions(self, name: str) -> list[str]:
        """List the published versions in the sandbox."""
        listed = self.plane.list_versions_by_function(name, region=REGION)
        return [each.version for each in listed[1:]]

    def run(
        self, *, plan_only: bool = False, server_side: bool = False, parallelism: int = 8
    ) -> RunResult:
        """Load every manifest of the folder and run once."""
        loaded = manifest.load(
            [str(self.folder)], environment={}, default_region=REGION, standard_input=None
        )
        assert loaded.errors == ()
        preparation = fleet.prepare(loaded.specs)
        assert preparation.errors == ()
        if not self.stop.event.is_set():
            self.stop = fleet.Stop(self.grace)  # an event belongs to one event loop
        self._mark = len(self.sandbox.requests)
        settings = fleet.RunSettings(
            "test",
            plan_only=plan_only,
            server_side=server_side,
            cache=self.cache,
            parallelism=parallelism,
            wait=self.wait,
            max_changes=self.max_changes,
            tracing=self._tracing,
        )
        before = Counter(self._connection.calls)

        async def work() -> RunResult:
            self._loop = asyncio.get_running_loop()
            return await fleet.run(
                preparation.tasks, Alone(self.connection), settings, self.stop, self.recorder
            )

        result = asyncio.run(work())
        self.sent = Counter(result.calls) - before
        return result

    def one(self, *, plan_only: bool = False, server_side: bool = False) -> FunctionResult:
        """Run once, and expect exactly one function."""
        (result,) = self.run(plan_only=plan_only, server_side=server_side).functions
        return result

    def signal(self, number: int) -> None:
        """Ask the run to stop, from any thread."""
        self._loop.call_soon_threadsafe(self.stop.request, number)

    def patience(self, function_timeout: float) -> None:
        """Set the seconds that one function may take in the runs to come."""
        self.wait = replace(self.wait, function_timeout=function_timeout)

    @property
    def calls(self) -> list[str]:
        """The last run's requests as the sandbox saw them, e.g. ``GetFunction 1 -> 404``."""
        return [
            " ".join(
                [record.operation]
                + ([record.qualifier] if record.qualifier else [])
                + ([f"-> {record.status}"] if record.status not in (200, 201) else [])
            )
            for record in self.sandbox.requests[self._mark :]
        ]

    @property
    def writes(self) -> list[str]:
        """The last run's requests but for the reads."""
        return [call for call in self.calls if not call.startswith(("Get", "List"))]
