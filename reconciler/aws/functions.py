"""The Lambda calls through boto3."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.aws import parse
from reconciler.aws.errors import unreadable
from reconciler.model import LATEST, ImageLocation, S3Location, ZipContent

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any, Protocol

    from mypy_boto3_lambda import LambdaClient

    from reconciler.aws.protocol import Receipt
    from reconciler.model import (
        CodeContent,
        LiveFunction,
        PublishedVersion,
        PublishVersion,
        PutRuntimeManagementConfig,
        RuntimeManagement,
        UpdateFunctionCode,
    )

    class Call(Protocol):
        """How a request is made; see Connection."""

        def __call__(
            self, operation: str, method: Callable[..., Mapping[str, Any]], **parameters: object
        ) -> Awaitable[Mapping[str, Any]]:
            """Make one request."""


class BotoLambdaFunctions:
    """``LambdaFunctions`` over one boto3 client."""

    def __init__(self, client: LambdaClient, call: Call) -> None:
        self._client = client
        self._call = call

    async def get_function(self, function_name: str) -> LiveFunction:
        return parse.live_function(
            await self._call("GetFunction", self._client.get_function, FunctionName=function_name)
        )

    async def get_version(self, function_name: str, version: str) -> PublishedVersion:
        answer = await self._call(
            "GetFunction",
            self._client.get_function,
            FunctionName=function_name,
            Qualifier=version,
        )
        return parse.published_version("GetFunction", answer.get("Configuration"))

    async def get_runtime_management_config(
        self, function_name: str, qualifier: str
    ) -> RuntimeManagement:
        return parse.runtime_management(
            await self._call(
                "GetRuntimeManagementConfig",
                self._client.get_runtime_management_config,
                FunctionName=function_name,
                Qualifier=_qualifier(qualifier),
            )
        )

    async def newest_version(self, function_name: str) -> PublishedVersion | None:
        """Read every page: AWS lists the oldest first and 50 at a time, whatever is asked."""
        operation = "ListVersionsByFunction"
        newest: PublishedVersion | None = None
        marker: str | None = None
        seen: set[str | None] = set()
        while marker not in seen:
            seen.add(marker)
            page = await self._call(
                operation,
                self._client.list_versions_by_function,
                FunctionName=function_name,
                Marker=marker,
            )
            newest = max(
                (version for version in (newest, *parse.versions(page)) if version),
                key=lambda version: int(version.version),
                default=None,
            )
            marker = parse.next_marker(page)
            if not marker:
                return newest
        raise unreadable(operation, "a NextMarker that leads round")

    async def update_function_code(
        self,
        function_name: str,
        step: UpdateFunctionCode,
        content: CodeContent,
        revision_id: str | None,
        *,
        dry_run: bool = False,
    ) -> Receipt:
        answer = await self._call(
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
        answer = await self._call(
            operation,
            self._client.publish_version,
            FunctionName=function_name,
            CodeSha256=step.code.code_sha256,
            Description=step.description,
            RevisionId=revision_id,
        )
        return parse.receipt(operation, answer, parse.published_version(operation, answer))

    async def put_runtime_management_config(
        self, function_name: str, step: PutRuntimeManagementConfig
    ) -> Receipt:
        answer = await self._call(
            "PutRuntimeManagementConfig",
            self._client.put_runtime_management_config,
            FunctionName=function_name,
            Qualifier=_qualifier(step.qualifier),
            UpdateRuntimeOn=step.runtime_management.update_runtime_on.value,
            RuntimeVersionArn=step.runtime_management.runtime_version_arn,
        )
        return parse.mode_receipt(answer)


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
