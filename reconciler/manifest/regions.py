"""Regions and partitions that must agree: of the function, its image, its runtime versions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.manifest.function_name import take_apart
from reconciler.manifest.identity import FUNCTION_NAME, REGION
from reconciler.manifest.image import explain_image_uri
from reconciler.manifest.words import dotted, shown
from reconciler.model import parse_image_uri, partition_of
from reconciler.model.partition import REGION_PATTERN
from reconciler.printable import printable

if TYPE_CHECKING:
    from reconciler.manifest.document import Document, FieldPath, Finding
    from reconciler.manifest.identity import Identity
    from reconciler.model import Target

RUNTIME_VERSION = ("spec", "runtimeManagement", "runtimeVersionArn")
IMAGE_URI = ("spec", "code", "imageUri")
_ARCHITECTURE = ("spec", "architecture")
_ARN = re.compile(rf"arn:(?P<partition>aws[a-zA-Z-]*):lambda:(?P<region>{REGION_PATTERN}):.*")


def check(
    document: Document, identity: Identity | None, target: Target | None = None
) -> list[Finding]:
    """Return what does not agree; a region that nobody names agrees with all."""
    region = None if identity is None else identity.function.region
    if target is not None:
        region = target.region
    return [
        *_function(document, region),
        *([] if target is None else _target(document, target)),
        *_image(document, region),
        *_runtime_version(document, region),
        *_runtime_versions(document, region),
    ]


def _function(document: Document, region: str | None) -> list[Finding]:
    text, declared = document.text(*FUNCTION_NAME), document.text(*REGION)
    named = None if text is None else take_apart(text)
    if named is None:
        return []
    if declared is None or named.region in (None, declared):
        return _partition(document, FUNCTION_NAME, named.partition, named.region or region)
    line = document.location(*REGION).line
    what = f"spec.functionName is in {named.region}, but spec.region at line {line} is {declared}"
    return [document.finding(FUNCTION_NAME, what, "make them agree, or leave spec.region out")]


def _target(document: Document, target: Target) -> list[Finding]:
    """Compare the account and region that the function's name says with the target's."""
    named = take_apart(document.text(*FUNCTION_NAME) or "")
    if named is None:
        return []
    for written, wanted in ((named.account, target.account), (named.region, target.region)):
        if written not in (None, wanted):
            what = f"{dotted(FUNCTION_NAME)} is in {written}, but the function's target in {wanted}"
            remedy = "write the name alone, or ${target.accountId} and ${target.region} in the ARN"
            return [document.finding(FUNCTION_NAME, what, remedy)]
    return []


def _partition(
    document: Document, path: FieldPath, written: str | None, region: str | None
) -> list[Finding]:
    """Compare the partition that an ARN names with that of the region, if it is known."""
    partition = None if region is None else partition_of(region)
    if not written or partition is None or partition.name == written:
        return []
    what = (
        f"{dotted(path)} names the partition {shown(written)}, "
        f"but {printable(region or '')} is in {partition.name}"
    )
    return [document.finding(path, what, f"begin it with arn:{partition.name}:lambda:")]


def _image(document: Document, region: str | None) -> list[Finding]:
    text = document.text(*IMAGE_URI)
    if text is None:
        return []
    parsed = parse_image_uri(text)
    if parsed is None:
        what, remedy = explain_image_uri(text)
        return [document.finding(IMAGE_URI, f"{dotted(IMAGE_URI)} {what}", remedy)]
    repository, _ = parsed
    if region in (None, repository.region):
        return []
    what = f"{_is_in(IMAGE_URI, repository.region)}, but the function is in {printable(region)}"
    remedy = "push the image to a repository in the function's region, or replicate it there"
    return [document.finding(IMAGE_URI, what, remedy)]


def _runtime_version(document: Document, region: str | None) -> list[Finding]:
    """Compare the one ARN with the function's region."""
    if document.text(*RUNTIME_VERSION) is None:
        return []
    return _runtime_arn(document, RUNTIME_VERSION, region, "the function is in")


def _runtime_versions(document: Document, region: str | None) -> list[Finding]:
    """Compare ARNs by region and architecture with their places, and with the function."""
    by_region = document.mapping(*RUNTIME_VERSION)
    arns = [
        (name, (*RUNTIME_VERSION, name, architecture))
        for name in by_region
        for architecture in document.mapping(*RUNTIME_VERSION, name)
    ]
    findings = [
        finding
        for name, path in arns
        for finding in _runtime_arn(document, path, name, "it stands under")
    ]
    return findings + (_missing(document, region) if by_region and region is not None else [])


def _runtime_arn(
    document: Document, path: FieldPath, region: str | None, because: str
) -> list[Finding]:
    found = _ARN.fullmatch(document.text(*path) or "")
    if found is None:
        return []
    if region in (None, found["region"]):
        return _partition(document, path, found["partition"], found["region"])
    what = f"{_is_in(path, found['region'])}, but {because} {printable(region)}"
    remedy = f"take the ARN that this runtime version has in {printable(region)}"
    return [document.finding(path, what, remedy)]


def _missing(document: Document, region: str) -> list[Finding]:
    """Return what the function needs of the map, and does not find there."""
    if region not in document.mapping(*RUNTIME_VERSION):
        what = f"{dotted(RUNTIME_VERSION)} has no ARNs for {printable(region)}"
        remedy = f"add {printable(region)}, where the function is"
        return [document.finding(RUNTIME_VERSION, what, remedy)]
    path, architecture = (*RUNTIME_VERSION, region), document.text(*_ARCHITECTURE)
    if document.is_broken(path) or architecture in (None, *document.mapping(*path)):
        return []
    what = f"{dotted(path)} has no ARN for {architecture}"
    return [document.finding(path, what, f"add {architecture}, the function's architecture")]


def _is_in(path: FieldPath, region: str) -> str:
    return f"{dotted(path)} is in {region}"
