"""S3 through boto3: what it knows of an object, and its bytes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from reconciler.aws.errors import unreadable
from reconciler.aws.rules import STALE_CREDENTIALS, STALE_OR_NOT
from reconciler.aws.transfer import Transfer
from reconciler.model import FailureKind, ObjectHead, ReconcileError, Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any

    from reconciler.aws.calls import Call, Carry
    from reconciler.model import Failure, S3Location

_SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=")

_ELSEWHERE = ("301", "PermanentRedirect", "AuthorizationHeaderMalformed")

_SAID_BY_STATUS = {
    "400": "S3 refuses the request and does not say why",
    "403": "no permission to read the object",
    "404": "no such object or bucket",
    "405": "the object was deleted",
    "412": "the object was replaced while it was being read",
}
"""What the answers to a HEAD mean, which have no text (API reference, HeadObject)."""


class S3Client(Protocol):
    """The part of boto3's client that is used."""

    @property
    def meta(self) -> Any:  # noqa: ANN401 - botocore's ClientMeta, which has no types
        """Where the client's requests go."""

    def head_object(self, **parameters: object) -> Mapping[str, Any]:
        """HeadObject."""

    def get_object(self, **parameters: object) -> Mapping[str, Any]:
        """GetObject."""


class BotoObjects:
    """S3 as seen from one region: a bucket elsewhere is refused, since Lambda refuses it."""

    def __init__(
        self,
        client: S3Client,
        call: Call,
        carry: Carry,
        check: Callable[[], None],
        identity: Callable[[], Awaitable[object]],
    ) -> None:
        self._client = client
        self._region: str = client.meta.region_name
        self._call = call
        self._carry = carry
        self._check = check
        self._identity = identity

    @property
    def endpoint(self) -> str:
        """
        The address that is asked; another one may have other objects of the same name.

        Without whom it names: a cache's entries are named by it, and a password may change.
        """
        endpoint: str = self._client.meta.endpoint_url
        address = urlsplit(endpoint)
        return address._replace(netloc=address.netloc.rpartition("@")[2]).geturl()

    async def head_object(self, location: S3Location) -> ObjectHead:
        """Read what S3 knows of the object (HeadObject with ChecksumMode ENABLED)."""
        answer = await self._ask(
            "HeadObject", self._client.head_object, location, ChecksumMode="ENABLED"
        )
        return _head(answer)

    async def get_object(
        self, location: S3Location, etag: str, sink: Callable[[bytes], object]
    ) -> None:
        """
        Stream the object into ``sink``, piece by piece, in threads of the pool.

        Raises a temporary ReconcileError when its ETag is another by now.
        """
        operation = "GetObject"
        answer = await self._ask(operation, self._client.get_object, location, IfMatch=etag)
        size = answer.get("ContentLength")
        if not isinstance(size, int):
            answer["Body"].close()
            raise unreadable(operation, "no ContentLength")
        too_much = unreadable(operation, "more bytes than it says").failure
        transfer = Transfer(operation, str(location), answer["Body"], sink, size, too_much)
        await transfer.run(self._carry, self._check)
        if transfer.received != size:
            raise unreadable(operation, "fewer bytes than it says")

    async def _ask(
        self,
        operation: str,
        method: Callable[..., Mapping[str, Any]],
        location: S3Location,
        **parameters: object,
    ) -> Mapping[str, Any]:
        try:
            return await self._call(
                operation,
                method,
                Bucket=location.bucket,
                Key=location.key,
                VersionId=location.version_id,
                **parameters,
            )
        except ReconcileError as error:
            region = _bucket_region(error.__cause__) or self._region
            if _may_be_credentials(error.failure) and region == self._region:
                await self._check_credentials()
            raise ReconcileError(
                _explained(error.failure, location, self._region, region)
            ) from error

    async def _check_credentials(self) -> None:
        """
        Raise ReconcileError when AWS refuses the credentials themselves.

        STS is asked, which answers to any credentials that are good. That it cannot be
        reached, or fails, says nothing.
        """
        try:
            await self._identity()
        except ReconcileError as error:
            failure = error.failure
            if failure.scope is Scope.RUN or failure.code in STALE_CREDENTIALS:
                raise


def _head(answer: Mapping[str, Any]) -> ObjectHead:
    etag, size, version = (answer.get(name) for name in ("ETag", "ContentLength", "VersionId"))
    if not etag or not isinstance(etag, str) or not isinstance(size, int):
        raise unreadable("HeadObject", "no ETag or no ContentLength")
    is_version = isinstance(version, str) and version != "null"
    return ObjectHead(etag, size, version if is_version else None, _sha256(answer))


def _sha256(answer: Mapping[str, Any]) -> str | None:
    """
    Give the SHA-256 of the whole object, where S3 has it.

    A composite value is a hash of the parts' hashes, and ends in their number (user
    guide, checking-object-integrity-upload).
    """
    value = answer.get("ChecksumSHA256")
    if answer.get("ChecksumType", "FULL_OBJECT") != "FULL_OBJECT":
        return None
    return value if isinstance(value, str) and _SHA256.fullmatch(value) else None


def _bucket_region(error: BaseException | None) -> str | None:
    """Read in which region S3 says that the bucket is; it does so in the headers or the body."""
    if not isinstance(error, ClientError):
        return None
    metadata: Mapping[str, Any] = error.response.get("ResponseMetadata", {})
    details: Mapping[str, Any] = error.response.get("Error", {})
    region = metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region") or details.get("Region")
    return region if isinstance(region, str) else None


def _may_be_credentials(failure: Failure) -> bool:
    return failure.kind is FailureKind.PERMANENT and failure.code in STALE_OR_NOT


def _explained(failure: Failure, location: S3Location, region: str, bucket_region: str) -> Failure:
    """Say for which object it failed, and what a bare status means."""
    if bucket_region == region and failure.code not in _ELSEWHERE:
        said = _SAID_BY_STATUS.get(failure.code or "")
        what = failure.what if said is None else f"{said} ({failure.what})"
        return replace(failure, what=f"{location}: {what}")
    where = "another region" if bucket_region == region else bucket_region
    return replace(
        failure,
        kind=FailureKind.PERMANENT,
        what=f"{location}: the bucket is in {where}, and Lambda takes code only from its own, "
        f"{region} ({failure.what})",
        remedy=f"copy the object to a bucket in {region}, the function's region",
    )


def stay_in_region(context: dict[str, Any], **_: object) -> None:
    """
    Keep botocore from following a bucket into its region, silently and in more requests.

    To be registered last for ``before-parameter-build.s3``, behind S3RegionRedirectorv2:
    it redirects a request once, and leaves one alone that says it was.
    """
    context.setdefault("s3_redirect", {})["redirected"] = True
