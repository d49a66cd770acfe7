from __future__ import annotations

from functools import cache

import botocore.session
import pytest

from reconciler import reasons
from reconciler.model import FailureKind

UNKNOWN_REMEDY = "run again; if it stays, look at the reason"


@cache
def _listed(shape: str) -> tuple[str, ...]:
    model = botocore.session.Session().get_service_model("lambda")
    enum: list[str] = getattr(model.shape_for(shape), "enum")  # noqa: B009 - of string shapes only
    return tuple(enum)


LISTED = sorted({*_listed("LastUpdateStatusReasonCode"), *_listed("StateReasonCode")})


def test_the_api_model_lists_reason_codes() -> None:
    """The tests below look at AWS's own list, and it is not empty."""
    assert "EniLimitExceeded" in LISTED
    assert "Idle" in _listed("StateReasonCode")


@pytest.mark.parametrize("code", LISTED)
def test_every_listed_reason_code_has_a_remedy(code: str) -> None:
    """A code that the SDK knows is never answered with the general remedy."""
    failure = reasons.failure("the update failed", code, "because")
    assert failure.remedy not in ("", UNKNOWN_REMEDY)
    assert "\n" not in failure.remedy
    assert f"the update failed ({code}: because)" == failure.what
    assert code == failure.code


REMEDIES = {
    "Idle": "nothing is wrong",
    "Creating": "wait",
    "Restoring": "wait",
    "InternalError": "run again later",
    "DependencyError": "run again later",
    "EC2RequestLimitExceeded": "EC2",
    "InsufficientCapacity": "capacity",
    "CapacityProviderScalingLimitExceeded": "capacity provider",
    "EFSMountConnectivityError": "mount target",
    "EFSMountTimeout": "mount target",
    "EFSIOError": "mount target",
    "EFSMountFailure": "mount target",
    "DrainingDurableExecutions": "durable executions",
    "EniLimitExceeded": "quota",
    "SubnetOutOfIPAddresses": "IP addresses",
    "VcpuLimitExceeded": "quota",
    "ServiceQuotaExceededException": "quota",
    "InsufficientRolePermissions": "execution role",
    "InvalidConfiguration": "configuration",
    "InvalidSubnet": "configuration",
    "InvalidSecurityGroup": "configuration",
    "DisallowedByVpcEncryptionControl": "configuration",
    "IncompatibleAcceleratorInstanceTypes": "configuration",
    "ImageDeleted": "restore the image",
    "ImageAccessDenied": "repository policy",
    "InvalidImage": "one platform",
    "KMSKeyAccessDenied": "KMS key",
    "KMSKeyNotFound": "KMS key",
    "InvalidStateKMSKey": "KMS key",
    "DisabledKMSKey": "KMS key",
    "InvalidRuntime": "supported runtime",
    "InvalidZipFileException": "zip file",
    "FunctionError": "does not initialise",
    "FunctionError.InitTimeout": "does not initialise",
    "FunctionError.RuntimeInitError": "does not initialise",
    "FunctionError.ExtensionInitError": "does not initialise",
    "FunctionError.InvalidEntryPoint": "handler",
    "FunctionError.InvalidWorkingDirectory": "does not initialise",
    "FunctionError.PermissionDenied": "executable",
    "FunctionError.TooManyExtensions": "configuration",
    "FunctionError.InitResourceExhausted": "memory",
}


@pytest.mark.parametrize("code", REMEDIES)
def test_the_remedy_names_what_is_to_be_mended(code: str) -> None:
    """Who reads it need not look the reason code up."""
    assert REMEDIES[code] in reasons.failure("the update failed", code, "because").remedy


def test_no_listed_reason_code_is_without_such_a_word() -> None:
    """A code that the SDK adds gets its line above."""
    assert [] == sorted(set(LISTED) - REMEDIES.keys())


@pytest.mark.parametrize(
    ("code", "reason", "said"),
    [
        pytest.param("BrandNew", "because", "BrandNew: because", id="unknown"),
        pytest.param("BrandNew", None, "BrandNew", id="unknown-without-reason"),
        pytest.param(None, "because", "because", id="absent"),
        pytest.param(None, None, "AWS gave no reason", id="nothing-at-all"),
        pytest.param("", "", "AWS gave no reason", id="empty"),
    ],
)
def test_an_unknown_reason_code_is_shown_as_it_came(
    code: str | None, reason: str | None, said: str
) -> None:
    """A code that nobody knows yet is temporary, and told in AWS's words."""
    failure = reasons.failure("the update failed", code, reason)
    assert f"the update failed ({said})" == failure.what
    assert FailureKind.TEMPORARY is failure.kind
    assert UNKNOWN_REMEDY == failure.remedy


PASSES = {
    "Idle",
    "Creating",
    "Restoring",
    "InternalError",
    "DependencyError",
    "EC2RequestLimitExceeded",
    "InsufficientCapacity",
    "CapacityProviderScalingLimitExceeded",
    "EFSMountConnectivityError",
    "EFSMountTimeout",
    "DrainingDurableExecutions",
}
"""AWS-side trouble, and what ends by itself; all the rest waits for somebody."""


@pytest.mark.parametrize("code", LISTED)
def test_the_kind_follows_from_what_trying_again_brings(code: str) -> None:
    """AWS-side trouble passes; what somebody must change does not."""
    kind = FailureKind.TEMPORARY if code in PASSES else FailureKind.PERMANENT
    assert kind is reasons.failure("it failed", code, None).kind


def test_every_lost_artifact_is_a_listed_code() -> None:
    """A misspelt code would leave such functions unrepaired."""
    assert set(LISTED) >= reasons.ARTIFACT_LOST


def test_the_code_of_a_lost_artifact_tells_how_to_restore_it() -> None:
    """Repair is tried, and where it fails the reader learns what to restore."""
    kinds = {reasons.failure("it failed", code, None).kind for code in reasons.ARTIFACT_LOST}
    assert {FailureKind.PERMANENT} == kinds


@pytest.mark.parametrize("code", sorted(reasons.ARTIFACT_LOST))
@pytest.mark.parametrize("inactive", [True, False])
def test_a_lost_image_waits_for_its_code(code: str, *, inactive: bool) -> None:
    """AWS's guides call that state Inactive on one page and Failed on another."""
    assert reasons.artifact_lost(code, inactive=inactive, by_reference=False)


@pytest.mark.parametrize("code", ["InvalidConfiguration", "KMSKeyAccessDenied", "AddedLater"])
def test_a_lost_object_waits_for_its_code_whatever_the_reason_code(code: str) -> None:
    """AWS's guide on self-managed storage names the state, Inactive, and no reason code."""
    assert reasons.artifact_lost(code, inactive=True, by_reference=True)
    assert not reasons.artifact_lost(code, inactive=False, by_reference=True)
    assert not reasons.artifact_lost(code, inactive=True, by_reference=False)


@pytest.mark.parametrize("code", [None, "Idle"])
def test_an_idle_function_has_lost_nothing(code: str | None) -> None:
    """Sending its code again would burn a version number for nothing."""
    assert not reasons.artifact_lost(code, inactive=True, by_reference=True)
