"""How large a policy is for IAM, and one policy in parts that are not too large."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LARGEST_MANAGED = 6_144
"""Characters of a managed policy (IAM user guide, reference_iam-quotas)."""
LARGEST_INLINE = 10_240
"""Characters of all inline policies of a role (the same page)."""
MOST_ATTACHED = 10
"""Managed policies of a role, unless AWS was asked for more (the same page)."""


def size(document: Mapping[str, Any]) -> int:
    """Count as IAM does: white space is left out, and what is not ASCII counts as escaped."""
    return len(json.dumps(document, separators=(",", ":")))


def parts(document: Mapping[str, Any], largest: int = LARGEST_MANAGED) -> list[dict[str, Any]]:
    """
    Give documents that together allow what the one does, each of at most ``largest`` characters.

    A statement may be in several, with other resources in each. One resource is in one part,
    however long it is.
    """
    done: list[dict[str, Any]] = []
    current = _empty(document)
    for statement in document["Statement"]:
        for resource in statement["Resource"]:
            longer = _with(current, statement, resource)
            if size(longer) > largest and current["Statement"]:
                done.append(current)
                longer = _with(_empty(document), statement, resource)
            current = longer
    return [*done, current] if current["Statement"] else done


def _empty(document: Mapping[str, Any]) -> dict[str, Any]:
    return {**document, "Statement": []}


def _with(part: dict[str, Any], statement: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """Add a resource: to the last statement, if it is the same one."""
    return {**part, "Statement": [*_added(part["Statement"], statement, resource)]}


def _added(
    statements: list[dict[str, Any]], statement: Mapping[str, Any], resource: str
) -> Iterator[dict[str, Any]]:
    if statements and statements[-1]["Sid"] == statement["Sid"]:
        *statements, last = statements
        statement, resources = last, [*last["Resource"], resource]
    else:
        resources = [resource]
    yield from statements
    yield {**statement, "Resource": resources}
