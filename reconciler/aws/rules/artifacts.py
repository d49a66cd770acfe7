"""
What S3 and ECR answer when the reconciler itself looks at an artifact.

A HEAD has no body, so that S3's answer to HeadObject is known by its status alone (API
reference of HeadObject); the other codes are from S3's list of error responses and from
ECR's model. A part of an image may be refused inside a good answer (ImageFailureCode).
"""

from __future__ import annotations

from reconciler.aws.rules.rule import ECR, S3, permanent, temporary

WRONG_BUCKET_REGION = (
    "the bucket is in another region: Lambda takes code only from a bucket in the function's "
    "region, so declare one there"
)
ARCHIVED = "the object is archived: restore it (S3 Glacier), or upload it again"
NO_OBJECT = "upload the object, or correct spec.code.s3: bucket, key and versionId"
NO_BUCKET = "create the bucket, or correct spec.code.s3.bucket"
_NO_ACCESS = (
    "give the reconciler's role s3:GetObject (with a versionId s3:GetObjectVersion) and, for an "
    "encrypted object, kms:Decrypt; without s3:ListBucket a missing object looks like this too"
)
_NO_REASON = (
    "S3 gives no reason for this: check spec.code.s3.versionId, the bucket's region, the "
    "credentials' age, and that the object has no customer-provided key (SSE-C)"
)
_CHANGED = "the object was replaced while it was read: run again"
_OBJECT_KEY = "restore the KMS key of the object or the access to it, then run again"
_DELETED = "the object was deleted (a delete marker): upload it again, or declare a versionId"
_S3_TROUBLE = "S3 has trouble: run again later"

_BUCKETS = (
    temporary("412", _CHANGED, operations=S3),
    temporary("PreconditionFailed", _CHANGED, operations=S3),
    temporary("RequestTimeout", _S3_TROUBLE, operations=S3),
    temporary("InternalError", _S3_TROUBLE, operations=S3),
    temporary("ServiceUnavailable", _S3_TROUBLE, operations=S3),
    temporary("OperationAborted", _CHANGED, operations=S3),
    permanent("404", NO_OBJECT, operations=S3),
    permanent("NoSuchKey", NO_OBJECT),
    permanent("NoSuchVersion", NO_OBJECT),
    permanent("NoSuchBucket", NO_BUCKET),
    permanent("405", _DELETED, operations=S3),
    permanent("MethodNotAllowed", _DELETED, operations=S3),
    permanent("403", _NO_ACCESS, operations=S3),
    permanent("AccessDenied", _NO_ACCESS, operations=S3),
    permanent("AllAccessDisabled", _NO_ACCESS, operations=S3),
    permanent("301", WRONG_BUCKET_REGION, operations=S3),
    permanent("PermanentRedirect", WRONG_BUCKET_REGION),
    permanent("AuthorizationHeaderMalformed", WRONG_BUCKET_REGION),
    permanent("IllegalLocationConstraintException", WRONG_BUCKET_REGION),
    permanent("400", _NO_REASON, operations=S3),
    permanent("InvalidBucketName", "correct spec.code.s3.bucket", operations=S3),
    permanent("InvalidArgument", "correct spec.code.s3, as S3 says", operations=S3),
    permanent("KeyTooLongError", "correct spec.code.s3.key", operations=S3),
    permanent("InvalidObjectState", ARCHIVED),
    permanent("KMS.*", _OBJECT_KEY),
)

_NO_IMAGE = "push the image, or correct the tag or digest in spec.code.imageUri"
_NO_REPOSITORY = (
    "create the repository, or correct account, region and repository in spec.code.imageUri"
)
_NO_PULL = (
    "give the reconciler's role ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the "
    "repository; in another account its repository policy must allow them too"
)
_UPSTREAM = (
    "ECR cannot pull the image through: check the upstream image, and the rule's credentials in "
    "Secrets Manager"
)
_PUSH_AGAIN = "the image in ECR is not complete: push it again"
_REPOSITORY_KEY = "restore the repository's KMS key or the access to it, then run again"

_IMAGES = (
    temporary("ServerException", "ECR has trouble: run again later", operations=ECR),
    permanent("RepositoryNotFoundException", _NO_REPOSITORY),
    permanent("ImageNotFoundException", _NO_IMAGE),
    permanent("InvalidParameterException", "correct spec.code.imageUri", operations=ECR),
    permanent("LayersNotFoundException", _PUSH_AGAIN),
    permanent("LayerInaccessibleException", _PUSH_AGAIN),
    permanent("LimitExceeded*", "free the ECR quota that AWS names", operations=ECR),
    permanent("UnableToGetUpstream*", _UPSTREAM),
    permanent("KmsException", _REPOSITORY_KEY, operations=ECR),
    permanent("AccessDenied*", _NO_PULL, operations=ECR),
)

_PARTS = (
    permanent("ImageNotFound", _NO_IMAGE),
    permanent("InvalidImageDigest", "correct the digest in spec.code.imageUri"),
    permanent("InvalidImageTag", "correct the tag in spec.code.imageUri"),
    permanent("ImageTagDoesNotMatchDigest", "the tag has moved: name the tag or the digest"),
    permanent("MissingDigestAndTag", "name a tag or a digest in spec.code.imageUri"),
    permanent("ImageReferencedByManifestList", _NO_IMAGE),
    permanent("KmsError", _REPOSITORY_KEY),
    permanent("UpstreamAccessDenied", _UPSTREAM),
    temporary("UpstreamTooManyRequests", "the upstream registry limits pulls: run again later"),
    temporary("UpstreamUnavailable", "the upstream registry does not answer: run again later"),
    permanent("ImageInaccessible", "the image is archived or cannot be reached: restore it in ECR"),
)

RULES = (*_BUCKETS, *_IMAGES, *_PARTS)
