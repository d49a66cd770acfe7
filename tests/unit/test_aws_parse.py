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
    S3Location,
    State,
    UpdateRuntimeOn,
)
from tests.unit.lambda_answers import (
    ARN,
    HASH,
    HEX,
    KEY,
    PASSWORD,
    RUNTIME,
    SIGNED,
    configuration,
    whole_answer,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


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
        runtime="python3.13",
        runtime_version_arn=f"arn:aws:lambda:eu-west-1::runtime:{HEX}",
    )
    assert expected == parse.live_function(whole_answer({"SourceKMSKeyArn": KEY}))


def test_an_image_function() -> None:
    """An image has a hex digest and no runtime; its tag is of no account."""
    resolved = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders@sha256:{HEX}"
    image = whole_answer(
        {
            "RepositoryType": "ECR",
            "ImageUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/orders:latest",
            "ResolvedImageUri": resolved,
        },
        PackageType="Image",
        CodeSha256=HEX,
    )
    found = parse.live_function(without(image, "Runtime", "Handler", "RuntimeVersionConfig"))
    assert PackageType.IMAGE is found.package_type
    assert CodeDigest(HEX) == found.code
    assert (resolved, None) == (found.resolved_image_uri, found.runtime)


@pytest.mark.parametrize(
    ("resolved", "expected"),
    [
        pytest.param(
            {"S3Bucket": "artifacts", "S3Key": "app.zip", "S3ObjectVersion": "v1"},
            S3Location("artifacts", "app.zip", "v1"),
            id="version",
        ),
        pytest.param(
            {"S3Bucket": "artifacts", "S3Key": "app.zip"},
            S3Location("artifacts", "app.zip"),
            id="newest",
        ),
        pytest.param({"S3Bucket": "artifacts"}, None, id="half"),
        pytest.param({}, None, id="empty"),
        pytest.param(None, None, id="null"),
    ],
)
def test_a_package_that_stays_in_the_users_bucket(
    resolved: dict[str, str] | None, expected: S3Location | None
) -> None:
    """ResolvedS3Object says where (API reference, FunctionCodeLocation)."""
    assert expected == parse.live_function(whole_answer({"ResolvedS3Object": resolved})).s3_location


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param({}, (False, False, False), id="plain"),
        pytest.param(
            {"CapacityProviderConfig": {"LambdaManagedInstancesCapacityProviderConfig": {}}},
            (True, False, False),
            id="managed-instances",
        ),
        pytest.param({"CapacityProviderConfig": {}}, (False, False, False), id="empty"),
        pytest.param(
            {"DurableConfig": {"ExecutionTimeout": 60}}, (False, True, False), id="durable"
        ),
        pytest.param(
            {"SnapStart": {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}},
            (False, False, True),
            id="snap-start",
        ),
        pytest.param({"SnapStart": None}, (False, False, False), id="null"),
    ],
)
def test_what_kind_of_function_it_is(
    members: dict[str, Any], expected: tuple[bool, bool, bool]
) -> None:
    """Managed instances, durable executions and snapshots change what the calls mean."""
    found = parse.live_function(whole_answer(**members))
    assert expected == (found.managed_instances, found.durable, found.snap_start)


def test_the_runtime_version_that_runs_is_known() -> None:
    """A pin of it goes with one architecture only (LocalStack test_mixed_architecture)."""
    arn = "arn:aws:lambda:eu-west-1::runtime:abc"
    answer = whole_answer(RuntimeVersionConfig={"RuntimeVersionArn": arn})
    assert arn == parse.live_function(answer).runtime_version_arn


def test_a_replica_names_its_main_function() -> None:
    """Lambda@Edge copies a function into other regions (API, FunctionConfiguration)."""
    assert ARN == parse.live_function(whole_answer(MasterArn=ARN)).master_arn


