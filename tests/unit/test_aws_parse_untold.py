"""What AWS leaves out of its answers is not guessed, and what it says is shown with care."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.aws import parse
from reconciler.model import FailureKind, LastUpdateStatus, ReconcileError, State
from tests.unit.lambda_answers import ARN, PASSWORD, SIGNED, configuration, whole_answer, without

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


@pytest.mark.parametrize("architectures", [None, [], [None], "arm64"])
@pytest.mark.parametrize(
    "read",
    [
        pytest.param(parse.live_function, id="latest"),
        pytest.param(parse.read_version, id="version"),
        pytest.param(
            lambda answer: parse.newest_version(
                {"Versions": [{**answer["Configuration"], "Version": "1"}]}
            ),
            id="list",
        ),
        pytest.param(
            lambda answer: parse.published_version("PublishVersion", answer["Configuration"]),
            id="published",
        ),
    ],
)
def test_an_architecture_is_never_guessed(
    read: Callable[[dict[str, Any]], object], architectures: object
) -> None:
    """
    An update sends what was read, so that a wrong guess would move the function.

    Every configuration of LocalStack's test_lambda_api (aws.validated) has the member.
    """
    with pytest.raises(ReconcileError) as raised:
        read(whole_answer(Architectures=architectures))
    assert raised.value.failure.what.endswith(": the answer has no readable Architectures")
    assert FailureKind.TEMPORARY is raised.value.failure.kind


def test_an_old_version_stops_nothing() -> None:
    """Only the newest of a list is read, whatever the others lack."""
    old = {"Version": "1", "FunctionArn": ARN}
    page = {"Versions": [configuration(), old, configuration(Version="10"), {"Version": "9"}]}
    found = parse.newest_version(page)
    assert found is not None
    assert "10" == found.version


def test_a_list_may_have_no_version() -> None:
    """$LATEST is always in it, and is none."""
    assert parse.newest_version({"Versions": [configuration()]}) is None


NOT_TOLD = "GetFunction does not answer where the package is"
NO_WORDS = "GetFunction answers with an Error that has no words"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(None, NOT_TOLD, id="null"),
        pytest.param({}, NOT_TOLD, id="empty"),
        pytest.param({"RepositoryType": "S3", "Location": ""}, NOT_TOLD, id="no-location"),
        pytest.param({"ResolvedS3Object": {}}, NOT_TOLD, id="no-object"),
        pytest.param({"Location": SIGNED, "Error": {}}, NO_WORDS, id="empty-error"),
        pytest.param({"Location": SIGNED, "Error": {"Message": None}}, NO_WORDS, id="null-message"),
        pytest.param({"Location": SIGNED, "Error": None}, None, id="no-error"),
        pytest.param({"ResolvedS3Object": {"S3Bucket": "b", "S3Key": "k"}}, None, id="reference"),
    ],
)
def test_code_that_is_not_told_is_not_taken_for_code_without_a_key(
    code: dict[str, Any] | None, expected: str | None
) -> None:
    """An update resets a key that it leaves out (developer guide, encrypt-zip-package)."""
    found = parse.live_function({**whole_answer(), "Code": code})
    assert expected == found.code_unreadable


def test_an_answer_without_code_is_code_that_is_not_told() -> None:
    """The member may be missing altogether."""
    answer = whole_answer()
    del answer["Code"]
    assert NOT_TOLD == parse.live_function(answer).code_unreadable


def test_an_image_needs_no_location() -> None:
    """It has no key of its own, and no package (LocalStack test_lambda_image_crud)."""
    answer = {**whole_answer(PackageType="Image"), "Code": {"RepositoryType": "ECR"}}
    assert parse.live_function(answer).code_unreadable is None


URL = f"see https://bucket.s3.example/code?X-Amz-Signature={PASSWORD}&X-Amz-Security-Token=sesame"
LONG = "x" * 5_000


@pytest.mark.parametrize("reason", [URL, f"one\n two {LONG}", "[1] no {more} ENIs"])
def test_reasons_are_shown_like_messages(reason: str) -> None:
    """In one line of bounded length, and without what signs a URL."""
    reasons: dict[str, Any] = {"StateReason": reason, "LastUpdateStatusReason": reason}
    live = parse.live_function(whole_answer(**reasons))
    version = parse.read_version(whole_answer(Version="1", **reasons))
    refused = parse.live_function({**whole_answer(), "Code": {"Error": {"Message": reason}}})
    said = {
        live.state_reason,
        live.last_update_status_reason,
        version.state_reason,
        version.last_update_status_reason,
        refused.code_unreadable,
    }
    (shown,) = said
    assert shown is not None
    assert 1_003 >= len(shown)
    assert shown.startswith(" ".join(reason.split())[:20])
    for hidden in (PASSWORD, "sesame", "\n"):
        assert hidden not in shown


def test_a_version_that_is_updated_in_place_has_an_update_status() -> None:
    """$LATEST.PUBLISHED stays Active while new code is put into it, or fails to get there."""
    answer = whole_answer(
        Version="$LATEST.PUBLISHED",
        LastUpdateStatus="Failed",
        LastUpdateStatusReasonCode="FunctionError.InitTimeout",
        LastUpdateStatusReason="too slow",
    )
    found = parse.read_version(answer)
    assert (State.ACTIVE, LastUpdateStatus.FAILED, "FunctionError.InitTimeout", "too slow") == (
        found.state,
        found.last_update_status,
        found.last_update_status_reason_code,
        found.last_update_status_reason,
    )


def test_a_version_may_have_no_update_status() -> None:
    """Just published, it has none (LocalStack test_publish_with_update, aws.validated)."""
    found = parse.read_version(without(whole_answer(Version="1"), "LastUpdateStatus"))
    assert found.last_update_status is None
