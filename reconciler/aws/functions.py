"""The Lambda calls through boto3."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from reconciler.aws import parse
from reconciler.aws.calls import Wanted
from reconciler.aws.errors import unreadable
from reconciler.model import (
    LATEST,
    CodeDigest,
    Failure,
    FailureKind,
    ImageLocation,
    ReconcileError,
    S3Location,
    ZipContent,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from typing import Any, Self

    from mypy_boto3_lambda import LambdaClient

    from reconciler.aws.calls import Call, Fetch
    from reconciler.aws.protocol import ListedFunction, Receipt
    from reconciler.model import (
        CodeContent,
        LiveFunction,
        PublishedVersion,
        PublishVersion,
        PutRuntimeManagementConfig,
        RuntimeManagement,
        UpdateFunctionCode,
    )


Page = TypeVar("Page")

_GET_FUNCTION = "GetFunction"
_DIRECT_UPLOAD_LIMIT = 52_428_800  # bytes of a zip file that UpdateFunctionCode takes


class BotoLambdaFunctions:
    """``LambdaFunctions`` over one boto3 client."""

    def __init__(self, client: LambdaClient, call: Call, fetch: Fetch) -> None:
        self._client = client
        self._call = call
        self._fetch = fetch

    async def _ask(
        self, operation: str, method: Callable[..., Mapping[str, Any]], **parameters: object
    ) -> Mapping[str, Any]:
        """Make one request, and take no other function's answer for it."""
        answer = await self._call(operation, method, **parameters)
        parse.check_function(operation, answer, str(parameters["FunctionName"]))
        return answer

    async def get_function(self, function_name: str) -> LiveFunction:
        return parse.live_function(
            await self._ask(_GET_FUNCTION, self._client.get_function, FunctionName=function_name)
        )

    async def get_version(self, function_name: str, version: str) -> PublishedVersion:
        answer = await self._ask(
            _GET_FUNCTION,
            self._client.get_function,
            FunctionName=function_name,
            Qualifier=version,
        )
        found = parse.read_version(answer)
        if found.version != version:
            raise unreadable(_GET_FUNCTION, f"version {found.version} in place of {version}")
        return found

    async def live_package(self, function_name: str, code: CodeDigest) -> bytes:
        answer = await self._ask(
            _GET_FUNCTION, self._client.get_function, FunctionName=function_name
        )
        live, url = parse.package(answer)
        subject = f"the live package of {function_name}"
        if live != code:
            raise _something_else(subject)
        content = await self._fetch(
            url, Wanted(_GET_FUNCTION, subject, _DIRECT_UPLOAD_LIMIT, "declare spec.code.s3")
        )
        if CodeDigest.of_zip(hashlib.sha256(content).digest()) != code:
            raise _something_else(subject)
        return content

    async def get_runtime_management_config(
        self, function_name: str, qualifier: str
    ) -> RuntimeManagement:
        return parse.runtime_management(
            await self._ask(
                "GetRuntimeManagementConfig",
                self._client.get_runtime_management_config,
                FunctionName=function_name,
                Qualifier=_qualifier(qualifier),
            )
        )

    async def newest_version(self, function_name: str) -> PublishedVersion | None:
        """Read every page: AWS lists the oldest first and 50 at a time, whatever is asked."""
        operation = "ListVersionsByFunction"
        ask = partial(self._ask, operation, self._client.list_versions_by_function)
        pages = _Pages(
            operation,
            lambda marker: ask(FunctionName=function_name, Marker=marker),
            parse.newest_version,
        )
        return max(
            [version async for version in pages if version],
            key=lambda version: int(version.version),
            default=None,
        )

    def list_functions(
        self, *, all_versions: bool = False
    ) -> AsyncIterator[tuple[ListedFunction, ...]]:
        operation = "ListFunctions"
        version = "ALL" if all_versions else None
        ask = partial(self._call, operation, self._client.list_functions)
        return _Pages(
            operation,
            lambda marker: ask(FunctionVersion=version, Marker=marker),
            parse.listed_functions,
        )

    async def update_function_code(
        self,
        function_name: str,
        step: UpdateFunctionCode,
        content: CodeContent,
        revision_id: str | None,
        *,
        dry_run: bool = False,
    ) -> Receipt:
        answer = await self._ask(
            "UpdateFunctionCode",
            self._client.update_function_code,
            FunctionName=function_name,
            Architectures=[step.architecture.value],
            SourceKMSKeyArn=step.source_kms_key_arn,
            S3ObjectStorageMode="REFERENCE" if step.by_reference else None,
            RevisionId=revision_id,
            DryRun=dry_run or None,
            **_code_members(content),
        )
        return parse.receipt("UpdateFunctionCode", answer)

    async def publish_version(
        self, function_name: str, step: PublishVersion, revision_id: str | None
    ) -> Receipt:
        operation = "PublishVersion"
        answer = await self._ask(
            operation,
            self._client.publish_version,
            FunctionName=function_name,
            CodeSha256=step.code.code_sha256,
            Description=step.description,
            RevisionId=revision_id,
            PublishTo="LATEST_PUBLISHED" if step.to_latest_published else None,
        )
        return parse.receipt(operation, answer, parse.published_version(operation, answer))

    async def put_runtime_management_config(
        self, function_name: str, step: PutRuntimeManagementConfig
    ) -> Receipt:
        answer = await self._ask(
            "PutRuntimeManagementConfig",
            self._client.put_runtime_management_config,
            FunctionName=function_name,
            Qualifier=_qualifier(step.qualifier),
            UpdateRuntimeOn=step.runtime_management.update_runtime_on.value,
            RuntimeVersionArn=step.runtime_management.runtime_version_arn,
        )
        return parse.mode_receipt(answer)


class _Pages(Generic[Page]):
    """
    The pages of a list, as far as they are asked for.

    After a failure the same page can be asked for again. Raises ReconcileError at a marker
    that leads round.
    """

    def __init__(
        self,
        operation: str,
        ask: Callable[[str | None], Awaitable[Mapping[str, Any]]],
        read: Callable[[Mapping[str, Any]], Page],
    ) -> None:
        self._operation = operation
        self._ask = ask
        self._read = read
        self._marker: str | None = None
        self._asked: set[str | None] = set()
        self._ended = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Page:
        if self._ended:
            raise StopAsyncIteration
        if self._marker in self._asked:
            raise unreadable(self._operation, "a NextMarker that leads round")
        answer = await self._ask(self._marker)
        page, marker = self._read(answer), parse.next_marker(self._operation, answer)
        self._asked.add(self._marker)
        self._marker, self._ended = marker, marker is None
        return page


def _code_members(content: CodeContent) -> Mapping[str, object]:
    match content:
        case ZipContent(content=zip_file):
            return {"ZipFile": zip_file}
        case S3Location(bucket=bucket, key=key, version_id=version):
            return {"S3Bucket": bucket, "S3Key": key, "S3ObjectVersion": version}
        case ImageLocation(image_uri=image_uri):
            return {"ImageUri": image_uri}


def _qualifier(qualifier: str) -> str | None:
    """Leave $LATEST out: it is the default, and IAM then sees the unqualified ARN."""
    return None if qualifier == LATEST else qualifier


def _something_else(subject: str) -> ReconcileError:
    return ReconcileError(
        Failure(
            FailureKind.TEMPORARY,
            f"{_GET_FUNCTION}: {subject} is not the one that the plan was made for",
            "somebody else changes this function at the same time: run again",
            _GET_FUNCTION,
        )
    )
