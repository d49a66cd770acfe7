from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import botocore.session
import pytest
from botocore.exceptions import ClientError
from hypothesis import assume, given
from hypothesis import strategies as st

from reconciler.aws import rules
from reconciler.aws.errors import classify, classify_part
from reconciler.model import Failure, FailureKind, Scope
from tests.unit.answers import LAMBDA, Row
from tests.unit.answers_elsewhere import ELSEWHERE, IMAGE_PARTS

if TYPE_CHECKING:
    from typing import Any

    from botocore.model import Shape

ANSWERS = (*LAMBDA, *ELSEWHERE)
OUR_OPERATIONS = (
    ("lambda", "GetFunction"),
    ("lambda", "GetRuntimeManagementConfig"),
    ("lambda", "ListFunctions"),
    ("lambda", "ListVersionsByFunction"),
    ("lambda", "UpdateFunctionCode"),
    ("lambda", "PublishVersion"),
    ("lambda", "PutRuntimeManagementConfig"),
    ("s3", "HeadObject"),
    ("s3", "GetObject"),
    ("ecr", "BatchGetImage"),
    ("ecr", "GetDownloadUrlForLayer"),
    ("sts", "GetCallerIdentity"),
    ("sts", "AssumeRole"),
    ("sts", "AssumeRoleWithWebIdentity"),
)


def answered(operation: str, status: int, code: str, message: str, **more: object) -> Failure:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": status},
        **more,
    }
    return classify(operation, ClientError(response, operation))


@pytest.mark.parametrize("row", ANSWERS, ids=str)
def test_an_answer_has_its_kind_scope_and_remedy(row: Row) -> None:
    """Each of AWS's words leads to one decision, and tells what AWS said."""
    failure = answered(row.operation, row.status, row.code, row.message)
    assert (row.kind, row.scope) == (failure.kind, failure.scope)
    assert row.remedy in failure.remedy
    assert f"{row.operation}: {row.code}: {row.message}" == failure.what
    assert (row.operation, row.code, "request-1") == (
        failure.operation,
        failure.code,
        failure.request_id,
    )
    assert failure.outcome_unknown is (row.status >= 500)


@pytest.mark.parametrize("row", IMAGE_PARTS, ids=str)
def test_a_part_of_an_answer_has_its_kind_scope_and_remedy(row: Row) -> None:
    """BatchGetImage refuses single images inside an answer of 200."""
    failure = classify_part(row.operation, row.code, "Requested image not found")
    assert (row.kind, row.scope) == (failure.kind, failure.scope)
    assert row.remedy in failure.remedy
    assert f"{row.operation}: {row.code}: Requested image not found" == failure.what
    assert not failure.outcome_unknown


def test_every_rule_is_met_by_an_answer() -> None:
    """A rule that no answer of the tables above meets is shadowed, misspelt or not tested."""
    met = {id(rules.find(row.operation, row.code, row.message)) for row in (*ANSWERS, *IMAGE_PARTS)}
    assert [] == [rule for rule in rules.RULES if id(rule) not in met]


def test_every_text_of_a_rule_is_met_by_an_answer() -> None:
    """A text that none of the answers has might be misspelt, and nobody would notice."""
    met = [(rules.find(row.operation, row.code, row.message), row) for row in ANSWERS]
    unmet = [
        (rule.code, text)
        for rule in rules.RULES
        for text in rule.texts
        if not any(rule is found and text.lower() in row.message.lower() for found, row in met)
    ]
    assert [] == unmet


S3_WORDS, ECR_WORDS = ("S3", "s3", "object", "bucket"), ("ECR", "ecr", "image", "repository")
OTHER_SERVICES = (
    *(
        ("GetFunction", code, S3_WORDS)
        for code in (
            *("301", "400", "403", "404", "405", "412", "AccessDenied", "AllAccessDisabled"),
            *("InternalError", "InvalidArgument", "InvalidBucketName", "KeyTooLongError"),
            *("MethodNotAllowed", "OperationAborted", "PreconditionFailed", "RequestTimeout"),
            "ServiceUnavailable",
        )
    ),
    *(
        ("GetFunction", code, ECR_WORDS)
        for code in (
            *("AccessDeniedException", "InvalidParameterException", "KmsException"),
            *("LimitExceededException", "ServerException"),
        )
    ),
    ("GetFunction", "AccessDenied", ("trust", "OIDC")),
    ("UpdateFunctionCode", "InvalidParameterValueException", ("spec.runtimeManagement",)),
)


@pytest.mark.parametrize(("operation", "code", "words"), OTHER_SERVICES)
def test_a_code_of_one_service_means_nothing_special_for_another(
    operation: str, code: str, words: tuple[str, ...]
) -> None:
    """Codes such as AccessDenied are everybody's; a remedy for the wrong service misleads."""
    remedy = answered(operation, 400, code, "no").remedy
    assert [] == [word for word in words if word in remedy]


