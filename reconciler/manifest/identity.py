"""
Which function a document is for, and that names and functions are described once.

The function is known even when other parts of the document are wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.manifest.function_name import parse_reference
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import shown
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.manifest.document import Document
    from reconciler.model import FunctionReference, Location, Target

NAME = ("metadata", "name")
FUNCTION_NAME = ("spec", "functionName")
REGION = ("spec", "region")


@dataclass(frozen=True, slots=True)
class Identity:
    """
    What must be unique: the document's name, and the function.

    ``named_at`` is where the function is named: spec.functionName, else metadata.name,
    and ``target`` which of the document's targets it is in, with the place of its name.
    """

    name: str
    location: Location
    function: FunctionReference
    named_at: Location
    target: tuple[str, Location] | None = None


def identify(document: Document, default_region: str | None) -> Identity | None:
    """Return whom the document is for, None where the fields that say so have errors."""
    name = document.text(*NAME)
    if name is None or document.is_broken(FUNCTION_NAME) or document.is_broken(REGION):
        return None
    named_by = NAME if document.text(*FUNCTION_NAME) is None else FUNCTION_NAME
    region = document.text(*REGION)
    function = parse_reference(document.text(*named_by) or name, region, default_region)
    named_at = document.location(*named_by)
    return (
        None if function is None else Identity(name, document.location(*NAME), function, named_at)
    )


def in_target(identity: Identity, target: Target, location: Location) -> Identity:
    """Return the same function in a target that is named at that place."""
    function = replace(identity.function, account=target.account, region=target.region)
    return replace(identity, function=function, target=(target.name, location))


def check_unique(identities: Iterable[Identity]) -> list[ManifestError]:
    """Return an error at each later document that repeats an earlier one's name or function."""
    names: dict[str, Identity] = {}
    functions: dict[tuple[str, str | None], dict[str | None, Identity]] = {}
    errors: dict[tuple[Location, Location], ManifestError] = {}  # one for all targets
    for identity in identities:
        same_name = names.setdefault(identity.name, identity)
        is_named_twice = same_name.location != identity.location
        if is_named_twice:
            key = (identity.location, identity.location)
            errors.setdefault(key, _same_name(identity, same_name))
        by_account = functions.setdefault((identity.function.name, identity.function.region), {})
        first = _same_function(identity, by_account)
        by_account.setdefault(identity.function.account, identity)
        is_told_by_name = is_named_twice and identity.named_at == identity.location
        if first is not None and not is_told_by_name:
            key = (identity.location, first.location)
            errors.setdefault(key, _explain_same_function(identity, first))
    return list(errors.values())


def _same_function(identity: Identity, by_account: dict[str | None, Identity]) -> Identity | None:
    """Return the earlier document that may be for the same account."""
    account = identity.function.account
    if account is None:
        return next(iter(by_account.values()), None)
    return by_account.get(account) or by_account.get(None)


def _same_name(identity: Identity, first: Identity) -> ManifestError:
    what = f"metadata.name {shown(identity.name)} is taken by {printable(str(first.location))}"
    return ManifestError(identity.location, what, "give each document a name of its own")


def _explain_same_function(identity: Identity, first: Identity) -> ManifestError:
    if identity.target and first.target and identity.location == first.location:
        return _explain_same_target(identity, first.target[0], *identity.target)
    where = printable(str(first.named_at))
    what = f"the function {shown(identity.function.name)} is described already at {where}"
    return ManifestError(identity.named_at, what, _remedy(identity, first))


def _explain_same_target(
    identity: Identity, first: str, second: str, location: Location
) -> ManifestError:
    function = identity.function
    what = (
        f"the targets {first} and {second} are one place, {function.region} in {function.account}, "
        f"with one function {shown(function.name)}"
    )
    return ManifestError(
        location, what, "keep one of them, or write ${target.name} in functionName"
    )


def _remedy(identity: Identity, first: Identity) -> str:
    remedies = ["keep one of them"]
    if identity.function.region is None:
        remedies.append("if their regions differ, write spec.region in both")
    if None in (identity.function.account, first.function.account):
        remedies.append(f"if their accounts differ, {_tell_apart(identity, first)}")
    return ", or, ".join(remedies)


def _tell_apart(identity: Identity, first: Identity) -> str:
    if identity.target is None and first.target is None:
        return "write the whole ARN as functionName in both"
    return "write spec.targets in both"
