"""
FunctionName in all its forms: a name, a partial ARN or an ARN, qualified or not.

The patterns are AWS's own, as they appear in its recorded ValidationExceptions.
Reading an operation's name and writing are validated by different patterns.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import LATEST
from reconciler.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT_ID = "123456789012"
"""The account of every request whose FunctionName names no other."""

DEFAULT_REGION = "us-east-1"
"""The region of a request that is not signed for one."""

_PREFIX = (
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?"
    r"((eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:)?"
    r"(\d{12}:)?(function:)?"
)
READ_PATTERN = _PREFIX + r"([a-zA-Z0-9-_\.]+)(:(\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
WRITE_PATTERN = _PREFIX + r"([a-zA-Z0-9-_]+)(:(\$LATEST|[a-zA-Z0-9-_]+))?"
QUALIFIER_PATTERN = r"\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+"

_ALIAS_PATTERN = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"

_READ_LENGTH = 170
_WRITE_LENGTH = 140
_QUALIFIER_LENGTH = 128
_REGION, _ACCOUNT, _NAME, _QUALIFIER = 3, 9, 11, 13  # groups of both patterns


@dataclass(frozen=True, slots=True)
class Target:
    """The function, and perhaps the version of it, that a request is about."""

    account: str
    region: str
    name: str
    qualifier: str | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes a function one of its own: the same name may exist elsewhere."""
        return self.account, self.region, self.name

    @property
    def version(self) -> str:
        """The version that is meant; AWS takes $LATEST when nothing is said."""
        return self.qualifier or LATEST

    @property
    def function_arn(self) -> str:
        """The ARN without a qualifier."""
        return f"arn:aws:lambda:{self.region}:{self.account}:function:{self.name}"

    @property
    def arn(self) -> str:
        """The ARN as it was asked for: qualified only when the request was."""
        return (
            self.function_arn if self.qualifier is None else f"{self.function_arn}:{self.qualifier}"
        )


def read_target(function_name: str, region: str, qualifier: str | None = None) -> Target:
    """Resolve the FunctionName and Qualifier of a read or a deletion."""
    _validate(function_name, qualifier, READ_PATTERN, _READ_LENGTH)
    return _resolve(function_name, region, qualifier)


def write_target(function_name: str, region: str, qualifier: str | None = None) -> Target:
    """Resolve the FunctionName and Qualifier of a write."""
    _validate(function_name, qualifier, WRITE_PATTERN, _WRITE_LENGTH)
    return _resolve(function_name, region, qualifier)


def latest_target(function_name: str, region: str) -> Target:
    """
    Resolve the FunctionName of a write to $LATEST.

    What AWS answers to a version's ARN here is not recorded; the sandbox refuses it,
    because nothing but $LATEST can change.
    """
    target = write_target(function_name, region)
    if target.qualifier not in (None, LATEST):
        raise errors.invalid_parameter(
            f"This operation changes $LATEST only, not '{target.qualifier}'.",
        )
    return target


def lenient_target(function_name: str, region: str, qualifier: str | None = None) -> Target:
    """Resolve as much as can be resolved, for the log: a broken name stands for itself."""
    try:
        return read_target(function_name, region, qualifier)
    except errors.LambdaError:
        match = re.fullmatch(READ_PATTERN, function_name)
        name = match.group(_NAME) if match else function_name
        return Target(ACCOUNT_ID, region, name, qualifier)


def is_alias(qualifier: str | None) -> bool:
    """Say whether a qualifier could name an alias: it is no number, and has no dollar sign."""
    return qualifier is not None and bool(re.fullmatch(_ALIAS_PATTERN, qualifier))


def _resolve(function_name: str, region: str, qualifier: str | None) -> Target:
    match = re.fullmatch(READ_PATTERN, function_name)
    if match is None:
        raise AssertionError(function_name)
    named_region = (match.group(_REGION) or f"{region}:").rstrip(":")
    if named_region != region:
        raise errors.other_region(named_region, region)
    derived = match.group(_QUALIFIER)
    if derived and qualifier and derived != qualifier:
        raise errors.invalid_parameter(
            "The derived qualifier from the function name does not match the specified qualifier.",
        )
    account = (match.group(_ACCOUNT) or ACCOUNT_ID).rstrip(":")
    return Target(account, region, match.group(_NAME), qualifier or derived)


def _validate(function_name: str, qualifier: str | None, pattern: str, length: int) -> None:
    found = [
        *_failures(qualifier, "qualifier", QUALIFIER_PATTERN, _QUALIFIER_LENGTH),
        *_failures(function_name, "functionName", pattern, length),
    ]
    if found:
        raise errors.validation(found)


def _failures(value: str | None, member: str, pattern: str, length: int) -> Iterator[str]:
    if value is None:
        return
    if not re.fullmatch(pattern, value):
        rule = f"Member must satisfy regular expression pattern: {pattern}"
        yield errors.constraint(value, member, rule)
    if len(value) > length:
        rule = f"Member must have length less than or equal to {length}"
        yield errors.constraint(value, member, rule)
