"""Somebody else, who changes functions, tags and objects whenever it suits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.model import Image, PackageType, S3Object, UpdateRuntimeOn
from reconciler.sandbox import LambdaError
from tests.simulation.population import ARCHITECTURES, PACKAGES, pin, some_package
from tests.simulation.storage import REGION, REGISTRY, REPOSITORY
from tests.simulation.weather import Act

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from reconciler.model import FunctionSpec
    from tests.simulation.aws import Aws

NAME = "rival"


@dataclass(slots=True)
class Rival:
    """Acts as anybody with the rights might; what AWS refuses is simply not done."""

    aws: Aws
    chances: random.Random
    specs: Mapping[str, FunctionSpec]

    def beside(self, function: str) -> None:
        """Act, or not, just before a call of somebody else arrives."""
        weather = self.aws.weather
        if weather.acts and self.chances.random() < weather.rival:
            self.act(function)

    def act(self, function: str) -> None:
        """Do one thing to a function."""
        act = self.chances.choice(self.aws.weather.acts)
        self.aws.plane.settle = self.aws.weather.settle
        before = self.aws.function(function).last_version
        try:
            self.aws.remember(function)
            self._do(act, function)
        except LambdaError:
            return
        self.aws.trace.count(act)
        self.aws.trace.note(NAME, function, act)
        published = act is Act.PUBLISH
        if not published or before != self.aws.function(function).last_version:
            self.aws.changed(function, NAME, act)

    def _do(self, act: Act, name: str) -> None:
        plane, chances = self.aws.plane, self.chances
        match act:
            case Act.CONFIGURATION:
                timeout = chances.randint(1, 900)
                plane.update_function_configuration(name, region=REGION, Timeout=timeout)
            case Act.CODE:
                fails = ("InternalError", "It broke.") if chances.random() < 0.1 else None
                code = self._other_code(name)
                plane.update_function_code(name, region=REGION, fail_with=fails, **code)
            case Act.MODE:
                plane.put_runtime_management_config(name, region=REGION, **self._other_mode(name))
            case Act.PUBLISH:
                plane.publish_version(name, region=REGION)
            case Act.ARTIFACT:
                self._move(name)

    def _other_code(self, name: str) -> dict[str, Any]:
        latest = self.aws.function(name).latest
        if latest.package.package_type is PackageType.IMAGE:
            tag = f"{name}-{self.chances.randrange(PACKAGES)}"
            self.aws.storage.push_image(tag, tag, latest.architecture)
            return {"ImageUri": f"{REGISTRY}/{REPOSITORY}:{tag}"}
        code: dict[str, Any] = {"ZipFile": some_package(self.chances.randrange(PACKAGES))}
        if self.chances.random() < 0.3:
            code["Architectures"] = [self.chances.choice(ARCHITECTURES)]
        return code

    def _other_mode(self, name: str) -> Any:  # noqa: ANN401 - PutRuntimeManagementConfigRequest
        mode = self.chances.choice(list(UpdateRuntimeOn))
        request: dict[str, Any] = {"UpdateRuntimeOn": mode}
        if mode is UpdateRuntimeOn.MANUAL:
            request["RuntimeVersionArn"] = pin(self.aws.function(name).latest.architecture)
        return request

    def _move(self, name: str) -> None:
        """Put something else where the declared code is, of the same architecture."""
        spec, storage = self.specs[name], self.aws.storage
        if isinstance(spec.code, S3Object):
            storage.put_object(name, some_package(self.chances.randrange(PACKAGES)))
        elif isinstance(spec.code, Image):
            machine = spec.architecture or ARCHITECTURES[0]
            storage.push_image(name, f"{name} {self.chances.randrange(PACKAGES)}", machine)
