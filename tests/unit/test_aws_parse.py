"""AWS's answers in small, as its recordings have them, and what of them gets through."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.aws import parse
from reconciler.model import (
    Architecture,
    CodeDigest,
    FailureKind,
    LastUpdateStatus,
    LiveFunction,
    PackageType,
    PublishedVersion,
    ReconcileError,
    RuntimeManagement,
    State,
    UpdateRuntimeOn,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:orders"
HASH = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
HEX = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
RUNTIME = f"arn:aws:lambda:eu-west-1::runtime:{HEX}"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1"
PASSWORD = "hunter2-of-the-database"  # noqa: S105 - what must not get out
SIGNED = "https://bucket.s3.example/snapshots/orders?X-Amz-Security-Token=sesame"


def _configuration(**members: object) -> dict[str, Any]:
    return {
        "FunctionName": "orders",
        "FunctionArn": ARN,
        "Runtime": "python3.13",
        "Role": "arn:aws:iam::123456789012:role/orders",
        "Handler": "index.handler",
        "CodeSize": 276,
        "Timeout": 3,
        "LastModified": "2026-01-02T03:04:05.000+0000",
        "CodeSha256": HASH,
        "Version": "$LATEST",
        "Environment": {"Variables": {"DB_PASSWORD": PASSWORD}},
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": "4c8f1c2e-0000-0000-0000-000000000001",
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
        "Architectures": ["arm64"],
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "RuntimeVersionConfig": {"RuntimeVersionArn": RUNTIME},
        **members,
    }


def _answer(code: dict[str, Any] | None = None, **members: object) -> dict[str, Any]:
    return {
        "ResponseMetadata": {"RequestId": "request-1", "HTTPStatusCode": 200},
        "Configuration": _configuration(**members),
        "Code": {"RepositoryType": "S3", "Location": SIGNED, **(code or {})},
        "Tags": {"team": "orders"},
    }


def _without(answer: dict[str, Any], *members: str) -> dict[str, Any]:
    for member in members:
        del answer["Configuration"][member]
    return answer


def test_a_zip_function() -> None:
    """Everything that the planner compares is read, and what was not asked for stays unread."""
    expected = LiveFunction(
        function_arn=ARN,
        package_type=PackageType.ZIP,
        code=CodeDigest(HASH),
        architecture=Architecture.ARM64,
        state=State.ACTIVE,
        last_update_status=LastUpdateStatus.SUCCESSFUL,
        revision_id="4c8f1c2e-0000-0000-0000-000000000001",
        source_kms_key_arn=KEY,
    )
    assert expected == parse.live_function(_answer({"SourceKMSKeyArn": KEY}))


def test_an_image_function() -> None:
    """An image has a hex digest and no runtime; its tag is of no account."""
    image = _answer(
        {
            "RepositoryType": "ECR",
            "ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:latest",
            "ResolvedImageUri": f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:{HEX}",
        },
        PackageType="Image",
        CodeSha256=HEX,
    )
    found = parse.live_function(_without(image, "Runtime", "Handler", "RuntimeVersionConfig"))
    assert PackageType.IMAGE is found.package_type
    assert CodeDigest(HEX) == found.code


def test_a_new_function_has_no_last_update_status() -> None:
    """The member is absent until the creation is over."""
    pending = _answer(State="Pending", StateReason="being created", StateReasonCode="Creating")
    found = parse.live_function(_without(pending, "LastUpdateStatus"))
    assert found.last_update_status is None
    assert found.in_progress
    assert ("Creating", "being created") == (found.state_reason_code, found.state_reason)


def test_a_failed_update_keeps_its_reason() -> None:
    """Code and reason of a failed update are what the reader needs."""
    found = parse.live_function(
        _answer(
            LastUpdateStatus="Failed",
            LastUpdateStatusReasonCode="EniLimitExceeded",
            LastUpdateStatusReason="no more ENIs",
        )
    )
    assert LastUpdateStatus.FAILED is found.last_update_status
    assert "EniLimitExceeded" == found.last_update_status_reason_code
    assert "no more ENIs" == found.last_update_status_reason


def test_values_that_the_sdk_does_not_list_are_kept() -> None:
    """A running update says Creating, which no enum of the SDK has; others will follow."""
    found = parse.live_function(
        _answer(
            State="Hibernating",
            LastUpdateStatus="Replicating",
            LastUpdateStatusReasonCode="Creating",
            Architectures=["riscv64"],
            PackageType="Wasm",
        )
    )
    assert ("Hibernating", "Replicating", "Creating", "riscv64", "Wasm") == (
        found.state,
        found.last_update_status,
        found.last_update_status_reason_code,
        found.architecture,
        found.package_type,
    )


@pytest.mark.parametrize("architectures", [None, []], ids=["null", "empty"])
def test_without_architectures_a_function_is_x86_64(architectures: list[str] | None) -> None:
    """Functions from before 2021 may lack the member."""
    found = parse.live_function(_answer(Architectures=architectures))
    assert Architecture.X86_64 is found.architecture


def test_old_answers_lack_members() -> None:
    """Architectures, PackageType, State and RuntimeVersionConfig have defaults."""
    old = _without(
        _answer(), "Architectures", "PackageType", "State", "RuntimeVersionConfig", "RevisionId"
    )
    found = parse.live_function(old)
    assert (Architecture.X86_64, PackageType.ZIP, State.ACTIVE) == (
        found.architecture,
        found.package_type,
        found.state,
    )
    assert found.revision_id is None


def test_code_that_the_caller_may_not_see_is_told_from_code_without_a_key() -> None:
    """With a customer's key Code may be an error beside a whole Configuration."""
    error = {"ErrorCode": "AccessDeniedException", "Message": "no kms:Decrypt"}
    found = parse.live_function({**_answer(), "Code": {"Error": error}})
    assert "AccessDeniedException: no kms:Decrypt" == found.code_unreadable
    assert found.source_kms_key_arn is None


