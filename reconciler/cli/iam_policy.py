"""``reconcile iam-policy``: from manifests to IAM policies, offline."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler import manifest, permissions
from reconciler.cli import streams
from reconciler.cli.inputs import count
from reconciler.report.exit_code import ExitCode
from reconciler.report.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.manifest import Manifests

_LARGEST_INLINE, _LARGEST_MANAGED = 10_240, 6_144
"""Characters of all inline policies of a role, and of a managed policy, without white space
(IAM user guide, reference_iam-quotas)."""


def show(
    paths: Sequence[str], region: str | None, target: str | None, settings: permissions.Settings
) -> int:
    """
    Print the policy, or one for each role where there are several; give the exit code.

    Raises click.UsageError where there is no such target.
    """
    loaded = manifest.load(
        paths,
        environment=os.environ,
        default_region=region,
        standard_input=sys.stdin.buffer if sys.stdin else None,
        packages=False,  # who makes policies need not build
    )
    found = permissions.policies(loaded.specs, settings)
    errors = [str(error) for error in loaded.errors]
    errors += [f"{location}: {what}" for location, what in found.errors]
    if not errors and not loaded.specs:
        errors.append("the manifests declare no function; check the paths given by -f")
    if errors:
        for error in errors:
            streams.complain(error)
        streams.complain(f"{count(len(errors), 'error')}; no policy is printed.")
        return ExitCode.INVALID
    chosen = found.by_role if target is None else _of_target(loaded, found.by_role, target)
    _warn_of_size(chosen)
    shown: Mapping[str, Any] = next(iter(chosen.values())) if len(chosen) == 1 else chosen
    streams.say(json_text(dict(shown), indent=2) + "\n")
    return ExitCode.OK


def _of_target(
    loaded: Manifests, by_role: Mapping[str, dict[str, Any]], name: str
) -> Mapping[str, dict[str, Any]]:
    """Choose the role by which a target is entered."""
    roles = {permissions.role_of(s) for s in loaded.specs if s.target and s.target.name == name}
    if not roles:
        raise click.UsageError(f"--target {name}: no function is declared for such a target")
    return {role: by_role[role] for role in roles}


def _warn_of_size(by_role: Mapping[str, dict[str, Any]]) -> None:
    """Say what IAM would refuse; to put wildcards in is for somebody who knows the names."""
    for role, document in by_role.items():
        size = len(json.dumps(document, separators=(",", ":")))
        if size > _LARGEST_MANAGED:
            streams.complain(
                f"The policy of {role} has {size:,} characters. IAM takes {_LARGEST_MANAGED:,} in "
                f"a managed policy and {_LARGEST_INLINE:,} inline in a role: make one for each "
                "part of the manifests (-f), or write wildcards that fit your names."
            )
