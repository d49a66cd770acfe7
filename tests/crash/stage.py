"""A sandbox on which one change can be tried again and again, each time with a new function."""

from __future__ import annotations

import itertools
import json
import re
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from reconciler.sandbox import ACCOUNT_ID, Sandbox
from tests.crash.kinds import Kind, Source
from tests.effects import in_ecr
from tests.effects.artifacts import client, make_bucket, push_image, put_object
from tests.effects.world import REGION, World, zip_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reconciler.model import RuntimeManagement
    from reconciler.sandbox.requests import CodeMembers

TICKS = 2
"""An update takes so many requests to Lambda: the next one finds it in progress."""
PREPARED = (("older", "x86_64"), ("old", "x86_64"), ("new", "x86_64"), ("new", "arm64"))
BUCKET = "artifacts"
_ENTRY = re.compile(r"[0-9a-f]{64}")
_WRITES = {
    "update_function_code": "UpdateFunctionCode",
    "publish_version": "PublishVersion",
    "put_runtime_management_config": "PutRuntimeManagementConfig",
}
WRITES = tuple(_WRITES.values())


class Deployed(NamedTuple):
    """What one version of a function is."""

    code: str
    architecture: str
    state: str
    last_update_status: str | None
    mode: RuntimeManagement | None


@dataclass(frozen=True)
class Final:
    """What is there in the end: $LATEST, and the newest of so many versions."""

    latest: Deployed
    newest: Deployed
    versions: int