def test_a_version_from_a_list_has_no_state() -> None:
    """ListVersionsByFunction omits State, which is not the same as Active."""
    item = _configuration(Version="12")
    del item["State"]
    assert PublishedVersion(
        "12", CodeDigest(HASH), Architecture.ARM64, state=None
    ) == parse.published_version("ListVersionsByFunction", item)


def test_a_failed_version() -> None:
    """A version that failed to initialise says why."""
    found = parse.published_version(
        "GetFunction",
        _configuration(
            Version="3", State="Failed", StateReasonCode="FunctionError", StateReason="no"
        ),
    )
    assert (State.FAILED, "FunctionError", "no") == (
        found.state,
        found.state_reason_code,
        found.state_reason,
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": None, "FunctionArn": ARN},
            RuntimeManagement(UpdateRuntimeOn.AUTO),
            id="auto-with-null",
        ),
        pytest.param(
            {"UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": ARN},
            RuntimeManagement(UpdateRuntimeOn.FUNCTION_UPDATE),
            id="function-update-without",
        ),
        pytest.param(
            {"UpdateRuntimeOn": "Auto", "RuntimeVersionArn": RUNTIME},
            RuntimeManagement(UpdateRuntimeOn.AUTO),
            id="auto-with-a-stray-arn",
        ),
        pytest.param(
            {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": RUNTIME},
            RuntimeManagement(UpdateRuntimeOn.MANUAL, RUNTIME),
            id="manual",
        ),
        pytest.param(
            {"UpdateRuntimeOn": "Scheduled"},
            RuntimeManagement(UpdateRuntimeOn("Scheduled")),
            id="unknown",
        ),
    ],
)
def test_a_runtime_mode(answer: dict[str, Any], expected: RuntimeManagement) -> None:
    """The ARN counts in Manual only, so that equal modes compare equal."""
    assert expected == parse.runtime_management(answer)