def test_a_version_of_an_image_has_its_uri() -> None:
    """GetFunction says it beside the configuration, and for $LATEST.PUBLISHED alike."""
    answer = whole_answer(
        {"ResolvedImageUri": "registry/orders@sha256:abc"}, Version="$LATEST.PUBLISHED"
    )
    found = parse.read_version(answer)
    assert ("$LATEST.PUBLISHED", "registry/orders@sha256:abc", State.ACTIVE) == (
        found.version,
        found.resolved_image_uri,
        found.state,
    )


def test_a_new_function_has_no_last_update_status() -> None:
    """The member is absent until the creation is over."""
    pending = whole_answer(State="Pending", StateReason="being created", StateReasonCode="Creating")
    found = parse.live_function(without(pending, "LastUpdateStatus"))
    assert found.last_update_status is None
    assert found.in_progress
    assert ("Creating", "being created") == (found.state_reason_code, found.state_reason)


def test_a_failed_update_keeps_its_reason() -> None:
    """Code and reason of a failed update are what the reader needs."""
    found = parse.live_function(
        whole_answer(
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
        whole_answer(
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


def test_old_answers_lack_members() -> None:
    """PackageType, State and RuntimeVersionConfig have defaults."""
    old = without(whole_answer(), "PackageType", "State", "RuntimeVersionConfig", "RevisionId")
    found = parse.live_function(old)
    assert (PackageType.ZIP, State.ACTIVE) == (found.package_type, found.state)
    assert found.revision_id is None


def test_code_that_the_caller_may_not_see_is_told_from_code_without_a_key() -> None:
    """With a customer's key Code may be an error beside a whole Configuration."""
    error = {"ErrorCode": "AccessDeniedException", "Message": "no kms:Decrypt"}
    found = parse.live_function({**whole_answer(), "Code": {"Error": error}})
    assert "AccessDeniedException: no kms:Decrypt" == found.code_unreadable
    assert found.source_kms_key_arn is None


def test_a_version_from_a_list_has_no_state() -> None:
    """ListVersionsByFunction omits State and LastUpdateStatus: not the same as Active."""
    item = configuration(Version="12")
    del item["State"], item["LastUpdateStatus"]
    assert PublishedVersion(
        "12", CodeDigest(HASH), Architecture.ARM64, state=None
    ) == parse.published_version("ListVersionsByFunction", item)


def test_a_failed_version() -> None:
    """A version that failed to initialise says why."""
    found = parse.published_version(
        "GetFunction",
        configuration(
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
    answer = {**configuration(), "ResponseMetadata": {"RequestId": "request-9"}}
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
        pytest.param(lambda: parse.live_function(whole_answer()), id="function"),
        pytest.param(
            lambda: parse.published_version("GetFunction", configuration(Version="1")),
            id="version",
        ),
        pytest.param(lambda: parse.read_version(whole_answer(Version="1")), id="one-version"),
        pytest.param(
            lambda: parse.receipt(
                "PublishVersion",
                configuration(),
                parse.published_version("PublishVersion", configuration()),
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


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(whole_answer(PackageType="Image"), id="image"),
        pytest.param(whole_answer({"Error": {"ErrorCode": "AccessDenied"}}), id="error"),
        pytest.param(whole_answer({"Location": None}), id="no-location"),
        pytest.param(whole_answer(CodeSha256=None), id="no-hash"),
        pytest.param(whole_answer({"Location": [SIGNED]}), id="no-text"),
    ],
)
def test_a_package_that_is_not_had_tells_no_secret(answer: dict[str, Any]) -> None:
    """The signed URL is in the answer, and in no error."""
    with pytest.raises(ReconcileError) as raised:
        parse.package(answer)
    for secret in (PASSWORD, "sesame", SIGNED):
        assert secret not in repr(raised.value.failure)


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
            lambda: parse.live_function(without(whole_answer(), "CodeSha256")),
            "GetFunction: the answer has no CodeSha256",
            id="no-hash",
        ),
        pytest.param(
            lambda: parse.live_function(whole_answer(CodeSha256="")),
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
            lambda: parse.newest_version({}),
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
