"""``reconcile iam-policy``: from manifests to IAM policies, offline."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from reconciler import manifest, permissions
from reconciler.cli import streams
from reconciler.cli.inputs import count
from reconciler.report.exit_code import ExitCode
from reconciler.report.json_text import json_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.manifest import Manifests


@dataclass(frozen=True, slots=True)
class Form:
    """Which policies are printed: those of one ``target``'s role, or ``split`` into parts."""

    target: str | None = None
    split: bool = False


def show(
    paths: Sequence[str], region: str | None, form: Form, settings: permissions.Settings
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
    if not _is_right(loaded, found):
        return ExitCode.INVALID
    _warn_of_accounts(found.usual_accounts)
    chosen = found.by_role
    if form.target is not None:
        chosen = _of_target(loaded, found.by_role, form.target)
    printed: Mapping[str, Any] = chosen
    if form.split:
        printed = {role: permissions.parts(document) for role, document in chosen.items()}
    _warn_of_size(printed)
    shown = next(iter(printed.values())) if len(printed) == 1 else printed
    streams.say(json_text(shown, indent=2) + "\n")
    return ExitCode.OK


def _is_right(loaded: Manifests, found: permissions.Policies) -> bool:
    """Tell every error; with one of them a policy would lack something."""
    errors = [str(error) for error in loaded.errors]
    errors += [f"{location}: {what}" for location, what in found.errors]
    if not errors and not loaded.specs:
        errors.append("the manifests declare no function; check the paths given by -f")
    for error in errors:
        streams.complain(error)
    if errors:
        streams.complain(f"{count(len(errors), 'error')}; no policy is printed.")
    return not errors


def _of_target(
    loaded: Manifests, by_role: Mapping[str, dict[str, Any]], name: str
) -> Mapping[str, dict[str, Any]]:
    """Choose the role by which a target is entered."""
    roles = {permissions.role_of(s) for s in loaded.specs if s.target and s.target.name == name}
    if not roles:
        raise click.UsageError(f"--target {name}: no function is declared for such a target")
    return {role: by_role[role] for role in roles}


def _warn_of_accounts(accounts: Iterable[str]) -> None:
    """Say that a run would refuse all but one of several accounts."""
    if len(several := sorted(accounts)) > 1:
        streams.complain(
            "The usual credentials are of one account, and functions are declared in "
            f"{', '.join(several)} that nothing else leads to: enter the others by a target's "
            "assumeRole, or make a policy for each account's manifests (-f)."
        )


def _warn_of_size(by_role: Mapping[str, Any]) -> None:
    """Say what IAM would refuse; to put wildcards in is for somebody who knows the names."""
    managed, inline = permissions.LARGEST_MANAGED, permissions.LARGEST_INLINE
    for role, printed in by_role.items():
        if isinstance(printed, list):
            if len(printed) > permissions.MOST_ATTACHED:
                streams.complain(
                    f"The policy of {role} has {len(printed)} parts. IAM attaches "
                    f"{permissions.MOST_ATTACHED} to a role, unless AWS was asked for more: make "
                    "roles for parts of the manifests (-f), or write wildcards that fit your names."
                )
        elif (size := permissions.size(printed)) > managed:
            streams.complain(
                f"The policy of {role} has {size:,} characters. IAM takes {managed:,} in "
                f"a managed policy and {inline:,} inline in a role: --split prints several "
                "managed policies; or write wildcards that fit your names."
            )