class Stage:
    """
    The clock ticks with each request to Lambda, so that a run meets the same each time.

    ``writes`` are the ones that had an effect, with their qualifier.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("manifests", "tmp"):
            (folder / name).mkdir()
        self._log = folder / "requests.jsonl"
        self._log.touch()
        self._read = 0
        self._numbers = itertools.count()
        self.sandbox = Sandbox(settle=TICKS, log=self._log)
        self.world = World(self.sandbox, folder / "manifests")
        self._cache = self.world.cache = folder / "cache" / "lambda-reconciler"
        self.writes: list[str] = []
        self._plane = self.world.plane
        self._plane.clock = lambda: float(len(self.sandbox.requests))
        for method in _WRITES:
            setattr(self._plane, method, self._noting(method))

    def __enter__(self) -> Self:
        self.sandbox.start()
        self.world.__enter__()
        self.world.package("new", "new")
        return self

    def __exit__(self, *error: object) -> None:
        self.world.__exit__(*error)
        self.sandbox.stop()

    def prepare(self, source: Source) -> None:
        """Put into S3 or ECR what the code of these functions is."""
        if source is Source.IMAGE:
            with client(self.sandbox, "ecr") as ecr:
                for text, machine in PREPARED:
                    platform = {"x86_64": "amd64"}.get(machine, machine)
                    tag = f"{text}-{machine}"
                    push_image(ecr, in_ecr.REPOSITORY, tag, architecture=platform, text=text)
        elif source.in_bucket:
            with client(self.sandbox, "s3") as s3:
                make_bucket(s3, BUCKET, REGION, versioned=True)
                for text in ("older", "old", "new"):
                    put_object(s3, BUCKET, f"{text}.zip", zip_of(text), sha256=False)

    def create(self, kind: Kind) -> str:
        """Create a function with one version, and declare the change for it alone."""
        (name,) = self.create_all([kind])
        return name

    def create_all(self, kinds: list[Kind]) -> list[str]:
        """Create a function for each kind of change, declare them all, and remember nothing."""
        for manifest in self.world.folder.glob("*.yaml"):
            manifest.unlink()
        names = [self._create(kind) for kind in kinds]
        shutil.rmtree(self.folder / "cache", ignore_errors=True)
        self.calls()
        self.writes.clear()
        return names

    def final(self, name: str) -> Final:
        """Look at what there is, in the sandbox."""
        versions = self.world.versions(name)
        return Final(self._deployed(name), self._deployed(name, versions[-1]), len(versions))

    def left_behind(self) -> list[str]:
        """List what does not belong: beside manifests, in the cache, and all in TMPDIR."""
        beside = [path for path in self.world.folder.iterdir() if path.suffix != ".yaml"]
        cached = [path for path in self._cache.glob("*") if not _ENTRY.fullmatch(path.name)]
        found = [*beside, *cached, *(self.folder / "tmp").iterdir()]
        return sorted(path.name for path in found if path.name != "new.zip")

    def calls(self) -> list[str]:
        """Name the requests since the last time, to all services."""
        with self._log.open(encoding="utf-8") as file:
            file.seek(self._read)
            records = [json.loads(line) for line in file.readlines()]
            self._read = file.tell()
        return [" ".join(filter(None, (each["operation"], each["qualifier"]))) for each in records]

    def _create(self, kind: Kind) -> str:
        name, plane = f"app-{next(self._numbers)}", self._plane
        snap_start = "PublishedVersions" if kind.source is Source.SNAP_START else "None"
        runtime = {"Runtime": "python3.13", "Handler": "app.handler"}
        settings: dict[str, Any] = {} if kind.source is Source.IMAGE else runtime
        plane.create_function(
            name,
            region=REGION,
            Code=_code(kind.source, "older"),
            Role=f"arn:aws:iam::{ACCOUNT_ID}:role/r",
            SnapStart={"ApplyOn": snap_start},
            **settings,
        )
        plane.settle_now(name, region=REGION)
        plane.publish_version(name, region=REGION)
        plane.settle_now(name, region=REGION)
        plane.update_function_code(name, region=REGION, **_code(kind.source, "old"))
        plane.settle_now(name, region=REGION)
        if kind.source is not Source.IMAGE:
            self.world.put_mode(name, kind.live_mode)
        self.world.declare(**{name: _spec(kind, name)})
        return name

    def _deployed(self, name: str, version: str | None = None) -> Deployed:
        live = self.world.live(name, version)
        return Deployed(
            live.code_sha256,
            live.architecture,
            live.state,
            live.last_update_status,
            None if live.runtime is None else self.world.mode(name, version),
        )

    def _noting(self, method: str) -> Callable[..., Any]:
        perform = getattr(self._plane, method)

        def note(name: str, **members: Any) -> object:  # noqa: ANN401 - AWS's own members
            done = perform(name, **members)
            qualifier = members.get("Qualifier")
            self.writes.append(" ".join(filter(None, (_WRITES[method], qualifier))))
            return done

        return note


def _code(source: Source, text: str) -> CodeMembers:
    """Give the members of a request that are its code."""
    if source is Source.IMAGE:
        return {"ImageUri": f"{in_ecr.IMAGE}:{text}-x86_64"}
    if source.by_reference:
        return {
            "S3Bucket": BUCKET,
            "S3Key": f"{text}.zip",
            "S3ObjectStorageMode": "REFERENCE",
        }
    return {"ZipFile": zip_of(text)}


def _spec(kind: Kind, name: str) -> str:
    """Write the spec; with an account in the name, STS is asked for that of the credentials."""
    account = f"{ACCOUNT_ID}:function:" if kind.source.in_bucket else ""
    lines = [f"functionName: {account}{name}", f"architecture: {kind.architecture}"]
    if kind.source is Source.IMAGE:
        lines.append(f"code: {{imageUri: '{in_ecr.IMAGE}:new-{kind.architecture}'}}")
    elif kind.source.declared and kind.source.in_bucket:
        lines.append(f"code: {{s3: {{bucket: {BUCKET}, key: new.zip}}}}")
    elif kind.source.declared:
        lines.append("code: {zipFile: new.zip}")
    if kind.mode is not None:
        arn = kind.mode.runtime_version_arn
        pin = "" if arn is None else f", runtimeVersionArn: '{arn}'"
        lines.append(f"runtimeManagement: {{updateRuntimeOn: {kind.mode.update_runtime_on}{pin}}}")
    if kind.publishes:
        lines.append("publish: {description: by the reconciler}")
    return "\n".join(lines)
