"""The ARNs of what manifests name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model import FunctionSpec, Repository

_SPECIAL = re.compile(r"[*?$]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a function lives: 12 digits, a region's code and its partition's name."""

    account: str
    region: str
    partition: str


def literal(text: str) -> str:
    """
    Write what a manifest names so that it means nothing else in a policy.

    What is a wildcard or begins a variable there is written as a variable (IAM user guide,
    reference_policies_variables): ``key/*`` must not become every key.
    """
    return _SPECIAL.sub(r"${\g<0>}", text)


def function_arn(place: Place, spec: FunctionSpec) -> str:
    """Give the ARN without a qualifier: $LATEST is called by it."""
    name = spec.function.name
    return f"arn:{place.partition}:lambda:{place.region}:{place.account}:function:{name}"


def versions_arn(place: Place, spec: FunctionSpec) -> str:
    """Cover all versions, whose numbers nobody knows yet, and none of another function."""
    return f"{function_arn(place, spec)}:*"


def object_arn(partition: str, bucket: str, key: str) -> str:
    """Give the ARN of exactly one object."""
    return f"arn:{partition}:s3:::{bucket}/{literal(key)}"


def repository_arn(partition: str, repository: Repository) -> str:
    """Give the ARN of an ECR repository, which may be another account's."""
    where = f"{repository.region}:{repository.account}"
    return f"arn:{partition}:ecr:{where}:repository/{repository.name}"