def test_a_receipt() -> None:
    """Of a write's answer only the request, the revision and AWS's own hash are kept."""
    answer = {**_configuration(), "ResponseMetadata": {"RequestId": "request-9"}}
    receipt = parse.receipt("UpdateFunctionCode", answer)
    assert "request-9" == receipt.request_id
    assert "4c8f1c2e-0000-0000-0000-000000000001" == receipt.revision_id
    assert CodeDigest(HASH) == receipt.code
    assert receipt.version is None


def test_a_receipt_of_an_answer_without_a_configuration() -> None:
    """PutRuntimeManagementConfig answers neither a revision nor a hash."""
    receipt = parse.mode_receipt({"UpdateRuntimeOn": "Auto", "FunctionArn": ARN})
    assert (None, None, None) == (receipt.request_id, receipt.revision_id, receipt.code)


# Nothing secret gets through.


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(lambda: parse.live_function(_answer()), id="function"),
        pytest.param(
            lambda: parse.published_version("GetFunction", _configuration(Version="1")),
            id="version",
        ),
        pytest.param(
            lambda: parse.receipt(
                "PublishVersion",
                _configuration(),
                parse.published_version("PublishVersion", _configuration()),
            ),
            id="receipt",
        ),
        pytest.param(
            lambda: parse.runtime_management({"UpdateRuntimeOn": "Auto", "Stray": PASSWORD}),
            id="mode",
        ),
    ],
)
def test_no_secret_is_in_a_parsed_value(read: Callable[[], object]) -> None:
    """Environment variables and the signed URL of the code are never kept."""
    assert PASSWORD not in repr(read())
    assert "sesame" not in repr(read())


# Answers that are not AWS's.


@pytest.mark.parametrize(
    ("read", "what"),
    [
        pytest.param(
            lambda: parse.live_function({}),
            "GetFunction: the answer has a structure missing",
            id="{}",
        ),
        pytest.param(
            lambda: parse.live_function({"Configuration": None, "Code": None}),
            "GetFunction: the answer has a structure missing",
            id="nulls",
        ),
        pytest.param(
            lambda: parse.live_function(_without(_answer(), "CodeSha256")),
            "GetFunction: the answer has no CodeSha256",
            id="no-hash",
        ),
        pytest.param(
            lambda: parse.live_function(_answer(CodeSha256="")),
            "GetFunction: the answer has no CodeSha256",
            id="empty-hash",
        ),
        pytest.param(
            lambda: parse.published_version("PublishVersion", {"CodeSha256": HASH}),
            "PublishVersion: the answer has no Version",
            id="no-version",
        ),
        pytest.param(
            lambda: parse.receipt("UpdateFunctionCode", {}),
            "UpdateFunctionCode: the answer has no CodeSha256",
            id="no-receipt",
        ),
        pytest.param(
            lambda: parse.mode_receipt({}),
            "PutRuntimeManagementConfig: the answer has no UpdateRuntimeOn",
            id="no-mode-receipt",
        ),
        pytest.param(
            lambda: parse.versions({}),
            "ListVersionsByFunction: the answer has no Versions",
            id="no-versions",
        ),
        pytest.param(
            lambda: parse.runtime_management({"FunctionArn": ARN}),
            "GetRuntimeManagementConfig: the answer has no UpdateRuntimeOn",
            id="no-mode",
        ),
    ],
)
def test_an_answer_that_lacks_the_essential_is_an_error(
    read: Callable[[], object], what: str
) -> None:
    """No default stands in for a hash or a mode, and the error quotes nothing of the answer."""
    with pytest.raises(ReconcileError) as raised:
        read()
    failure = raised.value.failure
    assert what == failure.what
    assert FailureKind.TEMPORARY is failure.kind
    assert failure.outcome_unknown
    assert PASSWORD not in str(raised.value)
