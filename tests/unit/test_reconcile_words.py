"""What is said of a function's run while it goes on and at its end, word by word."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.aws.protocol import Receipt
from reconciler.model import (
    Failure,
    FailureKind,
    PublishVersion,
    PutRuntimeManagementConfig,
    S3Location,
    Scope,
    UpdateFunctionCode,
)
from reconciler.reconcile import words
from tests.unit.builders import ARM, AUTO, NEW, OLD, X86, manual

if TYPE_CHECKING:
    from reconciler.model import Step

TEMPORARY, PERMANENT = FailureKind.TEMPORARY, FailureKind.PERMANENT
UPDATE = UpdateFunctionCode(NEW, ARM)
LIMIT = words.Limit(300.0, "--function-timeout")
ANSWER = Receipt("request-1", code=OLD)
AWS_SAID = Failure(
    PERMANENT,
    "GetFunction: 403",
    "give the role the permission",
    operation="GetFunction",
    code="403",
    request_id="request-1",
    retry_after=5,
    scope=Scope.REGION,
)
UPDATED = "UpdateFunctionCode"


@pytest.mark.parametrize(
    ("step", "named"),
    [
        (UPDATE, "UpdateFunctionCode (arm64)"),
        (UpdateFunctionCode(NEW, X86), "UpdateFunctionCode (x86_64)"),
        (PublishVersion(NEW), "PublishVersion"),
        (PutRuntimeManagementConfig(AUTO), "PutRuntimeManagementConfig (Auto on $LATEST)"),
        (PutRuntimeManagementConfig(manual(), "7"), "PutRuntimeManagementConfig (Manual on 7)"),
    ],
    ids=str,
)
def test_a_step_is_called_as_aws_calls_it(step: Step, named: str) -> None:
    """With what tells it from others of its kind; an ARN would fill the line."""
    assert named == words.describe(step)


SAID: dict[str, tuple[Failure, Failure]] = {
    "undone": (
        words.undone(UPDATE, 2),
        Failure(
            TEMPORARY,
            "UpdateFunctionCode (arm64) was done 2 times and is wanted again",
            "find out who or what undoes it, then run again",
        ),
    ),
    "mode-changed": (
        words.mode_changed(AUTO),
        Failure(
            TEMPORARY,
            "the runtime update mode became Auto while this run was at work",
            "run again",
        ),
    ),
    "out-of-time": (
        words.out_of_time(LIMIT),
        Failure(
            TEMPORARY,
            "300 s were not enough",
            "run again, or allow more time with --function-timeout",
        ),
    ),
    "other-object": (
        words.other_object(ANSWER),
        Failure(
            TEMPORARY,
            f"AWS fetched another package from S3 than was planned, {OLD}: "
            "it was overwritten meanwhile, or spec.code.s3.sha256 is wrong",
            "run again; spec.code.s3.versionId pins an object",
            operation=UPDATED,
            request_id="request-1",
        ),
    ),
    "reference-moved": (
        words.reference_moved(S3Location("artifacts", "a.zip"), NEW),
        Failure(
            PERMANENT,
            "the live package has to be sent again, "
            f"and s3://artifacts/a.zip is another one by now: {NEW}",
            "declare spec.code.s3 to deploy what lies there, or put the live package back",
        ),
    ),
    "other-account": (
        words.other_account("111111111111", "222222222222", None),
        Failure(
            PERMANENT,
            "the function is in account 111111111111, "
            "and the credentials are of account 222222222222",
            "use credentials of that account, or correct spec.functionName",
        ),
    ),
    "other-code": (
        words.other_code(UPDATE, ANSWER),
        Failure(
            PERMANENT,
            f"AWS answers with the hash {OLD}, and {NEW} was sent",
            "find out what changes the package on its way; sending it again would not help",
            operation=UPDATED,
            request_id="request-1",
        ),
    ),
    "interrupted": (
        words.interrupted(None),
        Failure(TEMPORARY, "interrupted", "the next run goes on from there"),
    ),
    "interrupted-at": (
        words.interrupted(UPDATE),
        Failure(
            TEMPORARY,
            "interrupted while waiting for UpdateFunctionCode (arm64)",
            "the next run goes on from there",
        ),
    ),
    "unsettled": (
        words.unsettled("version 7", "State is Pending", words.Limit(2.5, "--version-timeout")),
        Failure(
            TEMPORARY,
            "version 7 has not settled within 2.5 s: State is Pending",
            "run again later, or allow more time with --version-timeout",
        ),
    ),
}


@pytest.mark.parametrize(("said", "expected"), SAID.values(), ids=SAID)
def test_an_end_says_what_happened_and_what_to_do(said: Failure, expected: Failure) -> None:
    """The whole failure: its kind decides over the exit code, its words over the next step."""
    assert expected == said


# What is said beside AWS's own failure keeps all the rest of it.

KEPT = ("operation", "code", "request_id", "retry_after", "scope", "outcome_unknown", "throttled")
ADDED: dict[str, tuple[Failure, FailureKind, str, str]] = {
    "out-of-time-at": (
        words.out_of_time_at(LIMIT, AWS_SAID),
        PERMANENT,
        "300 s were not enough: GetFunction: 403",
        "give the role the permission",
    ),
    "not-sent": (
        words.not_sent(UPDATE, AWS_SAID),
        PERMANENT,
        "UpdateFunctionCode (arm64) was not sent; another function met GetFunction: 403",
        "give the role the permission",
    ),
    "pin-is-off": (
        words.pin_is_off(AWS_SAID),
        PERMANENT,
        "GetFunction: 403; the runtime pin was relaxed for this update and is not on again",
        "give the role the permission",
    ),
    "not-shown-yet": (
        words.not_shown_yet("7", AWS_SAID),
        TEMPORARY,
        "version 7 cannot be read: GetFunction: 403",
        "run again; AWS may take a moment to show it",
    ),
    "found-late": (
        words.found_late(AWS_SAID),
        PERMANENT,
        "GetFunction: 403",
        "give the role the permission",
    ),
}


@pytest.mark.parametrize(("said", "kind", "what", "remedy"), ADDED.values(), ids=ADDED)
def test_what_aws_said_is_kept_beside_our_own_words(
    said: Failure, kind: FailureKind, what: str, remedy: str
) -> None:
    """Its code and request id are what AWS's support asks for."""
    assert (kind, what, remedy) == (said.kind, said.what, said.remedy)
    assert [getattr(AWS_SAID, name) for name in KEPT] == [getattr(said, name) for name in KEPT]


