"""Answers of S3, ECR and STS, and on credentials and permissions; see ``answers``."""

from __future__ import annotations

from tests.unit.answers import (
    GET,
    HEAD,
    IMAGE,
    LAYER,
    OBJECT,
    PUT,
    ROLE,
    UPDATE,
    permanent,
    run,
    temporary,
)

# S3's API reference: HeadObject's statuses without a body, and the list of error responses.
OBJECTS = (
    temporary(HEAD, 412, "412", "Precondition Failed", "replaced"),
    temporary(OBJECT, 412, "PreconditionFailed", "At least one", "replaced"),
    temporary(OBJECT, 409, "OperationAborted", "conflicting", "replaced"),
    temporary(OBJECT, 400, "RequestTimeout", "not read", "S3 has trouble"),
    temporary(OBJECT, 500, "InternalError", "We encountered", "S3 has trouble"),
    temporary(OBJECT, 503, "ServiceUnavailable", "reduce", "S3 has trouble"),
    temporary(HEAD, 503, "503", "Service Unavailable", "run again"),
    permanent(HEAD, 404, "404", "Not Found", "upload the object"),
    permanent(OBJECT, 404, "NoSuchKey", "does not exist", "upload the object"),
    permanent(OBJECT, 404, "NoSuchVersion", "does not exist", "versionId"),
    permanent(OBJECT, 404, "NoSuchBucket", "does not exist", "create the bucket"),
    permanent(HEAD, 405, "405", "Method Not Allowed", "delete marker"),
    permanent(OBJECT, 405, "MethodNotAllowed", "not allowed", "delete marker"),
    permanent(HEAD, 403, "403", "Forbidden", "s3:ListBucket"),
    permanent(OBJECT, 403, "AccessDenied", "Access Denied", "s3:GetObject"),
    permanent(OBJECT, 403, "AllAccessDisabled", "disabled", "s3:GetObject"),
    permanent(HEAD, 301, "301", "Moved Permanently", "another region"),
    permanent(OBJECT, 301, "PermanentRedirect", "must be addressed", "another region"),
    permanent(OBJECT, 400, "AuthorizationHeaderMalformed", "expecting", "another region"),
    permanent(OBJECT, 400, "IllegalLocationConstraintException", "x", "another region"),
    permanent(HEAD, 400, "400", "Bad Request", "no reason"),
    permanent(HEAD, 307, "307", "Temporary Redirect", "documentation"),
    permanent(OBJECT, 400, "InvalidBucketName", "not valid", "bucket"),
    permanent(OBJECT, 400, "InvalidArgument", "Invalid version id", "spec.code.s3"),
    permanent(OBJECT, 400, "KeyTooLongError", "too long", "spec.code.s3.key"),
    permanent(OBJECT, 403, "InvalidObjectState", "storage class", "archived"),
    permanent(OBJECT, 400, "KMS.DisabledException", "disabled", "KMS key"),
    permanent(OBJECT, 400, "KMS.NotFoundException", "not found", "KMS key"),
)

# Amazon ECR's model: the errors of BatchGetImage and GetDownloadUrlForLayer, ImageFailureCode.
REPOSITORIES = (
    temporary(IMAGE, 500, "ServerException", "server-side", "ECR has trouble"),
    permanent(IMAGE, 400, "RepositoryNotFoundException", "not found", "create the repository"),
    permanent(IMAGE, 400, "ImageNotFoundException", "not found", "push the image"),
    permanent(IMAGE, 400, "InvalidParameterException", "invalid", "spec.code.imageUri"),
    permanent(LAYER, 400, "LayersNotFoundException", "not found", "push it again"),
    permanent(LAYER, 400, "LayerInaccessibleException", "not available", "push it again"),
    permanent(IMAGE, 400, "LimitExceededException", "limit", "quota"),
    permanent(IMAGE, 400, "UnableToGetUpstreamImageException", "secret", "Secrets Manager"),
    permanent(LAYER, 400, "UnableToGetUpstreamLayerException", "issue", "Secrets Manager"),
    permanent(IMAGE, 400, "KmsException", "kms", "KMS key"),
    permanent(IMAGE, 400, "AccessDeniedException", "not authorized", "ecr:BatchGetImage"),
)

IMAGE_PARTS = (
    permanent(IMAGE, 200, "ImageNotFound", "", "push the image"),
    permanent(IMAGE, 200, "InvalidImageDigest", "", "the digest"),
    permanent(IMAGE, 200, "InvalidImageTag", "", "the tag"),
    permanent(IMAGE, 200, "ImageTagDoesNotMatchDigest", "", "has moved"),
    permanent(IMAGE, 200, "MissingDigestAndTag", "", "name a tag"),
    permanent(IMAGE, 200, "ImageReferencedByManifestList", "", "push the image"),
    permanent(IMAGE, 200, "KmsError", "", "KMS key"),
    permanent(IMAGE, 200, "UpstreamAccessDenied", "", "Secrets Manager"),
    temporary(IMAGE, 200, "UpstreamTooManyRequests", "", "run again later"),
    temporary(IMAGE, 200, "UpstreamUnavailable", "", "run again later"),
    permanent(IMAGE, 200, "ImageInaccessible", "", "archived"),
)

