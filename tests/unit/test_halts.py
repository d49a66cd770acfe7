"""Failures of one function that the others of its account and region, or all, need not repeat."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest

from reconciler.model import (
    LATEST,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    S3Location,
    Scope,
    UpdateFunctionCode,
)
from reconciler.reconcile import Halts, Shared
from tests.unit.builders import ARN, AUTO, NEW, X86, failure, live

ACCOUNT, REGION = "123456789012", "eu-west-1"
FULL = replace(failure(what="storage is full"), scope=Scope.REGION)
EXPIRED = replace(failure(what="keys expired"), scope=Scope.RUN)
UPDATE, PUBLISH = UpdateFunctionCode(NEW, X86), PublishVersion(NEW)
MODE = PutRuntimeManagementConfig(AUTO, LATEST)
HERE = live()
BY_REFERENCE = live(s3_location=S3Location("artifacts", "a.zip"))
ELSEWHERE = [
    live(function_arn=ARN.replace(REGION, "eu-west-2")),
    live(function_arn=ARN.replace(ACCOUNT, "210987654321")),
]


def halts(account: str | None = ACCOUNT) -> Halts:
    """Begin with a function that met full storage."""
    made = Halts()
    made.note(FULL, account, REGION)
    return made


@pytest.mark.parametrize(
    ("step", "name"), [(UPDATE, "UpdateFunctionCode (x86_64)"), (PUBLISH, "PublishVersion")]
)
def test_what_stores_code_is_halted(step: UpdateFunctionCode | PublishVersion, name: str) -> None:
    """Both make a copy of the package; the first failure is what is told."""
    made = halts()
    made.note(replace(FULL, what="a later one"), ACCOUNT, REGION)

    with pytest.raises(ReconcileError) as raised:
        made.check_step(step, HERE)

    assert f"{name} was not sent; another function met storage is full" == raised.value.failure.what


def test_what_stores_no_code_is_not_halted() -> None:
    """A mode, what stays in the user's own bucket, and other accounts and regions."""
    made = halts()

    made.check()
    made.check_step(MODE, HERE)
    for step in (UPDATE, PUBLISH):
        made.check_step(step, BY_REFERENCE)
        for other in ELSEWHERE:
            made.check_step(step, other)


def test_storage_of_an_unknown_account_halts_nobody() -> None:
    """A function that was never read may be in any account."""
    made = halts(account=None)

    made.check()
    for found in (HERE, replace(HERE, function_arn=""), *ELSEWHERE):
        made.check_step(UPDATE, found)


def test_what_concerns_one_function_halts_nobody() -> None:
    """Most failures do."""
    made = Halts()
    made.note(failure(), ACCOUNT, REGION)

    made.check()
    made.check_step(UPDATE, HERE)


@pytest.mark.parametrize("account", [ACCOUNT, None])
def test_what_concerns_the_run_halts_every_call(account: str | None) -> None:
    """With the words of the first failure, whoever met it."""
    made = Halts()
    made.note(EXPIRED, account, REGION)
    made.note(replace(EXPIRED, what="a later one"), account, REGION)

    with pytest.raises(ReconcileError) as raised:
        made.check()

    assert EXPIRED == raised.value.failure


def test_what_one_run_met_is_nothing_to_the_next() -> None:
    """Credentials may have been renewed, and storage freed."""
    first, second = Shared(Mock(), Mock()), Shared(Mock(), Mock())
    first.halts.note(EXPIRED, ACCOUNT, REGION)

    second.halts.check()