@pytest.mark.parametrize("kind", FailureKind)
def test_input_that_is_found_wrong_under_way_is_a_permanent_failure(kind: FailureKind) -> None:
    """Other functions may be written by then, so that the run did more than to refuse input."""
    late = words.found_late(Failure(kind, "too large", "make it smaller"))
    assert late.kind is (PERMANENT if kind is FailureKind.INVALID else kind)


def test_a_pause_is_told_with_its_length_and_reason() -> None:
    """Tenths of a second are enough."""
    assert "trying again in 1.2 s: GetFunction: 403" == words.trying_again(AWS_SAID, 1.249)


def test_a_dry_run_is_told_with_what_it_does_not_say() -> None:
    """What AWS accepted, or why it was not asked."""
    accepted = "AWS accepts the UpdateFunctionCode: permissions, parameters and package (DryRun)"
    not_asked = (
        "AWS was not asked about the UpdateFunctionCode: "
        "it refuses another architecture until the runtime update mode is relaxed"
    )
    assert (accepted, not_asked) == (words.VALIDATED, words.NOT_VALIDATED)


def test_a_suspended_function_says_why_its_drift_is_not_shown() -> None:
    """Both the reason and the remedy, in one note."""
    expected = "it cannot be compared: GetFunction: 403; give the role the permission"
    assert expected == words.not_compared(AWS_SAID)


def test_a_bug_is_called_a_bug_and_where_it_is() -> None:
    """Never what the exception says, for that may be anything."""
    try:
        raise KeyError("sesame")  # noqa: TRY301 - it is to have a place
    except KeyError as error:
        said = words.unexpected(error)
    assert said.what.startswith("unexpected KeyError at ")
    assert said.what.endswith("in test_a_bug_is_called_a_bug_and_where_it_is")
    remedy = "this is a bug of the reconciler: run again with -v and report it"
    assert (TEMPORARY, remedy) == (said.kind, said.remedy)
