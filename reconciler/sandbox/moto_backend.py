"""
moto's server, mounted in this process for everything that is not Lambda.

Importing moto takes a while, so it happens with the first request that needs it. moto
keeps its state per process, not per server: a sandbox that stops resets it.
"""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING

from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from reconciler.sandbox import errors
from reconciler.sandbox.names import ACCOUNT_ID

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from reconciler.sandbox.requests import CodeMembers

_OK = 200
_DESCRIBE_IMAGES = "AmazonEC2ContainerRegistry_V20150921.DescribeImages"


class MotoBackend:
    """S3, ECR, STS and the rest of AWS; also where Lambda fetches its code."""

    def __init__(self) -> None:
        self._application: WSGIApplication | None = None
        self._lock = threading.Lock()

    def respond(self, environ: WSGIEnvironment) -> Response:
        """Let moto answer a request."""
        return Response.from_app(self._mounted(), environ, buffered=True)

    def reset(self) -> None:
        """Forget what moto keeps, if it was ever asked for anything."""
        if self._application is not None:
            self.respond(EnvironBuilder("/moto-api/reset", method="POST").get_environ())

    def s3_object(self, region: str, code: CodeMembers) -> tuple[bytes, str | None]:
        """Fetch a package as Lambda does: the bucket must be in the function's region."""
        bucket, version_id = code["S3Bucket"], code.get("S3ObjectVersion")
        query = {"versionId": version_id} if version_id is not None else {}
        response = self._s3(region, f"/{bucket}/{code['S3Key']}", query)
        if response.status_code != _OK:
            raise _s3_error(response.get_data(as_text=True))
        self._check_bucket_region(region, bucket)
        return response.get_data(), response.headers.get("x-amz-version-id")

    def image_digest(self, account: str, region: str, name: str, tag: str) -> str | None:
        """Resolve a tag to hex; None when this ECR does not have the repository."""
        if self._application is None or account != ACCOUNT_ID:
            return None
        body = {"repositoryName": name, "imageIds": [{"imageTag": tag}]}
        headers = _signed("ecr", region)
        headers["X-Amz-Target"] = _DESCRIBE_IMAGES
        headers["Content-Type"] = "application/x-amz-json-1.1"
        builder = EnvironBuilder(method="POST", data=json.dumps(body), headers=headers)
        response = self.respond(builder.get_environ())
        answer = json.loads(response.get_data())
        if response.status_code == _OK:
            return str(answer["imageDetails"][0]["imageDigest"]).removeprefix("sha256:")
        if "RepositoryNotFound" in answer["__type"]:
            return None
        image = f"{account}.dkr.ecr.{region}.amazonaws.com/{name}:{tag}"
        raise errors.invalid_parameter(
            f"Source image {image} does not exist. Provide a valid source image.",
        )

    def _mounted(self) -> WSGIApplication:
        with self._lock:
            if self._application is None:
                # Slow, and needed only here; moto re-exports both without saying so to mypy.
                from moto.server import (  # type: ignore[attr-defined]  # noqa: PLC0415
                    DomainDispatcherApplication,
                    create_backend_app,
                )

                self._application = DomainDispatcherApplication(create_backend_app)
            return self._application

    def _s3(self, region: str, path: str, query: dict[str, str]) -> Response:
        builder = EnvironBuilder(path, query_string=query, headers=_signed("s3", region))
        return self.respond(builder.get_environ())

    def _check_bucket_region(self, region: str, bucket: str) -> None:
        response = self._s3(region, f"/{bucket}", {"location": ""})
        found = _text_of("LocationConstraint", response.get_data(as_text=True)) or "us-east-1"
        if found != region:
            raise errors.s3_error(
                "PermanentRedirect",
                f"The bucket is in this region: {found}. "
                "Please use this region to retry the request",
            )


def _signed(service: str, region: str) -> Headers:
    """Sign as far as moto looks: it takes service and region from the scope."""
    scope = f"sandbox/20000101/{region}/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
    return Headers({"Authorization": signature})


def _s3_error(xml: str) -> errors.LambdaError:
    return errors.s3_error(_text_of("Code", xml), _text_of("Message", xml))


def _text_of(element: str, xml: str) -> str:
    """Read one element of S3's small answers, whose form is known."""
    match = re.search(rf"<{element}[^>]*>([^<]*)</{element}>", xml)
    return match[1] if match else ""
