"""
What Lambda answers to the six operations that the reconciler calls.

The codes are from Lambda's model; the texts that tell the cases of one code apart were
recorded from AWS (LocalStack's aws.validated snapshots of test_lambda_api) or are quoted
in public issues and in AWS's guides. A conflict whose text is not known passes by itself
more often than not, and is temporary.
"""

from __future__ import annotations

from reconciler.aws.rules.artifacts import ARCHIVED, NO_BUCKET, NO_OBJECT, WRONG_BUCKET_REGION
from reconciler.aws.rules.rule import permanent, temporary
from reconciler.model import Scope

_SPREADING_SECONDS = 5.0
"""IAM's changes take some seconds to reach Lambda; Terraform tries again for the same reason."""

_SOMEBODY_ELSE = "somebody else changes this function at the same time: run again"
_BUSY = "AWS is still busy with the function: run again when it is Active"
_INACTIVE = "the function is Inactive: invoke it once, so that AWS wakes it, then run again"
_SPREADING = "a fresh role or key may still be spreading in AWS: run again, or fix its permissions"
_DEFINED = "where the function is defined (Terraform, CDK)"

_CONFLICTS = (
    permanent(
        "ResourceConflictException",
        "AWS writes nothing to what is Failed: mend what the StateReasonCode names, or delete it",
        "state: 'Failed'",
        "state: Failed",
    ),
    permanent(
        "ResourceConflictException",
        "resolve the conflict that AWS names, then run again",
        "already exist",
    ),
    temporary("ResourceConflictException", _INACTIVE, "state: 'Inactive'", "state: Inactive"),
    temporary("ResourceConflictException", _BUSY, "following state"),
    temporary("ResourceConflictException", _SOMEBODY_ELSE),
    temporary("PreconditionFailedException", _SOMEBODY_ELSE),
)

_INVALID = "InvalidParameterValueException"
_READS_AS_CALLER = (
    "Lambda reads the package with the reconciler's own credentials: give its role s3:GetObject "
    "(with a versionId s3:GetObjectVersion) and, for an encrypted object, kms:Decrypt"
)
_S3_TROUBLE = "S3 has trouble: run again later"

_PACKAGES = (
    permanent(_INVALID, NO_OBJECT, "S3 Error Code: NoSuchKey", "S3 Error Code: NoSuchVersion"),
    permanent(_INVALID, NO_BUCKET, "S3 Error Code: NoSuchBucket"),
    permanent(
        _INVALID,
        WRONG_BUCKET_REGION,
        "S3 Error Code: PermanentRedirect",
        "S3 Error Code: AuthorizationHeaderMalformed",
    ),
    permanent(_INVALID, _READS_AS_CALLER, "S3 Error Code: AccessDenied"),
    permanent(_INVALID, ARCHIVED, "S3 Error Code: InvalidObjectState"),
    permanent(
        _INVALID, "restore the KMS key of the object or the access to it", "S3 Error Code: KMS."
    ),
    temporary(
        _INVALID,
        _S3_TROUBLE,
        "S3 Error Code: SlowDown",
        "S3 Error Code: InternalError",
        "S3 Error Code: ServiceUnavailable",
    ),
    permanent(_INVALID, "mend what S3 names, or correct spec.code.s3", "S3 Error Code:"),
    permanent(
        _INVALID,
        "the package is over AWS's limit of 250 MB unzipped, layers included: make it smaller",
        "Unzipped size must be smaller",
    ),
    permanent(_INVALID, "build the package again: AWS cannot unzip it", "Could not unzip"),
    permanent("AccessDeniedException", _READS_AS_CALLER, "denied by S3"),
    permanent(
        "RequestEntityTooLargeException",
        "the package is over AWS's limit of 50 MB for a direct upload: put it in S3 (spec.code.s3)",
    ),
    permanent(
        "413",
        "AWS takes 50 MB in a direct upload, and a proxy on the way maybe less: put the package in "
        "S3 (spec.code.s3)",
    ),
    permanent("RequestTooLargeException", "the request is over AWS's limit: put the code in S3"),
    permanent("SerializedRequestEntityTooLargeException", "put the package in S3 (spec.code.s3)"),
    permanent(
        "CodeStorageExceededException",
        "this account and region is out of code storage: delete old versions and functions, or "
        "keep packages in your own bucket (S3ObjectStorageMode REFERENCE)",
        scope=Scope.REGION,
    ),
)

