"""
Which function a document is for, and that names and functions are described once.

The function is known even when other parts of the document are wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.manifest.function_name import parse_reference
from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import shown
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.manifest.document import Document
    from reconciler.model import FunctionReference, Location

NAME = ("metadata", "name")
FUNCTION_NAME = ("spec", "functionName")
REGION = ("spec", "region")


@dataclass(frozen=True, slots=True)
class Identity:
    """
    What must be unique: the document's name, and the function.

    ``named_at`` is where the function is named: spec.functionName, else metadata.name.
    """

    name: str
    location: Location
    function: FunctionReference
    named_at: Location


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


def check_unique(identities: Iterable[Identity]) -> list[ManifestError]:
    """Return an error at each later document that repeats an earlier one's name or function."""
    names: dict[str, Identity] = {}
    functions: dict[tuple[str, str | None], dict[str | None, Identity]] = {}
    errors: list[ManifestError] = []
    for identity in identities:
        same_name = names.setdefault(identity.name, identity)
        if same_name is not identity:
            errors.append(_same_name(identity, same_name))
        by_account = functions.setdefault((identity.function.name, identity.function.region), {})
        same_function = _same_function(identity, by_account)
        by_account.setdefault(identity.function.account, identity)
        if same_function is not None and not _is_told_by_name(identity, same_name):
            errors.append(_explain_same_function(identity, same_function))
    return errors


def _is_told_by_name(identity: Identity, same_name: Identity) -> bool:
    """Whether the function is the same only because the document's name is."""
    return same_name is not identity and identity.named_at == identity.location


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
    where = printable(str(first.named_at))
    what = f"the function {shown(identity.function.name)} is described already at {where}"
    return ManifestError(identity.named_at, what, _remedy(identity, first))


def _remedy(identity: Identity, first: Identity) -> str:
    remedies = ["keep one of them"]
    if identity.function.region is None:
        remedies.append("if their regions differ, write spec.region in both")
    if None in (identity.function.account, first.function.account):
        remedies.append("if their accounts differ, write the whole ARN as functionName in both")
    return ", or, ".join(remedies)
