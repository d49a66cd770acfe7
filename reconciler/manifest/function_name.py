"""
How a function is named: a name, a partial ARN or an ARN, in any partition.

The grammar is AWS's own (botocore, UpdateFunctionCode's FunctionName, which AWS's
ValidationExceptions quote): every part before the name may be missing, and a part that
could be one of them is one. So ``function:orders`` is orders, and an ARN that ends with
``:function`` is of a function called "function" (LocalStack
test_function_name_and_qualifier_validation, aws.validated).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from reconciler.manifest.words import shown
from reconciler.model import LATEST, LATEST_PUBLISHED, FunctionReference
from reconciler.model.partition import REGION_PATTERN

LONGEST_NAME = 64
# Of qualifiers AWS takes $LATEST and the first form; what begins with "$" is read
# here to be explained.
_FUNCTION_NAME = re.compile(
    r"(?:arn:(?P<partition>(?:aws[a-zA-Z-]*)?):lambda:)?"
    rf"(?:(?P<region>{REGION_PATTERN}):)?"
    r"(?:(?P<account>[0-9]{12}):)?"
    r"(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_-]+)"
    r"(?::(?P<qualifier>[a-zA-Z0-9_-]+|\$[^:]*))?",
)
_FORMS = (
    "write a name of letters, digits, - and _, or 123456789012:function:NAME, "
    "or arn:aws:lambda:REGION:123456789012:function:NAME"
)
_NO_NAMES = ("arn", "lambda")
"""Before a colon they begin an ARN that is wrong, though AWS takes them for names."""
_LEAVE_OUT = f"leave it out: only {LATEST} can be changed, and"


@dataclass(frozen=True, slots=True)
class FunctionName:
    """A function's name, taken apart; what it does not say is None, or empty in an ARN."""

    partition: str | None
    region: str | None
    account: str | None
    name: str
    qualifier: str | None

    @property
    def canonical(self) -> str:
        """
        What AWS is sent: one spelling, whatever the manifest's.

        The bare name where no account is named, the ARN where all of it is known,
        else ``ACCOUNT:function:NAME``.
        """
        if self.account is None:
            return self.name
        partial = f"{self.account}:function:{self.name}"
        if self.partition and self.region:
            return f"arn:{self.partition}:lambda:{self.region}:{partial}"
        return partial

    @property
    def is_allowed(self) -> bool:
        """Whether the name is short enough, and $LATEST is what it means."""
        return self.qualifier in (None, LATEST) and len(self.name) <= LONGEST_NAME


def take_apart(text: str) -> FunctionName | None:
    """Return the parts of the name, None where it is none in any form."""
    found = _FUNCTION_NAME.fullmatch(text)
    return None if found is None else FunctionName(**found.groupdict())


def parse_reference(
    text: str, region: str | None, default_region: str | None
) -> FunctionReference | None:
    """Return the reference, without its qualifier; None where it is not allowed."""
    named = take_apart(text)
    if named is None or not named.is_allowed:
        return None
    return FunctionReference(
        function_name=named.canonical,
        name=named.name,
        account=named.account,
        region=region or named.region or default_region,
    )


def explain_reference(text: str) -> tuple[str, str]:
    """Return why the text is no reference to a function, and what to write."""
    named = take_apart(text)
    if named is None or (named.qualifier is not None and named.name in _NO_NAMES):
        return f"is {shown(text)}, which names no function", _FORMS
    if named.qualifier not in (None, LATEST):
        return f"names the qualifier {shown(named.qualifier)}", _instead_of(named.qualifier)
    return (
        f"has a name of {len(named.name)} characters",
        f"at most {LONGEST_NAME} are allowed",
    )


def _instead_of(qualifier: str) -> str:
    if qualifier == LATEST_PUBLISHED:
        return f"{_LEAVE_OUT} spec.publish.publishTo: LATEST_PUBLISHED puts it there"
    return f"{_LEAVE_OUT} versions come from spec.publish"
