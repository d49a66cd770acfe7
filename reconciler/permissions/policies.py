"""Policies: one for each role by which functions are reached, and what stands in the way."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.permissions.needs import Grant, Purpose, needs, partition_name
from reconciler.permissions.resources import Place, literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from reconciler.model import FunctionSpec, Location

USUAL = "usual credentials"
"""Whoever enters the targets' roles, and is used where a target has none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """
    ``account`` is that of functions whose manifests and targets name none.

    ``list_functions`` adds lambda:ListFunctions, which AWS knows for all functions alone.
    """

    account: str | None = None
    plan_only: bool = False
    list_functions: bool = False


@dataclass(frozen=True, slots=True)
class Policies:
    """
    Policy documents by role, an ARN or ``USUAL``; none while errors stand.

    ``usual_accounts`` are those of the functions that the usual credentials reach by
    themselves. These are of one account, so that more are too many.
    """

    by_role: Mapping[str, dict[str, Any]]
    errors: tuple[tuple[Location, str], ...]
    usual_accounts: frozenset[str] = frozenset()


def policies(specs: Iterable[FunctionSpec], settings: Settings) -> Policies:
    """Make the smallest policies that let these functions be planned, or applied."""
    grants: defaultdict[str, set[Grant]] = defaultdict(set)
    errors: list[tuple[Location, str]] = []
    usual_accounts: set[str] = set()
    for spec in specs:
        place = _place(spec, settings.account)
        if isinstance(place, str):
            errors.append((spec.location, place))
            continue
        role = role_of(spec)
        grants[role].update(needs(spec, place, plan_only=settings.plan_only))
        if settings.list_functions:
            grants[role].add(Grant(Purpose.LIST_FUNCTIONS, "lambda:ListFunctions", "*"))
        if role == USUAL:
            usual_accounts.add(place.account)
        else:
            grants[USUAL].add(Grant(Purpose.ASSUME_ROLES, "sts:AssumeRole", literal(role)))
    documents = {} if errors else {role: _document(each) for role, each in sorted(grants.items())}
    return Policies(documents, tuple(errors), frozenset(usual_accounts))


def role_of(spec: FunctionSpec) -> str:
    """Give the ARN of the role by which the function is reached, or ``USUAL``."""
    entered = None if spec.target is None else spec.target.assume_role
    return USUAL if entered is None else entered.role_arn


def _place(spec: FunctionSpec, default_account: str | None) -> Place | str:
    """Find where the function lives, or say what is missing."""
    target, function = spec.target, spec.function
    account = function.account or (target.account if target else default_account)
    region = function.region
    if region is None:
        return "no region is known for this function; set spec.region, --region or AWS_REGION"
    key = spec.source_kms_key_arn
    if key is not None and ":key/" not in key:
        return "a policy cannot allow a key by an alias; write the ARN of the key, arn:...:key/ID"
    if account is None:
        return (
            "no account is known for this function; give --account, or name it in "
            "spec.functionName or in a target"
        )
    partition = partition_name(region)
    if partition is None:
        return f"the partition of the region {region} is not known; check the region"
    return Place(account, region, partition)


def _document(grants: Iterable[Grant]) -> dict[str, Any]:
    """Put resources that take the same actions together, in an order of their own."""
    actions: defaultdict[tuple[Purpose, str], set[str]] = defaultdict(set)
    for grant in grants:
        actions[grant.purpose, grant.resource].add(grant.action)
    resources: defaultdict[tuple[Purpose, tuple[str, ...]], list[str]] = defaultdict(list)
    for (purpose, resource), allowed in actions.items():
        resources[purpose, tuple(sorted(allowed))].append(resource)
    statements = []
    for purpose in Purpose:
        its = sorted(key for key in resources if key[0] is purpose)
        for number, key in enumerate(its, start=1):
            sid = f"{purpose}{number}" if len(its) > 1 else str(purpose)
            statements.append(_statement(sid, key[1], sorted(resources[key])))
    return {"Version": "2012-10-17", "Statement": statements}


def _statement(sid: str, actions: Iterable[str], resources: Iterable[str]) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
