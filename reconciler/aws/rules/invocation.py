"""
Errors that Lambda's model declares for Invoke only, and never for our operations.

They tell the same troubles of a function, so that their remedies are known should AWS
ever answer with one of them. Those with a status of 502 stay temporary like all 5xx.
"""

from __future__ import annotations

from reconciler.aws.rules.rule import permanent, temporary

_KEY = "restore the function's KMS key or the access to it, then run again"
_NETWORK = "mend the function's VPC configuration or free what AWS names, then run again"
_LATER = "run again later"

RULES = (
    temporary("KMSAccessDeniedException", _KEY),
    temporary("KMSDisabledException", _KEY),
    temporary("KMSInvalidStateException", _KEY),
    temporary("KMSNotFoundException", _KEY),
    temporary("ResourceNotReadyException", "the function's VPC connection is renewed: run again"),
    temporary("EC2ThrottledException", "EC2 throttles Lambda in this account: run again later"),
    temporary("EC2AccessDeniedException", "give the execution role what EC2 refuses it"),
    temporary("EC2UnexpectedException", _LATER),
    temporary("ENILimitReachedException", _NETWORK),
    temporary("ENINotReadyException", _LATER),
    temporary("SubnetIPAddressLimitReachedException", _NETWORK),
    temporary("InvalidSubnetIDException", _NETWORK),
    temporary("InvalidSecurityGroupIDException", _NETWORK),
    temporary("InvalidZipFileException", "build the package again: AWS cannot unzip it"),
    temporary("InvalidRuntimeException", "move the function to a supported runtime"),
    temporary("CodeArtifactUserPendingException", "run again when the function is Active"),
    temporary("SnapStartNotReadyException", "run again when the version is Active"),
    permanent("ServiceQuotaExceededException", "free or raise the quota, then run again"),
    permanent("RuntimeVersionDeletedException", "declare a runtime version that exists"),
    permanent("RuntimeAliasDeletedException", "give the function a runtime alias that exists"),
    permanent("InvalidRequestContentException", "check proxies that rewrite requests"),
)
