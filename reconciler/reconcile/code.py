"""What one function's code is to be: resolved when it is needed, and again when it moved."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.artifacts import native_code_in
from reconciler.model import DesiredFunction, ReconcileError, S3Object, ZipContent
from reconciler.planner import reads_native_code
from reconciler.reconcile import words
from reconciler.reconcile.patience import StoppedError

if TYPE_CHECKING:
    from reconciler.artifacts import Package, Room
    from reconciler.aws.protocol import LambdaFunctions
    from reconciler.model import (
        CodeContent,
        CodeDigest,
        LiveFunction,
        NativeCode,
        S3Location,
        UpdateFunctionCode,
    )
    from reconciler.reconcile.patience import Reader
    from reconciler.reconcile.shared import RemoteArtifacts
    from reconciler.reconcile.task import Task

_REPLACED = ("412", "PreconditionFailed")
"""S3's answers to a request for an ETag that is gone (API reference, GetObject)."""


_UNKNOWN_SIZE = 48 * 1024 * 1024
"""Bytes that a live package is reckoned with: GetFunction's answer is not asked for its size."""
_KEPT = 1024 * 1024
"""Bytes of a live package that may be kept while its function waits, beside thousands of others."""


class Code:
    """The declared code of one function; without any, the live package that goes out again."""

    def __init__(
        self,
        task: Task,
        functions: LambdaFunctions,
        artifacts: RemoteArtifacts,
        room: Room,
        read: Reader,
    ) -> None:
        self._task = task
        self.function_name = task.spec.function.function_name
        self._functions = functions
        self._artifacts = artifacts
        self._room = room
        self._read = read
        self._package = task.package
        self._native_code: NativeCode | None = None
        self._live_zip: bytes | None = None

    @property
    def in_s3(self) -> bool:
        """Whether AWS fetches the package from S3."""
        return self._package is not None and self._package.in_s3

    @property
    def may_differ(self) -> bool:
        """Whether AWS may come to another hash than the one that was planned."""
        return self._package is not None and self._package.may_differ

    async def desired(self) -> DesiredFunction:
        """Give what the planner compares. Raises ReconcileError when the code is not there."""
        spec, source = self._task.spec, self._task.spec.code
        if self._package is None and source is not None:
            self._package = await self._read(
                lambda: self._artifacts.resolve(source, self._task.region)
            )
        package = self._package
        return DesiredFunction(
            code=package.digest if package else None,
            package_type=package.package_type if package else None,
            architecture=spec.architecture,
            runtime_management=spec.runtime_management,
            publish=spec.publish,
            resolved_image_uri=package.resolved_image_uri if package else None,
            in_s3=package is not None and package.in_s3,
            source_kms_key_arn=spec.source_kms_key_arn,
            native_check=spec.native_check,
        )

    async def looked_into(self, desired: DesiredFunction, live: LiveFunction) -> DesiredFunction:
        """Add for which machines the code is, where the plan depends on it."""
        if not reads_native_code(desired, live):
            return desired
        if self._native_code is None:
            self._native_code = await self._find_native_code(live)
        return replace(desired, native_code=self._native_code)

    async def content(
        self, step: UpdateFunctionCode, live: LiveFunction, held: AsyncExitStack
    ) -> CodeContent:
        """
        Give what the step sends.

        The room for it goes on to ``held``, to be given back when it is not needed any more.
        """
        if self._package is not None and not step.live_package:
            await self._take_room(self._package.size, held)
            return await self._sent(self._package)
        if live.s3_location is None:
            await self._take_room(_UNKNOWN_SIZE, held)
            return ZipContent(await self._live_package(live))
        await self._referenced(live.s3_location, live.code)
        return live.s3_location

    async def _take_room(self, size: int, held: AsyncExitStack) -> None:
        """Wait until so many bytes may be held here. Raises when they are not wanted any more."""
        if size:
            await self._read.once(lambda: held.enter_async_context(self._room.taken(size)))
            self._read.check()

    async def _sent(self, package: Package) -> CodeContent:
        """Get the package ready; an object that was replaced since is looked up anew."""
        try:
            return await self._read.once(package.content)
        except ReconcileError as error:
            if error.failure.code in _REPLACED:
                self.differs()
            raise

    def differs(self) -> None:
        """Look the code up anew next time, and believe nobody: AWS has another hash."""
        source = self._task.spec.code
        if source is not None:
            self._artifacts.forget(source, self._task.region)
        self._package = self._native_code = None

    def forget_live(self) -> None:
        """Let go of what was read of the live package: another one may be live by now."""
        self._live_zip = None
        if self._package is None:
            self._native_code = None

    async def _find_native_code(self, live: LiveFunction) -> NativeCode:
        package = self._package
        if package is None and live.s3_location is not None:
            package = await self._referenced(live.s3_location, live.code)
        async with AsyncExitStack() as held:
            await self._take_room(_UNKNOWN_SIZE if package is None else package.size, held)
            if package is not None:
                return await self._looked_into(package, live)
            return native_code_in(await self._live_package(live))

    async def _looked_into(self, package: Package, live: LiveFunction) -> NativeCode:
        """Read the package; one that was replaced since it was hashed is looked up anew."""
        try:
            return await self._read.once(package.native_code)
        except ReconcileError as error:
            if error.failure.code in _REPLACED:
                if self._package is None and live.s3_location is not None:
                    self._artifacts.forget(self._object(live.s3_location), self._task.region)
                self.differs()
            raise

    async def _referenced(self, location: S3Location, code: CodeDigest) -> Package:
        """
        Find the object that the function runs from the user's own bucket.

        Raises StoppedError when it is another one by now, which AWS would take in its place.
        """
        source = self._object(location)
        found = await self._read(lambda: self._artifacts.resolve(source, self._task.region))
        if found.digest != code:
            raise StoppedError(words.reference_moved(location, found.digest))
        return found

    def _object(self, location: S3Location) -> S3Object:
        return S3Object(
            location.bucket, location.key, location.version_id, None, self._task.spec.location
        )

    async def _live_package(self, live: LiveFunction) -> bytes:
        """Fetch it; a small one is kept from the look into it until it is sent."""
        if self._live_zip is not None:
            return self._live_zip
        fetched = await self._functions.live_package(self.function_name, live.code)
        self._live_zip = fetched if len(fetched) <= _KEPT else None
        return fetched
