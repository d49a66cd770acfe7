"""
What one function takes: which actions on which resources.

Follows the calls that ``reconciler/aws`` makes. Which actions take which resources is
the service authorization reference's (list_awslambda, list_amazons3, list_amazonelasticcontainer-
registry). Lambda compares FunctionName and Qualifier: ``name`` does not match a request for
a version, nor ``name:*`` one without (developer guide, lambda-api-permissions-ref).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from reconciler.model import Image, S3Object, parse_image_uri, partition_of
from reconciler.permissions.resources import (
    function_arn,
    literal,
    object_arn,
    repository_arn,
    versions_arn,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import FunctionSpec
    from reconciler.permissions.resources import Place


class Purpose(StrEnum):
    """What a statement is for: its Sid begins with it."""

    READ_FUNCTIONS = "ReadFunctions"
    CHANGE_FUNCTIONS = "ChangeFunctions"
    READ_OBJECTS = "ReadObjects"
    READ_IMAGES = "ReadImages"
    USE_KEYS = "UseKeys"
    ASSUME_ROLES = "AssumeRoles"
    LIST_FUNCTIONS = "ListFunctions"


@dataclass(frozen=True, slots=True)
class Grant:
    """One action on one resource, an ARN or ``*``."""

    purpose: Purpose
    action: str
    resource: str


def needs(spec: FunctionSpec, place: Place, *, plan_only: bool) -> Iterator[Grant]:
    """
    Give all that a plan, or an apply, asks of AWS for this function.

    A suspended one takes what it takes when it goes on. Of a package's key AWS says that who
    reads the package needs it (developer guide, encrypt-zip-package); whether it asks
    who encrypts one for kms:GenerateDataKey too is documented nowhere, so that it is granted.
    """
    yield from _reads(spec, place)
    if not plan_only:
        yield from _writes(spec, place)
    yield from _code(spec, place, plan_only=plan_only)
    if spec.source_kms_key_arn is not None:
        actions = ("kms:Decrypt",) if plan_only else ("kms:Decrypt", "kms:GenerateDataKey")
        for action in actions:
            yield Grant(Purpose.USE_KEYS, action, literal(spec.source_kms_key_arn))


def _reads(spec: FunctionSpec, place: Place) -> Iterator[Grant]:
    """
    Give what is read of the function and its versions.

    The mode counts also where another architecture is declared: a pin stands in its way.
    Images have none.
    """
    latest, versions = function_arn(place, spec), versions_arn(place, spec)
    read = Purpose.READ_FUNCTIONS
    yield Grant(read, "lambda:GetFunction", latest)
    declares_mode = spec.runtime_management is not None
    moves = spec.architecture is not None and not isinstance(spec.code, Image)
    if declares_mode or moves:
        yield Grant(read, "lambda:GetRuntimeManagementConfig", latest)
    if spec.publish is None:
        return
    yield Grant(read, "lambda:GetFunction", versions)
    if not spec.publish.to_latest_published:
        yield Grant(read, "lambda:ListVersionsByFunction", latest)
    if declares_mode:
        yield Grant(read, "lambda:GetRuntimeManagementConfig", versions)


def _writes(spec: FunctionSpec, place: Place) -> Iterator[Grant]:
    """Give what is called on a function that differs; an architecture changes with the code."""
    latest, change = function_arn(place, spec), Purpose.CHANGE_FUNCTIONS
    if spec.code is not None or spec.architecture is not None:
        yield Grant(change, "lambda:UpdateFunctionCode", latest)
    if spec.publish is not None:
        yield Grant(change, "lambda:PublishVersion", latest)
    if spec.runtime_management is not None:
        yield Grant(change, "lambda:PutRuntimeManagementConfig", latest)
        if spec.publish is not None:
            resource = versions_arn(place, spec)
            yield Grant(change, "lambda:PutRuntimeManagementConfig", resource)


def _code(spec: FunctionSpec, place: Place, *, plan_only: bool) -> Iterator[Grant]:
    """
    Give what is read of code that lies in S3 or ECR.

    A request with a version takes s3:GetObjectVersion, and one without s3:GetObject
    (API reference, GetObject). HeadObject takes what GetObject takes. An image's
    configuration, which is a layer, is read unless the check is off; where Lambda pulls from
    another account it wants both actions for whoever updates the function (developer guide,
    images-create).
    """
    if isinstance(spec.code, S3Object):
        versioned = spec.code.version_id is not None
        action = "s3:GetObjectVersion" if versioned else "s3:GetObject"
        resource = object_arn(place.partition, spec.code.bucket, spec.code.key)
        yield Grant(Purpose.READ_OBJECTS, action, resource)
    found = parse_image_uri(spec.code.image_uri) if isinstance(spec.code, Image) else None
    if found is not None:
        repository, _ = found
        resource = repository_arn(place.partition, repository)
        yield Grant(Purpose.READ_IMAGES, "ecr:BatchGetImage", resource)
        pulled_for_us = not plan_only and repository.account != place.account
        if spec.native_check or pulled_for_us:
            yield Grant(Purpose.READ_IMAGES, "ecr:GetDownloadUrlForLayer", resource)


def partition_name(region: str) -> str | None:
    """Name the partition of a region, None where it is not known."""
    known = partition_of(region)
    return None if known is None else known.name