_RECREATE = (
    "AWS never changes the package type: declare code of the function's own type, or delete and "
    f"recreate it {_DEFINED}"
)

_IMAGES = (
    permanent(
        _INVALID,
        "push the image to ECR in the function's region, or correct spec.code.imageUri",
        "Provide a valid source image",
    ),
    permanent(
        _INVALID,
        "Lambda takes single-platform images only: build with "
        "`docker buildx build --provenance=false --sbom=false`, or declare the digest for the "
        "function's platform",
        "layer media type",
        "image manifest",
    ),
    permanent(_INVALID, _RECREATE, "Please provide ImageUri", "Please don't provide ImageUri"),
    permanent(
        "AccessDeniedException",
        "let Lambda pull the image: its ECR repository policy must allow lambda.amazonaws.com "
        "ecr:BatchGetImage and ecr:GetDownloadUrlForLayer",
        "access the ECR image",
    ),
)

_SIGNATURES = (
    permanent(
        "CodeVerificationFailedException",
        "sign the package with a profile that the function's code signing config allows, and "
        "whose signature has neither expired nor been revoked",
    ),
    permanent(
        "InvalidCodeSignatureException",
        "sign the package again: it was changed after signing, and AWS refuses that even when "
        "the policy is Warn",
    ),
    permanent(
        "CodeSigningConfigNotFoundException",
        f"the code signing config of the function is gone: attach an existing one {_DEFINED}",
    ),
)

_CONFIGURATIONS = (
    temporary(_INVALID, _SOMEBODY_ELSE, "is different from current CodeSHA256"),
    temporary(_INVALID, _SPREADING, "cannot be assumed", pause=_SPREADING_SECONDS),
    temporary(_INVALID, _SPREADING, "execution role does not have perm", pause=_SPREADING_SECONDS),
    temporary(_INVALID, _SPREADING, "invalid for CreateGrant", pause=_SPREADING_SECONDS),
    temporary(_INVALID, "EC2 throttles Lambda in this account: run again", "throttled by EC2"),
    permanent(_INVALID, f"mend what EC2 names {_DEFINED}", "EC2 Error Code:"),
    permanent(
        _INVALID,
        "declare updateRuntimeOn Auto or FunctionUpdate, so that the reconciler may change it",
        "'Manual'",
    ),
    permanent(
        _INVALID,
        f"AWS blocks updates of this runtime: move the function to a supported one {_DEFINED}",
        "no longer supported",
    ),
    permanent(
        _INVALID,
        f"declare an architecture that the runtime has, or change the runtime {_DEFINED}",
        "does not support the following architectures",
    ),
    permanent(
        _INVALID,
        "correct spec.runtimeManagement: a runtimeVersionArn belongs to one runtime, region and "
        "architecture",
        operations=("PutRuntimeManagementConfig",),
    ),
    permanent(_INVALID, "correct the value that AWS names"),
    permanent("ValidationException", "correct the value that AWS names"),
    permanent(
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        "the capacity provider has no room for another version: delete old ones",
    ),
    permanent(
        "ResourceNotFoundException",
        "spec.functionName or its ARN names another region: correct it, or spec.region",
        "not reachable in this region",
    ),
    permanent(
        "ResourceNotFoundException",
        "check spec.functionName, the region and the account; "
        "create the function first (Terraform, CDK), the reconciler never does",
    ),
    temporary("ServiceException", "Lambda has trouble: run again later"),
)

RULES = (*_CONFLICTS, *_PACKAGES, *_IMAGES, *_SIGNATURES, *_CONFIGURATIONS)
