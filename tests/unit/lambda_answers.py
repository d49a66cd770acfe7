"""AWS's answer to GetFunction in small, as its recordings have it, with what must not get out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Any

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
RUNTIME = f"arn:aws:lambda:eu-west-1::runtime:{HEX}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
PASSWORD = "hunter2-of-the-database"  # noqa: S105 - what must not get out
SIGNED = "https://bucket.s3.example/snapshots/orders?X-Amz-Security-Token=sesame"


def configuration(**members: object) -> dict[str, Any]:
    """Make a configuration; ``members`` are put into it."""
    return {
        "FunctionName": "orders",
        "FunctionArn": ARN,
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::123456789012:role/orders",
        "Handler": "index.handler",
        "CodeSize": 276,
        "Timeout": 3,
        "LastModified": "2026-01-02T03:04:05.000+0000",
        "CodeSha256": HASH,
        "Version": "$LATEST",
        "Environment": {"Variables": {"DB_PASSWORD": PASSWORD}},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": "4c8f1c2e-0000-0000-0000-000000000001",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "RuntimeVersionConfig": {"RuntimeVersionArn": RUNTIME},
        **members,
    }


def whole_answer(code: dict[str, Any] | None = None, **members: object) -> dict[str, Any]:
    """Make an answer; ``code`` and ``members`` are put into Code and Configuration."""
    return {
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": 200},
        "Configuration": configuration(**members),
        "Code": {"RepositoryType": "S3", "Location": SIGNED, **(code or {})},
        "Tags": {"team": "orders"},
    }


def without(whole: dict[str, Any], *members: str) -> dict[str, Any]:
    """Take members out of an answer's configuration."""
    for member in members:
        del whole["Configuration"][member]
    return whole