_OLD_SIGNATURE = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z"

_EARLY_SIGNATURE = "Signature not yet current: 20260101T001000Z is still later than 20260101T0000Z"

CREDENTIALS = (
    run(GET, 403, "ExpiredTokenException", "The security token is expired", "log in again"),
    run(OBJECT, 400, "ExpiredToken", "The provided token has expired.", "log in again"),
    run(ROLE, 403, "ExpiredToken", "The security token is expired", "log in again"),
    run(OBJECT, 400, "TokenRefreshRequired", "must be refreshed", "log in again"),
    run(GET, 403, "UnrecognizedClientException", "is invalid.", "does not know these"),
    run(ROLE, 403, "InvalidClientTokenId", "is invalid", "does not know these"),
    run(OBJECT, 403, "InvalidAccessKeyId", "does not exist", "does not know these"),
    run(OBJECT, 400, "InvalidToken", "malformed", "does not know these"),
    run(OBJECT, 403, "InvalidSecurity", "not valid", "does not know these"),
    run(GET, 403, "InvalidSignatureException", _OLD_SIGNATURE, "set this machine's clock"),
    run(ROLE, 403, "SignatureDoesNotMatch", _OLD_SIGNATURE, "set this machine's clock"),
    run(GET, 403, "InvalidSignatureException", _EARLY_SIGNATURE, "set this machine's clock"),
    run(ROLE, 403, "SignatureDoesNotMatch", _EARLY_SIGNATURE, "set this machine's clock"),
    run(GET, 403, "InvalidSignatureException", "does not match", "secret key"),
    run(OBJECT, 403, "SignatureDoesNotMatch", "does not match", "secret key"),
    run(OBJECT, 403, "RequestTimeTooSkewed", "too large", "clock"),
    run(GET, 400, "RequestExpired", "expired", "clock"),
    run(GET, 403, "IncompleteSignature", "lacks", "drop headers"),
    run(GET, 403, "IncompleteSignatureException", "lacks", "drop headers"),
    run(GET, 403, "MissingAuthenticationTokenException", "Missing", "drop headers"),
    run(OBJECT, 400, "MissingSecurityHeader", "lacks", "drop headers"),
    run(OBJECT, 403, "NotSignedUp", "not signed up", "sign the account up"),
    run(GET, 403, "OptInRequired", "needs a subscription", "sign the account up"),
    run("GetRoleCredentials", 401, "UnauthorizedException", "no session", "log in again"),
)

ROLES = (
    temporary(
        "AssumeRoleWithWebIdentity", 400, "IDPCommunicationError", "x", "the identity provider"
    ),
    run("AssumeRoleWithWebIdentity", 403, "IDPRejectedClaim", "x", "OIDC"),
    run("AssumeRoleWithWebIdentity", 400, "InvalidIdentityToken", "x", "OIDC"),
    run(ROLE, 403, "RegionDisabledException", "x", "activate STS"),
    run(ROLE, 400, "MalformedPolicyDocument", "x", "session policy"),
    run(ROLE, 400, "PackedPolicyTooLarge", "x", "session policy"),
)

PERMISSIONS = (
    permanent(ROLE, 403, "AccessDenied", "not authorized to perform", "trust policy"),
    permanent(
        "AssumeRoleWithWebIdentity",
        403,
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "OIDC sub",
    ),
    permanent(UPDATE, 403, "AccessDeniedException", "not authorized", "this permission"),
    permanent(PUT, 403, "AccessDeniedException", "explicit deny", "policy that denies it"),
    permanent(GET, 403, "AccessDeniedException", "None", "in its account"),
    permanent(GET, 403, "UnauthorizedOperation", "no", "this permission"),
)

# Declared for Invoke only: their status of 502 makes them temporary.
INVOCATION = tuple(
    temporary(UPDATE, 502, code, "x", remedy)
    for code, remedy in (
        ("KMSAccessDeniedException", "KMS key"),
        ("KMSDisabledException", "KMS key"),
        ("KMSInvalidStateException", "KMS key"),
        ("KMSNotFoundException", "KMS key"),
        ("ResourceNotReadyException", "VPC connection"),
        ("EC2ThrottledException", "EC2 throttles"),
        ("EC2AccessDeniedException", "execution role"),
        ("EC2UnexpectedException", "run again"),
        ("ENILimitReachedException", "VPC"),
        ("ENINotReadyException", "run again"),
        ("SubnetIPAddressLimitReachedException", "VPC"),
        ("InvalidSubnetIDException", "VPC"),
        ("InvalidSecurityGroupIDException", "VPC"),
        ("InvalidZipFileException", "build the package"),
        ("InvalidRuntimeException", "supported runtime"),
        ("CodeArtifactUserPendingException", "Active"),
        ("SnapStartNotReadyException", "Active"),
    )
)

ELSEWHERE = (*OBJECTS, *REPOSITORIES, *CREDENTIALS, *ROLES, *PERMISSIONS, *INVOCATION)