PASSING = (
    *(
        ("UpdateFunctionCode", code)
        for code in (
            "KMSAccessDeniedException",
            "KMSDisabledException",
            "KMSInvalidStateException",
            "KMSNotFoundException",
            "ResourceNotReadyException",
            "EC2ThrottledException",
            "EC2AccessDeniedException",
            "EC2UnexpectedException",
            "ENILimitReachedException",
            "ENINotReadyException",
            "SubnetIPAddressLimitReachedException",
            "InvalidSubnetIDException",
            "InvalidSecurityGroupIDException",
            "InvalidZipFileException",
            "InvalidRuntimeException",
            "CodeArtifactUserPendingException",
            "SnapStartNotReadyException",
            "ServiceException",
        )
    ),
    *(("GetObject", code) for code in ("InternalError", "ServiceUnavailable", "RequestTimeout")),
    ("BatchGetImage", "ServerException"),
)


@pytest.mark.parametrize(("operation", "code"), PASSING)
def test_trouble_that_passes_is_temporary_whatever_its_status(operation: str, code: str) -> None:
    """AWS's servers say it with 5xx; what stands between may make another status of it."""
    failure = answered(operation, 400, code, "trouble")
    assert FailureKind.TEMPORARY is failure.kind
    assert "documentation" not in failure.remedy


def test_every_remedy_is_one_line() -> None:
    """It is printed beside the failure of each function."""
    assert [] == [rule for rule in rules.RULES if not rule.remedy or "\n" in rule.remedy]


@cache
def _model(service: str) -> Any:  # noqa: ANN401 - botocore's stubs know less than its model
    return botocore.session.Session().get_service_model(service)


def _code(shape: Shape) -> str:
    return str(shape.metadata.get("error", {}).get("code", shape.name))


DECLARED = [
    (operation, _code(shape))
    for service, operation in OUR_OPERATIONS
    for shape in _model(service).operation_model(operation).error_shapes
]


@pytest.mark.parametrize(("operation", "code"), DECLARED)
def test_every_declared_error_has_a_rule_of_its_own(operation: str, code: str) -> None:
    """AWS adds errors to its model: each must be looked at before it can surprise anybody."""
    assert rules.find(operation, code, "") is not None


def test_the_models_declare_errors() -> None:
    """The test above sees what is known to be there."""
    assert ("UpdateFunctionCode", "CodeVerificationFailedException") in DECLARED
    assert ("ListVersionsByFunction", "TooManyRequestsException") in DECLARED
    assert ("AssumeRole", "PackedPolicyTooLarge") in DECLARED


def test_every_reason_for_a_missing_image_has_a_rule_of_its_own() -> None:
    """ECR's ImageFailureCode is an enum that may grow."""
    listed = set(_model("ecr").shape_for("ImageFailureCode").enum)
    assert {row.code for row in IMAGE_PARTS} == listed
    assert set() == {code for code in listed if rules.find("BatchGetImage", code, "") is None}


# Whatever is answered.

CODES = st.one_of(st.sampled_from([rule.code for rule in rules.RULES]), st.text(max_size=30))
OPERATIONS = st.sampled_from([operation for _, operation in OUR_OPERATIONS])
TEXTS = st.one_of(st.none(), st.text(max_size=50))


@given(OPERATIONS, st.integers(500, 599), CODES, TEXTS)
def test_a_failed_server_is_temporary_and_of_unknown_outcome(
    operation: str, status: int, code: str, message: str
) -> None:
    """Whatever the code says: the write may have taken effect, and may work next time."""
    failure = answered(operation, status, code, message)
    assert (FailureKind.TEMPORARY, Scope.FUNCTION) == (failure.kind, failure.scope)
    assert failure.outcome_unknown


@given(OPERATIONS, st.integers(400, 499), st.text(max_size=30), TEXTS)
def test_an_unknown_refusal_is_permanent(
    operation: str, status: int, code: str, message: str
) -> None:
    """Trying again what nobody knows would only repeat it; two statuses speak for themselves."""
    known = rules.find(operation, " ".join(code.split()), "") is not None
    assume(status not in (408, 429) and not known)
    failure = answered(operation, status, code, message)
    assert (FailureKind.PERMANENT, Scope.FUNCTION) == (failure.kind, failure.scope)
    assert not failure.outcome_unknown


@pytest.mark.parametrize(
    "code",
    [
        *("TooManyRequestsException", "TooManyRequestsError", "TooManyRequests", "SlowDown"),
        *("ThrottlingException", "Throttling", "ThrottledException", "SlowDownException"),
        *("RequestThrottled", "RequestThrottledException", "RequestLimitExceeded"),
        *("BandwidthLimitExceeded", "ProvisionedThroughputExceededException"),
        "PriorRequestNotComplete",
    ],
)
def test_throttling_is_known_by_its_code_too(code: str) -> None:
    """Some services say it with 400 or 503 (botocore, data/_retry.json)."""
    failure = answered("UpdateFunctionCode", 400, code, "slow down")
    assert (FailureKind.TEMPORARY, True) == (failure.kind, failure.throttled)
    assert "run again later, or run less at once" in failure.remedy


