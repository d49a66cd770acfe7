"""
What AWS's front end refuses of a function's settings before anything is looked up.

Recorded: test_create_lambda_exceptions, test_update_lambda_exceptions,
test_create_deprecated_function_runtime_with_validation_enabled, test_snapstart_exceptions.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROLE_PATTERN = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_SNAP_START = ("PublishedVersions", "None")
_RUNTIMES = (
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java25",
    "python3.10",
    "python3.11",
    "java21",
    "ruby3.3",
    "ruby3.4",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "java17",
    "nodejs16.x",
    "dotnet10",
    "dotnet8",
    "java11",
    "dotnet6",
    "nodejs18.x",
    "provided.al2",
    "java8.al2",
)
"""As AWS named them on 2026-01-12."""

_DEPRECATED = (
    "java8",
    "go1.x",
    "provided",
    "ruby2.7",
    "nodejs14.x",
    "python3.7",
    "dotnetcore3.1",
    "nodejs12.x",
)
_CUSTOMER_MANAGED = "custom"  # botocore 1.44.5


def check_settings(request: Mapping[str, Any]) -> None:
    """Refuse a role, a SnapStart or a runtime that cannot be."""
    role, apply_on = request.get("Role"), request.get("SnapStart", {}).get("ApplyOn")
    failures = []
    if role is not None and not re.fullmatch(_ROLE_PATTERN, role):
        rule = f"Member must satisfy regular expression pattern: {_ROLE_PATTERN}"
        failures.append(errors.constraint(role, "role", rule))
    if apply_on not in (None, *_SNAP_START):
        rule = f"Member must satisfy enum value set: [{', '.join(_SNAP_START)}]"
        failures.append(errors.constraint(apply_on, "snapStart.applyOn", rule))
    if failures:
        raise errors.validation(failures)
    _check_runtime(request.get("Runtime"))


def _check_runtime(runtime: str | None) -> None:
    if runtime in _DEPRECATED:
        raise errors.invalid_parameter(
            f"The runtime parameter of {runtime} is no longer supported for creating or "
            "updating AWS Lambda functions. We recommend you use a supported runtime while "
            "creating or updating functions.",
        )
    if runtime not in (None, _CUSTOMER_MANAGED, *_RUNTIMES):
        raise errors.invalid_parameter(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy "
            f"enum value set: [{', '.join(_RUNTIMES)}] or be a valid ARN",
        )
