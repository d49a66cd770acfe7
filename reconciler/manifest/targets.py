"""
``kind: Target`` documents: what is wrong in one of them and between them.

And what a Function may name: a target whose document has an error is known by name,
so that its own error is the only one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import dotted, listed, nearest, shown
from reconciler.model import AssumeRole, Target, partition_of
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.manifest.document import Document, Finding
    from reconciler.model import Location

_NAME = ("metadata", "name")
_REGION = ("spec", "region")
_ACCOUNT_ID = ("spec", "accountId")
_ASSUME_ROLE = ("spec", "assumeRole")
_ROLE_ARN = (*_ASSUME_ROLE, "roleArn")
_ARN = re.compile(r"arn:(?P<partition>[^:]*):iam::(?P<account>[0-9]{12}):.*")
_MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class DeclaredTarget:
    """
    What one document came to: no ``target`` where it has errors.

    ``name`` is None where even that has one and nothing can be made of it.
    """

    name: str | None
    location: Location
    target: Target | None


@dataclass(frozen=True, slots=True)
class Targets:
    """
    The targets of a run by name; None stands for one whose document has errors.

    ``is_complete`` is false where there may be others, in what could not be read.
    """

    by_name: Mapping[str, Target | None]
    is_complete: bool

    def remedy_for(self, name: str) -> str:
        """Return what to write in place of a name that no target has."""
        if match := _nearest(name, tuple(self.by_name)):
            return f"did you mean {match}?"
        if not self.by_name:
            return "add a document of kind: Target with that name, or correct the paths given"
        if len(self.by_name) > _MOST_LISTED:
            return f"name one of the {len(self.by_name):,} targets, or add one of that name"
        return f"name one of {listed(map(printable, self.by_name))}, or add one of that name"


@lru_cache(maxsize=1000)
def _nearest(name: str, names: tuple[str, ...]) -> str | None:
    """Compare once with all targets: one name is often wrong in a thousand documents."""
    return nearest(name, names)


def check(document: Document) -> list[Finding]:
    """Return what no schema can say of a target: the role is in its account and partition."""
    found = _ARN.fullmatch(document.text(*_ROLE_ARN) or "")
    if found is None:
        return []
    account, region = document.text(*_ACCOUNT_ID), document.text(*_REGION)
    if account is not None and account != found["account"]:
        line = document.location(*_ACCOUNT_ID).line
        what = (
            f"{dotted(_ROLE_ARN)} is in the account {found['account']}, "
            f"but {dotted(_ACCOUNT_ID)} at line {line} is {account}"
        )
        return [document.finding(_ROLE_ARN, what, "make them agree")]
    partition = None if region is None else partition_of(region)
    if partition is None or partition.name == found["partition"]:
        return []
    what = (
        f"{dotted(_ROLE_ARN)} names the partition {shown(found['partition'])}, "
        f"but {region} is in {partition.name}"
    )
    return [document.finding(_ROLE_ARN, what, f"begin it with arn:{partition.name}:iam::")]


def declared(document: Document, *, is_valid: bool) -> DeclaredTarget:
    """Return what the document declares; its name even where that is not allowed."""
    place = document.places.get(_NAME)
    name = place.value if place is not None and isinstance(place.value, str) else None
    location = document.location() if place is None else document.location(*_NAME)
    return DeclaredTarget(name, location, _target(document) if is_valid else None)


def _target(document: Document) -> Target:
    """Return the target that the document describes; it must have passed every check."""
    fields = document.mapping("spec")
    share = fields.get("quotaShare")
    return Target(
        name=str(document.text(*_NAME)),
        account=str(fields["accountId"]),
        region=str(fields["region"]),
        location=document.location(*_NAME),
        assume_role=_assume_role(document),
        quota_share=float(share) if isinstance(share, int | float) else None,
    )


def _assume_role(document: Document) -> AssumeRole | None:
    role_arn = document.text(*_ROLE_ARN)
    if role_arn is None:
        return None
    return AssumeRole(
        role_arn,
        external_id=document.text(*_ASSUME_ROLE, "externalId"),
        session_name=document.text(*_ASSUME_ROLE, "sessionName"),
    )


def collect(found: Iterable[DeclaredTarget], *, is_complete: bool) -> Targets:
    """Return the targets by name, the first of each."""
    by_name: dict[str, Target | None] = {}
    for each in found:
        if each.name is None:
            is_complete = False
        else:
            by_name.setdefault(each.name, each.target)
    return Targets(by_name, is_complete)


def check_unique(found: Iterable[DeclaredTarget]) -> list[ManifestError]:
    """Return an error at each later target that repeats the name of an earlier one."""
    first: dict[str, DeclaredTarget] = {}
    errors: list[ManifestError] = []
    for each in found:
        if each.name is None or (same := first.setdefault(each.name, each)) is each:
            continue
        where = printable(str(same.location))
        what = f"metadata.name {shown(each.name)} is taken by the target at {where}"
        errors.append(ManifestError(each.location, what, "give each target a name of its own"))
    return errors