@given(OPERATIONS, CODES, TEXTS)
def test_too_many_requests_is_always_throttling(operation: str, code: str, message: str) -> None:
    """AWS has not looked at the request, whatever it calls that."""
    failure = answered(operation, 429, code, message)
    assert (FailureKind.TEMPORARY, True) == (failure.kind, failure.throttled)


@given(
    st.dictionaries(st.sampled_from(["Code", "Message", "Type"]), TEXTS),
    st.dictionaries(st.sampled_from(["message", "Message", "Reason", "retryAfterSeconds"]), TEXTS),
    st.integers(0, 999),
)
def test_any_answer_can_be_classified(
    error: dict[str, str], members: dict[str, str], status: int
) -> None:
    """Proxies answer all sorts of things; there is always a kind, a text and a remedy."""
    response: Any = {
        "Error": error,
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}},
        **members,
    }
    failure = classify("GetFunction", ClientError(response, "GetFunction"))
    assert failure.what.startswith("GetFunction: ")
    assert failure.remedy
    assert "\n" not in failure.what


# How long.


@pytest.mark.parametrize(
    ("members", "headers", "seconds"),
    [
        pytest.param({"retryAfterSeconds": "7"}, {}, 7.0, id="member"),
        pytest.param({"retryAfterSeconds": 2}, {}, 2.0, id="number"),
        pytest.param({}, {"retry-after": "1.5"}, 1.5, id="header"),
        pytest.param({"retryAfterSeconds": "0"}, {"retry-after": "9"}, 0.0, id="zero-is-said"),
        pytest.param({"retryAfterSeconds": "soon"}, {"retry-after": "9"}, 9.0, id="unreadable"),
        pytest.param({}, {"retry-after": "9" * 400}, None, id="absurd"),
    ],
)
def test_the_pause_that_aws_asks_for_is_honoured(
    members: dict[str, object], headers: dict[str, str], seconds: float | None
) -> None:
    """The model calls the header retryAfterSeconds; botocore acts on neither."""
    metadata = {"HTTPStatusCode": 429, "HTTPHeaders": headers}
    failure = answered(
        "PublishVersion", 429, "TooManyRequestsException", "x", ResponseMetadata=metadata, **members
    )
    assert seconds == failure.retry_after


@pytest.mark.parametrize(
    "text",
    [
        "The role defined for the function cannot be assumed by Lambda.",
        "The provided execution role does not have permissions to call CreateNetworkInterface",
        "ARN does not refer to a valid principal: it is invalid for CreateGrant",
    ],
)
def test_a_spreading_role_is_given_time(text: str) -> None:
    """IAM is eventually consistent: trying again at once would spend the tries for nothing."""
    failure = answered("UpdateFunctionCode", 400, "InvalidParameterValueException", text)
    assert 5.0 == failure.retry_after


def test_the_reason_of_a_throttle_is_shown_and_told_apart() -> None:
    """ThrottleReason ConcurrentSnapshotCreateLimitExceeded is about SnapStart, not about calls."""
    failure = answered(
        "PublishVersion",
        429,
        "TooManyRequestsException",
        "Rate Exceeded.",
        Reason="ConcurrentSnapshotCreateLimitExceeded",
    )
    assert "SnapStart" in failure.remedy
    assert failure.what.endswith("Rate Exceeded. ConcurrentSnapshotCreateLimitExceeded")
    assert failure.throttled


@pytest.mark.parametrize(
    "reason", [*_model("lambda").shape_for("ThrottleReason").enum, "MoonPhase"]
)
def test_every_reason_of_a_throttle_is_throttling(reason: str) -> None:
    """Those that AWS lists, and one that it may add: each is shown, and waited out."""
    failure = answered(
        "PublishVersion", 429, "TooManyRequestsException", "Rate Exceeded.", Reason=reason
    )
    assert failure.what.endswith(f"Rate Exceeded. {reason}")
    assert (FailureKind.TEMPORARY, True) == (failure.kind, failure.throttled)
    assert ("SnapStart" in failure.remedy) == (reason == "ConcurrentSnapshotCreateLimitExceeded")


# Nothing secret.


@pytest.mark.parametrize(
    "message",
    [
        (
            "The request signature we calculated does not match.\n\nThe Canonical String for this "
            "request should have been\n'GET\n/\n\nx-amz-date:SECRET\n'"
        ),
        "Bad request: https://bucket/key?X-Amz-Security-Token=SECRET&X-Amz-Signature=SECRET",
        "header x-amz-security-token: SECRET was not expected",
    ],
    ids=["canonical-request", "signed-url", "header"],
)
def test_what_signs_a_request_is_not_shown(message: str) -> None:
    """AWS repeats the canonical request, session token included, to a wrong signature."""
    failure = answered("GetFunction", 403, "InvalidSignatureException", message)
    assert "SECRET" not in str(failure)
