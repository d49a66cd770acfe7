"""The functions of a seed: what is declared of each, and what is live when it begins."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.artifacts.package import local_package
from reconciler.model import (
    Architecture,
    CodeDigest,
    FunctionReference,
    FunctionSpec,
    Image,
    LastUpdateStatus,
    Location,
    Publish,
    RuntimeManagementSpec,
    S3Object,
    State,
    UpdateRuntimeOn,
    ZipFile,
)
from reconciler.reconcile import Task
from reconciler.sandbox import runtime_version_arn
from reconciler.sandbox.state import Transition
from reconciler.sandbox.stock import package_of
from tests.simulation.storage import BUCKET, REGION, REGISTRY, REPOSITORY, code_sha256

if TYPE_CHECKING:
    import random

    from reconciler.model import CodeSource
    from tests.simulation.aws import Aws

HERE = Location("simulated.yaml", 1, 1)
RUNTIME = "python3.13"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
ARCHITECTURES = (Architecture.X86_64, Architecture.ARM64)
PACKAGES = 4

package = cache(package_of)
"""Make a zip file once for each text; AWS tells a few of them apart as well as many."""


def some_package(number: int) -> bytes:
    """Give one of the packages that there are."""
    return package(f"package {number}")


def pin(architecture: str) -> str:
    """Name an older runtime version than the newest one."""
    digest = hashlib.sha256(f"older {architecture}".encode()).hexdigest()
    return f"arn:aws:lambda:{REGION}::runtime:{digest}"


@dataclass(slots=True)
class Population:
    """Makes functions in AWS and what is declared of them."""

    aws: Aws
    chances: random.Random
    tasks: list[Task] = field(default_factory=list)

    def settle(self, count: int) -> tuple[Task, ...]:
        """Make so many functions, each with a document of its own."""
        for number in range(count):
            self.tasks.append(self._function(f"f{number}"))
        return tuple(self.tasks)

    def _function(self, name: str) -> Task:
        image = self.chances.random() < 0.2
        spec = self._declare(name, image=image)
        self._create(spec, image=image)
        zipped = spec.code if isinstance(spec.code, ZipFile) else None
        return Task(spec, REGION, _local(zipped) if zipped else None)

    def _declare(self, name: str, *, image: bool) -> FunctionSpec:
        chances = self.chances
        architecture = chances.choice((None, *ARCHITECTURES))
        return FunctionSpec(
            name=name,
            labels={},
            function=FunctionReference(name, name, region=REGION),
            code=self._code(name, architecture, image=image),
            architecture=architecture,
            runtime_management=None if image else self._mode(),
            publish=chances.choice((None, Publish(), Publish("described"))),
            suspend=chances.random() < 0.1,
            location=HERE,
        )

    def _code(
        self, name: str, architecture: Architecture | None, *, image: bool
    ) -> CodeSource | None:
        chances, storage = self.chances, self.aws.storage
        if chances.random() < 0.2:
            return None
        if image:
            self._push(name, architecture)
            return Image(f"{REGISTRY}/{REPOSITORY}:{name}", HERE)
        if chances.random() < 0.6:
            return ZipFile(Path(f"/package/{chances.randrange(PACKAGES)}"), HERE)
        version = storage.put_object(name, some_package(chances.randrange(PACKAGES)))
        if chances.random() < 0.5:
            storage.hashed.add(name)
        pinned = chances.choice((None, version))
        content, _ = storage.object(name, version)
        declares = pinned is not None and chances.random() < 0.3
        return S3Object(BUCKET, name, pinned, code_sha256(content) if declares else None, HERE)

    def _push(self, tag: str, architecture: Architecture | None) -> str:
        """Push an image that says nothing wrong of its architecture."""
        machine = architecture or Architecture.X86_64
        name = f"{tag} {self.chances.randrange(PACKAGES)}"
        return self.aws.storage.push_image(tag, name, machine)

    def _mode(self) -> RuntimeManagementSpec | None:
        on = self.chances.choice((None, *UpdateRuntimeOn))
        if on is UpdateRuntimeOn.MANUAL:
            return RuntimeManagementSpec(on, {each: pin(each) for each in ARCHITECTURES})
        return on and RuntimeManagementSpec(on)

    # What is live

    def _create(self, spec: FunctionSpec, *, image: bool) -> None:
        """Create it in sync or anyhow, with a past, and perhaps with something under way."""
        chances, plane, name = self.chances, self.aws.plane, spec.name
        plane.settle = 0.0
        architecture = chances.choice(ARCHITECTURES)
        if image and spec.architecture is None:
            architecture = Architecture.X86_64  # what its images are built for
        request: dict[str, Any] = {} if image else {"Runtime": RUNTIME, "Handler": "index.handler"}
        if not image and chances.random() < 0.2:
            request["SnapStart"] = {"ApplyOn": "PublishedVersions"}
        plane.create_function(
            name,
            region=REGION,
            Role="arn:aws:iam::123456789012:role/r",
            Architectures=[architecture],
            Environment={"Variables": {"SECRET": "canary"}},
            Code=self._live_code(spec, image=image),
            **request,
        )
        self.aws.function(name)
        if not image:
            self._put_mode(name, architecture)
        self._history(spec, image=image)
        self._state(name)

    def _live_code(self, spec: FunctionSpec, *, image: bool) -> Any:  # noqa: ANN401 - CodeMembers
        chances, name = self.chances, spec.name
        if image:
            tag = name if spec.code is not None and chances.random() < 0.5 else f"{name}-old"
            if tag not in self.aws.storage.tags:
                self._push(tag, spec.architecture)
            return {"ImageUri": f"{REGISTRY}/{REPOSITORY}:{tag}"}
        if isinstance(spec.code, S3Object) and chances.random() < 0.3:
            mode = chances.choice(("COPY", "REFERENCE"))
            return {"S3Bucket": BUCKET, "S3Key": name, "S3ObjectStorageMode": mode}
        content = some_package(chances.randrange(PACKAGES))
        keyed = {"SourceKMSKeyArn": KEY} if chances.random() < 0.2 else {}
        return {"ZipFile": content, **keyed}

    def _put_mode(self, name: str, architecture: Architecture) -> None:
        on = self.chances.choice((None, *UpdateRuntimeOn))
        newest = runtime_version_arn(RUNTIME, REGION, architecture)
        request: dict[str, Any] = {"UpdateRuntimeOn": on}
        if on is UpdateRuntimeOn.MANUAL:
            request["RuntimeVersionArn"] = self.chances.choice((pin(architecture), newest))
        if on is not None:
            self.aws.plane.put_runtime_management_config(name, region=REGION, **request)

    def _history(self, spec: FunctionSpec, *, image: bool) -> None:
        """Publish none, one or two versions; after the last one other code may have come."""
        plane, name = self.aws.plane, spec.name
        plane.snap_start_settle = 0.0
        for _ in range(self.chances.choice((0, 0, 1, 2))):
            plane.publish_version(name, region=REGION)
            if not image and self.chances.random() < 0.5:
                code = self._live_code(spec, image=image)
                plane.update_function_code(name, region=REGION, **code)
                self.aws.function(name)

    def _state(self, name: str) -> None:
        """Leave it well, idle, with an update that failed or is under way, or beyond repair."""
        plane, kind = self.aws.plane, self.chances.randrange(12)
        if kind == 0:
            plane.set_status(
                name,
                region=REGION,
                last_update_status=LastUpdateStatus.FAILED,
                last_update_status_reason_code="InternalError",
            )
        elif kind == 1:
            plane.set_status(name, region=REGION, state=State.INACTIVE, state_reason_code="Idle")
        elif kind == 2:
            plane.settle = 20.0
            plane.update_function_configuration(name, region=REGION, Timeout=5)
        elif kind == 3:
            plane.set_status(name, region=REGION, state=State.PENDING)
            self.aws.function(name).begin(plane.function(name, region=REGION), self._in_a_while())
        elif kind == 4 and self.chances.random() < 0.3:
            code = "InvalidConfiguration"
            plane.set_status(name, region=REGION, state=State.FAILED, state_reason_code=code)

    def _in_a_while(self) -> Transition:
        return Transition(self.aws.loop.time() + self.chances.uniform(1, 60))


def _local(source: ZipFile) -> Any:  # noqa: ANN401 - Package, which artifacts does not export
    content = local_content(source)
    digest = CodeDigest.of_zip(hashlib.sha256(content).digest())
    return local_package(digest, str(source.path), lambda: content)


def local_content(source: ZipFile) -> bytes:
    """Read a package that is on this machine, as far as the simulation goes."""
    return some_package(int(source.path.name))
