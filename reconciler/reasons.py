"""
AWS's reason codes: what each means for trying again, and what to do about it.

The codes are those of StateReasonCode and LastUpdateStatusReasonCode in the API
model; AWS gives no prose for them, so that the remedies follow from the developer
guide's pages on states, images, VPC, KMS and SnapStart. A code that is not listed
is taken as temporary and shown as it came.
"""

from __future__ import annotations

from reconciler.model import Failure, FailureKind

_TRY_LATER = "AWS-side trouble: run again later"
_FREE_QUOTA = "free or raise the quota, then run again"
_FIX_CONFIGURATION = "fix the function's configuration where it is defined, then run again"
_FIX_KEY = "restore the KMS key or the access to it, then run again"
_FIX_FILE_SYSTEM = "check the EFS mount target, access point and security groups, then run again"
_FIX_CODE = "the code does not initialise: fix it, or go back to the previous package"
_FIX_IMAGE = "restore the image in ECR or declare another one, then run again"

_IDLE = "Idle"

_TEMPORARY = {
    _IDLE: "nothing is wrong: the next invocation wakes the function",
    "Creating": "wait for it to end",
    "Restoring": "wait for it to end",
    "InternalError": _TRY_LATER,
    "DependencyError": _TRY_LATER,
    "EC2RequestLimitExceeded": "EC2 throttles Lambda in this account: run again later",
    "InsufficientCapacity": "AWS has no capacity right now: run again later",
    "CapacityProviderScalingLimitExceeded": "the capacity provider is full: run again later",
    "EFSMountConnectivityError": _FIX_FILE_SYSTEM,
    "EFSMountTimeout": _FIX_FILE_SYSTEM,
    "DrainingDurableExecutions": "wait until the durable executions have ended",
}

_PERMANENT = {
    "EniLimitExceeded": _FREE_QUOTA,
    "SubnetOutOfIPAddresses": "free IP addresses in the subnet or add one, then run again",
    "VcpuLimitExceeded": _FREE_QUOTA,
    "ServiceQuotaExceededException": _FREE_QUOTA,
    "InsufficientRolePermissions": "give the execution role what it lacks, then run again",
    "InvalidConfiguration": _FIX_CONFIGURATION,
    "InvalidSubnet": _FIX_CONFIGURATION,
    "InvalidSecurityGroup": _FIX_CONFIGURATION,
    "DisallowedByVpcEncryptionControl": _FIX_CONFIGURATION,
    "IncompatibleAcceleratorInstanceTypes": _FIX_CONFIGURATION,
    "ImageDeleted": _FIX_IMAGE,
    "ImageAccessDenied": "let Lambda pull the image (ECR repository policy), then run again",
    "InvalidImage": "declare an image that Lambda supports, built for one platform",
    "KMSKeyAccessDenied": _FIX_KEY,
    "KMSKeyNotFound": _FIX_KEY,
    "InvalidStateKMSKey": _FIX_KEY,
    "DisabledKMSKey": _FIX_KEY,
    "EFSIOError": _FIX_FILE_SYSTEM,
    "EFSMountFailure": _FIX_FILE_SYSTEM,
    "InvalidRuntime": "move the function to a supported runtime where it is defined",
    "InvalidZipFileException": "declare a package that is a readable zip file",
    "FunctionError": _FIX_CODE,
    "FunctionError.InitTimeout": _FIX_CODE,
    "FunctionError.RuntimeInitError": _FIX_CODE,
    "FunctionError.ExtensionInitError": _FIX_CODE,
    "FunctionError.InvalidEntryPoint": (
        "check the handler or entry point, and that the package is built for the architecture"
    ),
    "FunctionError.InvalidWorkingDirectory": _FIX_CODE,
    "FunctionError.PermissionDenied": "make the entry point executable in the package",
    "FunctionError.TooManyExtensions": _FIX_CONFIGURATION,
    "FunctionError.InitResourceExhausted": "raise the function's memory where it is defined",
}

ARTIFACT_LOST = frozenset({"ImageDeleted", "ImageAccessDenied", "InvalidImage"})
"""
Why AWS parks a function that cannot reach its own code any more.

Restoring the access and updating the code brings it back (developer guide,
functions-states); the guide's image page calls that state Failed, so that the code
counts and not the state.
"""


def artifact_lost(reason_code: str | None, *, inactive: bool, by_reference: bool) -> bool:
    """
    Whether a parked function waits for its code to be sent again.

    ``by_reference`` says that Lambda reads the package from the user's own bucket. When it
    cannot any more, the function goes Inactive until access is restored and the code
    updated (developer guide, configuration-self-managed-storage). No source names the
    reason code, so that every one but Idle counts, and so does one that AWS adds later.
    """
    if reason_code in ARTIFACT_LOST:
        return True
    return by_reference and inactive and reason_code not in (None, _IDLE)


def said(reason_code: str | None, reason: str | None) -> str:
    """Put AWS's reason code and reason into words, as far as it gave them."""
    return ": ".join(part for part in (reason_code, reason) if part) or "AWS gave no reason"


def failure(subject: str, reason_code: str | None, reason: str | None) -> Failure:
    """Say that ``subject`` (a clause) failed, with AWS's reason and the remedy."""
    if reason_code in _PERMANENT:
        kind, remedy = FailureKind.PERMANENT, _PERMANENT[reason_code]
    else:
        kind = FailureKind.TEMPORARY
        remedy = _TEMPORARY.get(reason_code or "", "run again; if it stays, look at the reason")
    return Failure(kind, f"{subject} ({said(reason_code, reason)})", remedy, code=reason_code)
