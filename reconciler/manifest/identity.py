"""
Which function a document is for, and that names and functions are described once.

The function is known even when other parts of the document are wrong. A reference to
it is a name, a partial ARN, or an ARN in any partition.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.manifest.values import ManifestError
from reconciler.manifest.words import shown
from reconciler.model import LATEST, FunctionReference
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.manifest.document import Document
    from reconciler.model import Location

NAME = ("metadata", "name")
FUNCTION_NAME = ("spec", "functionName")
REGION = ("spec", "region")

LONGEST_NAME = 64
REGION_PATTERN = r"(?:eusc-)?[a-z]{2}(?:-gov|-iso[a-z]?)?-[a-z]+-[0-9]"
_REFERENCE = re.compile(
    rf"(?:(?:arn:aws[a-zA-Z-]*:lambda:(?P<region>{REGION_PATTERN}):)?"
    r"(?P<account>[0-9]{12}):function:)?"
    rf"(?P<name>[a-zA-Z0-9_-]{{1,{LONGEST_NAME}}})(?::\$LATEST)?",
)
_LOOSELY = re.compile(
    r"(?:(?:arn:[^:]*:lambda:[^:]*:)?[0-9]*:function:)?(?!(?:arn|lambda|function):)"
    r"(?P<name>[a-zA-Z0-9_-]+)(?P<rest>:[^:]+)?",
)
_FORMS = (
    "write a name of letters, digits, - and _, or 123456789012:function:NAME, "
    "or arn:aws:lambda:REGION:123456789012:function:NAME"
)
_ARN_REGION = re.compile(rf"arn:aws[a-zA-Z-]*:lambda:(?P<region>{REGION_PATTERN}):")


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


def parse_reference(
    text: str, region: str | None, default_region: str | None
) -> FunctionReference | None:
    """Return the reference, without its qualifier."""
    found = _REFERENCE.fullmatch(text)
    if found is None:
        return None
    return FunctionReference(
        function_name=text.removesuffix(f":{LATEST}"),
        name=found["name"],
        account=found["account"],
        region=region or found["region"] or default_region,
    )


def region_of(arn: str) -> str | None:
    """Return the region of a Lambda ARN, None where it has none."""
    found = _ARN_REGION.match(arn)
    return None if found is None else found["region"]


def explain_reference(text: str) -> tuple[str, str]:
    """Return why the text is no reference to a function, and what to write."""
    found = _LOOSELY.fullmatch(text)
    if found is not None and found["rest"] not in (None, f":{LATEST}"):
        return (
            f"names the qualifier {shown(found['rest'].removeprefix(':'))}",
            f"leave it out: only {LATEST} can be changed, and versions come from spec.publish",
        )
    if found is not None and len(found["name"]) > LONGEST_NAME:
        return (
            f"has a name of {len(found['name'])} characters",
            f"at most {LONGEST_NAME} are allowed",
        )
    return f"is {shown(text)}, which names no function", _FORMS


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
