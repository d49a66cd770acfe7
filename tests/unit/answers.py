"""AWS's answers in AWS's words, and what each means: one row at least for every rule."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model import FailureKind, Scope


@dataclass(frozen=True)
class Row:
    """One answer, and the kind, the scope and a part of the remedy that it must have."""

    operation: str
    status: int
    code: str
    message: str
    kind: FailureKind
    remedy: str
    scope: Scope = Scope.FUNCTION

    def __str__(self) -> str:
        return f"{self.operation}-{self.code}-{self.message[-24:]}"


def temporary(operation: str, status: int, code: str, message: str, remedy: str) -> Row:
    return Row(operation, status, code, message, FailureKind.TEMPORARY, remedy)


def permanent(operation: str, status: int, code: str, message: str, remedy: str) -> Row:
    return Row(operation, status, code, message, FailureKind.PERMANENT, remedy)


def region(operation: str, status: int, code: str, message: str, remedy: str) -> Row:
    return Row(operation, status, code, message, FailureKind.PERMANENT, remedy, Scope.REGION)


def run(operation: str, status: int, code: str, message: str, remedy: str) -> Row:
    return Row(operation, status, code, message, FailureKind.PERMANENT, remedy, Scope.RUN)


UPDATE = "UpdateFunctionCode"
PUBLISH = "PublishVersion"
PUT = "PutRuntimeManagementConfig"
GET = "GetFunction"
HEAD = "HeadObject"
OBJECT = "GetObject"
IMAGE = "BatchGetImage"
LAYER = "GetDownloadUrlForLayer"
ROLE = "AssumeRole"
CONFLICT = "ResourceConflictException"
INVALID = "InvalidParameterValueException"
BUSY = "The operation cannot be performed at this time. "
FROM_S3 = "Error occurred while GetObject. S3 Error Code: "

THROTTLED = tuple(
    temporary(GET, status, code, "Rate exceeded", "limits the calls")
    for status, code in (
        (429, "TooManyRequestsException"),  # Lambda's model
        (400, "ThrottlingException"),  # DataDog/datadog-lambda-extension#1355
        (400, "Throttling"),  # the others: botocore, data/_retry.json and retries/standard.py
        (429, "TooManyRequestsError"),
        (429, "TooManyRequests"),
        (400, "ThrottledException"),
        (400, "RequestThrottled"),
        (400, "RequestThrottledException"),
        (503, "RequestLimitExceeded"),
        (400, "BandwidthLimitExceeded"),
        (400, "ProvisionedThroughputExceededException"),
        (503, "SlowDown"),
        (400, "SlowDownException"),
        (400, "PriorRequestNotComplete"),
        (429, "SomeNewThrottle"),
    )
)

SNAPSHOTS = (
    temporary(
        PUBLISH,
        429,
        "TooManyRequestsException",
        "Rate Exceeded. ConcurrentSnapshotCreateLimitExceeded",
        "SnapStart",
    ),
)

CONFLICTS = (
    # LocalStack test_lambda_concurrent_code_updates, aws.validated
    temporary(
        UPDATE,
        409,
        CONFLICT,
        f"{BUSY}An update is in progress for resource: arn:aws:lambda:eu-west-1:1:function:orders",
        "somebody else",
    ),
    temporary(UPDATE, 409, CONFLICT, f"{BUSY}... following state: Pending", "still busy"),
    # go-to-k/cdkd#1621
    temporary(PUT, 409, CONFLICT, f"{BUSY}The resource ... following state: 'Pending'", "busy"),
    temporary(PUBLISH, 409, CONFLICT, "There is a concurrent update operation.", "somebody else"),
    temporary(UPDATE, 409, CONFLICT, "a text that nobody has seen yet", "somebody else"),
    temporary(UPDATE, 409, CONFLICT, f"{BUSY}... following state: Inactive", "invoke it once"),
    temporary(UPDATE, 409, CONFLICT, f"{BUSY}... following state: 'Inactive'", "invoke it once"),
    # hashicorp/terraform-provider-aws#49904
    permanent(
        PUBLISH,
        409,
        CONFLICT,
        f"{BUSY}... following state: 'Failed', StateReasonCode: 'FunctionError'",
        "StateReasonCode",
    ),
    permanent(UPDATE, 409, CONFLICT, f"{BUSY}... following state: Failed", "StateReasonCode"),
    permanent(UPDATE, 409, CONFLICT, "Function already exist: orders", "the conflict"),
    permanent(UPDATE, 409, CONFLICT, "Alias already exists: arn", "the conflict"),
    # LocalStack test_function_revisions_basic, aws.validated
    temporary(
        UPDATE,
        412,
        "PreconditionFailedException",
        "The Revision Id provided does not match the latest Revision Id.",
        "somebody else",
    ),
)

PACKAGES = (
    # LocalStack test_lambda_code_location_s3_errors, aws.validated
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}NoSuchKey. S3 Error Message: ...", "upload the"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}NoSuchVersion.", "versionId"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}NoSuchBucket.", "create the bucket"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}PermanentRedirect.", "another region"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}AuthorizationHeaderMalformed.", "another region"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}AccessDenied.", "s3:GetObject"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}InvalidObjectState.", "archived"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}KMS.DisabledException.", "KMS key"),
    temporary(UPDATE, 400, INVALID, f"{FROM_S3}SlowDown.", "S3 has trouble"),
    temporary(UPDATE, 400, INVALID, f"{FROM_S3}InternalError.", "S3 has trouble"),
    temporary(UPDATE, 400, INVALID, f"{FROM_S3}ServiceUnavailable.", "S3 has trouble"),
    permanent(UPDATE, 400, INVALID, f"{FROM_S3}SomethingNew.", "what S3 names"),
    permanent(UPDATE, 400, INVALID, "Unzipped size must be smaller than 262144000 bytes", "250 MB"),
    permanent(UPDATE, 400, INVALID, "Could not unzip uploaded file. Please check", "build"),
    permanent(
        UPDATE,
        403,
        "AccessDeniedException",
        "Your access has been denied by S3, please make sure your request credentials have "
        "permission to GetObject for bucket/key.",
        "Lambda reads the package with the reconciler's own credentials",
    ),
    permanent(
        UPDATE,
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 70167211 bytes for the UpdateFunctionCode operation",
        "put it in S3",
    ),
    # A body that is not AWS's: the code is then the bare status.
    permanent(UPDATE, 413, "413", "no message", "put the package in S3"),
    permanent(UPDATE, 413, "RequestTooLargeException", "too large", "S3"),
    permanent(UPDATE, 413, "SerializedRequestEntityTooLargeException", "too large", "S3"),
    region(
        UPDATE,
        400,
        "CodeStorageExceededException",
        "Code storage limit exceeded.",
        "delete old versions",
    ),
    region(PUBLISH, 400, "CodeStorageExceededException", "Code storage limit.", "out of code"),
)

IMAGES = (
    permanent(
        UPDATE,
        400,
        INVALID,
        "Source image 1.dkr.ecr.eu-west-1.amazonaws.com/a:b does not exist. "
        "Provide a valid source image.",
        "push the image",
    ),
    # docker/buildx#1533
    permanent(
        UPDATE,
        400,
        INVALID,
        "The image manifest, config or layer media type for the source image a is not supported.",
        "--provenance=false --sbom=false",
    ),
    # LocalStack test_lambda_image_crud and test_lambda_zip_file_to_image, aws.validated
    permanent(
        UPDATE,
        400,
        INVALID,
        "Please provide ImageUri when updating a function with packageType Image.",
        "package type",
    ),
    permanent(
        UPDATE,
        400,
        INVALID,
        "Please don't provide ImageUri when updating a function with packageType Zip.",
        "package type",
    ),
    permanent(
        UPDATE,
        403,
        "AccessDeniedException",
        "Lambda does not have permission to access the ECR image. Check the ECR permissions.",
        "repository policy",
    ),
)

SIGNATURES = (
    permanent(UPDATE, 400, "CodeVerificationFailedException", "not signed", "allows"),
    permanent(UPDATE, 400, "InvalidCodeSignatureException", "bad", "after signing"),
    permanent(UPDATE, 404, "CodeSigningConfigNotFoundException", "gone", "attach"),
)

CONFIGURATIONS = (
    # LocalStack test_publish_with_wrong_sha256, aws.validated
    temporary(
        PUBLISH,
        400,
        INVALID,
        "CodeSHA256 (a) is different from current CodeSHA256 in $LATEST (b).",
        "somebody else",
    ),
    temporary(
        UPDATE,
        400,
        INVALID,
        "The role defined for the function cannot be assumed by Lambda.",
        "spreading",
    ),
    temporary(
        UPDATE,
        400,
        INVALID,
        "The provided execution role does not have permissions to call CreateNetworkInterface",
        "spreading",
    ),
    temporary(UPDATE, 400, INVALID, "the KMS key is invalid for CreateGrant.", "spreading"),
    temporary(UPDATE, 400, INVALID, "Your request has been throttled by EC2", "EC2 throttles"),
    # LocalStack test_vpc_config errors, aws.validated
    permanent(UPDATE, 400, INVALID, "EC2 Error Code: InvalidSubnetID.NotFound.", "EC2 names"),
    # hashicorp/terraform-provider-aws#42699
    permanent(
        UPDATE,
        400,
        INVALID,
        "Cannot change runtime identifier when runtime management configuration is set to "
        "'Manual'. Change the runtime management configuration to 'Auto' or 'FunctionUpdate'.",
        "updateRuntimeOn",
    ),
    # LocalStack, aws.validated, deprecated runtimes
    permanent(
        UPDATE,
        400,
        INVALID,
        "The runtime parameter of python3.7 is no longer supported for creating or updating AWS "
        "Lambda functions.",
        "supported one where the function is defined (Terraform, CDK)",
    ),
    # hashicorp/terraform-provider-aws#28216
    permanent(
        UPDATE,
        400,
        INVALID,
        "Runtime python3.7 does not support the following architectures [arm64].",
        "an architecture that the runtime has",
    ),
    permanent(PUT, 400, INVALID, "some text on the ARN", "one runtime, region and architecture"),
    permanent(UPDATE, 400, INVALID, "anything else", "the value that AWS names"),
    permanent(GET, 400, "ValidationException", "1 validation error", "the value that AWS names"),
    permanent(
        PUBLISH,
        400,
        "FunctionVersionsPerCapacityProviderLimitExceededException",
        "too many",
        "capacity provider",
    ),
    # LocalStack test_get_function_wrong_region, aws.validated
    permanent(
        GET,
        404,
        "ResourceNotFoundException",
        "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
        "another region",
    ),
    permanent(GET, 404, "ResourceNotFoundException", "Function not found: arn", "create the"),
    temporary(UPDATE, 500, "ServiceException", "trouble", "Lambda has trouble"),
    permanent(GET, 400, "InvalidRequestContentException", "no JSON", "proxies"),
    permanent(UPDATE, 402, "ServiceQuotaExceededException", "too many", "quota"),
    permanent(UPDATE, 409, "RuntimeVersionDeletedException", "gone", "runtime version"),
    permanent(UPDATE, 409, "RuntimeAliasDeletedException", "gone", "runtime alias"),
    permanent(UPDATE, 400, "NobodyKnows", "?", "documentation"),
)

LAMBDA = (*THROTTLED, *SNAPSHOTS, *CONFLICTS, *PACKAGES, *IMAGES, *SIGNATURES, *CONFIGURATIONS)
