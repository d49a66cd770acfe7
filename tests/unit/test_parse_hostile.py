"""Answers in which any member may be anything: a value or a ReconcileError, nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.aws.functions import BotoLambdaFunctions
from reconciler.model import (
    Architecture,
    FailureKind,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    UpdateFunctionCode,
    ZipContent,
)
from tests.unit.builders import ARN, AUTO, KEY, NEW
from tests.unit.hostile import json_values, paths, replaced

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.unit.hostile import Answer


def _configuration(version: str) -> Answer:
    return {
        "FunctionName": "orders-api",
        "FunctionArn": ARN,
        "CodeSha256": NEW.code_sha256,
        "Version": version,
        "RevisionId": "4c8f1c2e-0000-0000-0000-000000000001",
        "State": "Active",
        "StateReason": "idle",
        "StateReasonCode": "Idle",
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReason": "no more ENIs",
        "LastUpdateStatusReasonCode": "EniLimitExceeded",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "Runtime": "java21",
        "MasterArn": ARN,
        "SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"},
        "CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}},
        "DurableConfig": {"ExecutionTimeout": 60},
    }


def _function(version: str) -> Answer:
    code = {
        "SourceKMSKeyArn": KEY,
        "ResolvedImageUri": "registry/orders@sha256:abc",
        "ResolvedS3Object": {"S3Bucket": "b", "S3Key": "k", "S3ObjectVersion": "v"},
        "Error": {"ErrorCode": "AccessDenied", "Message": "no"},
    }
    return {"Configuration": _configuration(version), "Code": code}


def _package() -> Answer:
    code = {"Location": "https://bucket.example/zip"}
    return {"Configuration": _configuration("$LATEST"), "Code": code}


MODE = {
    "FunctionArn": ARN,
    "UpdateRuntimeOn": "Manual",
    "RuntimeVersionArn": "arn:aws:lambda:eu-west-1::runtime:abc",
}
PAGE = {"Versions": [_configuration("$LATEST"), _configuration("1"), _configuration("2")]}

LIST = {"Functions": [_configuration("$LATEST"), _configuration("1")]}


async def _listed(calls: BotoLambdaFunctions) -> object:
    return [page async for page in calls.list_functions()]


CALLS: dict[str, tuple[Answer, Callable[[BotoLambdaFunctions], Awaitable[object]]]] = {
    "GetFunction": (_function("$LATEST"), lambda calls: calls.get_function("orders-api")),
    "GetFunction of a version": (
        _function("7"),
        lambda calls: calls.get_version("orders-api", "7"),
    ),
    "GetRuntimeManagementConfig": (
        MODE,
        lambda calls: calls.get_runtime_management_config("orders-api", "7"),
    ),
    "ListVersionsByFunction": (PAGE, lambda calls: calls.newest_version("orders-api")),
    "ListFunctions": (LIST, _listed),
    "UpdateFunctionCode": (
        _configuration("$LATEST"),
        lambda calls: calls.update_function_code(
            "orders-api", UpdateFunctionCode(NEW, Architecture.ARM64), ZipContent(b""), "revision"
        ),
    ),
    "PublishVersion": (
        _configuration("8"),
        lambda calls: calls.publish_version("orders-api", PublishVersion(NEW, None), "revision"),
    ),
    "PutRuntimeManagementConfig": (
        MODE,
        lambda calls: calls.put_runtime_management_config(
            "orders-api", PutRuntimeManagementConfig(AUTO)
        ),
    ),
}


def _read(name: str, answer: Answer) -> object:
    """Read one answer through the call that it belongs to."""

    async def call(*_: object, **__: object) -> Answer:
        return answer

    async def fetch(*_: object, **__: object) -> bytes:
        return b"new"

    async def read() -> object:
        return await CALLS[name][1](BotoLambdaFunctions(Mock(), call, fetch))

    return asyncio.run(read())


@pytest.mark.parametrize("name", CALLS)
def test_the_answers_are_readable_as_they_are(name: str) -> None:
    """What is spoilt below is good before."""
    assert _read(name, CALLS[name][0]) is not None


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_refused(name: str, data: st.DataObject) -> None:
    """No answer, however odd, ends in another exception; what cannot be read is temporary."""
    answer = CALLS[name][0]
    path = data.draw(st.sampled_from(list(paths(answer))))
    value = data.draw(json_values)

    try:
        _read(name, replaced(answer, path, value))
    except ReconcileError as error:
        assert FailureKind.TEMPORARY is error.failure.kind  # noqa: PT017 - either end is fine
        assert error.failure.outcome_unknown  # noqa: PT017 - a write may have taken effect
        assert error.failure.operation == name.removesuffix(" of a version")  # noqa: PT017 - the same


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_live_package_is_the_right_one_or_refused(data: st.DataObject) -> None:
    """Whatever stands around it in the answer, the bytes that come out have the hash."""
    answer = _package()
    path = data.draw(st.sampled_from(list(paths(answer))))

    async def call(*_: object, **__: object) -> Answer:
        return replaced(answer, path, data.draw(json_values))

    async def fetch(*_: object, **__: object) -> bytes:
        return data.draw(st.sampled_from([b"new", b"old", b""]))

    try:
        content = asyncio.run(
            BotoLambdaFunctions(Mock(), call, fetch).live_package("orders-api", NEW)
        )
    except ReconcileError as error:
        assert "GetFunction" == error.failure.operation  # noqa: PT017 - either end is fine
    else:
        assert b"new" == content
