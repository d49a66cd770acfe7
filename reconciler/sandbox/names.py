"""
FunctionName in all its forms: a name, a partial ARN or an ARN, qualified or not.

The patterns are AWS's own, as they appear in its recorded ValidationExceptions.
Reading an operation's name and writing are validated by different patterns.
"""

from __future__ import annotations

import contextlib
import re
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import LATEST, partition_of
from reconciler.sandbox import errors

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT_ID = "123456789012"
"""The account of every function that is created without naming another."""

_caller = ContextVar("caller", default=ACCOUNT_ID)

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

ALIAS_PATTERN = r"(?!^[0-9]+$)([a-zA-Z0-9-_]+)"
TAGGABLE_PATTERN = (
    r"arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:"
    r"(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)"
    r"|code-signing-config:csc-[a-z0-9]{17}"
    r"|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}"
    r"-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)"
)

_READ_LENGTH = 256  # botocore 1.44.5; recorded: 232 characters are not too long for a read
_WRITE_LENGTH = 140
_QUALIFIER_LENGTH = 128
_TAGGABLE_LENGTH = 10_000
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
        return function_arn(self.account, self.region, self.name)

    @property
    def arn(self) -> str:
        """The ARN as it was asked for: qualified only when the request was."""
        return (
            self.function_arn if self.qualifier is None else f"{self.function_arn}:{self.qualifier}"
        )


@contextlib.contextmanager
def called_by(account: str) -> Iterator[None]:
    """Say whose the functions are that are named without an account, for calls made within."""
    token = _caller.set(account)
    try:
        yield
    finally:
        _caller.reset(token)


def caller() -> str:
    """Give the account of who calls."""
    return _caller.get()


def function_arn(account: str, region: str, name: str) -> str:
    """Name a function without a qualifier, in the partition of its region."""
    return f"arn:{partition_name(region)}:lambda:{region}:{account}:function:{name}"


def partition_name(region: str) -> str:
    """Tell the partition of a region; ``aws`` for one that nobody knows."""
    partition = partition_of(region)
    return "aws" if partition is None else partition.name


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


def taggable_target(resource: str, region: str) -> Target:
    """
    Resolve the Resource of the tag operations: an unqualified function's ARN.

    Of what else AWS can tag the sandbox has nothing.
    """
    failures = list(_failures(resource, "resource", TAGGABLE_PATTERN, _TAGGABLE_LENGTH))
    if failures:
        raise errors.validation(failures)
    if ":function:" not in resource:
        raise errors.not_in_sandbox(f"tags of {resource.split(':')[5]} resources")
    target = _resolve(resource, region, None)
    if target.qualifier is not None:
        raise errors.invalid_parameter(
            "Tags on function aliases and versions are not supported. "
            "Please specify a function ARN.",
        )
    return target


def check_alias(name: str) -> None:
    """Refuse what cannot name an alias, like a number (recorded: test_alias_naming)."""
    failures = list(_failures(name, "name", ALIAS_PATTERN, _QUALIFIER_LENGTH))
    if failures:
        raise errors.validation(failures)


def lenient_target(function_name: str, region: str, qualifier: str | None = None) -> Target:
    """Resolve as much as can be resolved, for the log: a broken name stands for itself."""
    try:
        return read_target(function_name, region, qualifier)
    except errors.LambdaError:
        match = re.fullmatch(READ_PATTERN, function_name)
        name = match.group(_NAME) if match else function_name
        return Target(caller(), region, name, qualifier)


def is_alias(qualifier: str | None) -> bool:
    """Say whether a qualifier could name an alias: it is no number, and has no dollar sign."""
    return qualifier is not None and bool(re.fullmatch(ALIAS_PATTERN, qualifier))


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
    account = (match.group(_ACCOUNT) or caller()).rstrip(":")
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
    if len(value) > length:
        rule = f"Member must have length less than or equal to {length}"
        yield errors.constraint(value, member, rule)
    if not re.fullmatch(pattern, value):
        rule = f"Member must satisfy regular expression pattern: {pattern}"
        yield errors.constraint(value, member, rule)
