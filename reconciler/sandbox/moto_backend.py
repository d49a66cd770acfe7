"""
moto's server, mounted in this process for everything that is not Lambda.

Importing moto takes a while, so it happens with the first request that needs it. moto
keeps its state per process, not per server: a sandbox that stops resets it.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Response

from reconciler.sandbox import ecr, errors, s3
from reconciler.sandbox.forwarding import of_account, s3_request
from reconciler.sandbox.names import caller

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication, WSGIEnvironment

    from reconciler.sandbox.packages import FoundImage, SourceImage
    from reconciler.sandbox.requests import CodeMembers

_OK = 200
_STS = "/sts/aws4_request"


class MotoBackend:
    """S3, ECR and the rest of AWS; also where Lambda fetches its code."""

    def __init__(self) -> None:
        self._application: WSGIApplication | None = None
        self._lock = threading.Lock()
        self._registry = ecr.Registry(self._forward)

    def respond(self, environ: WSGIEnvironment) -> Response:
        """Let moto answer a request, with its answers mended where AWS's are others."""
        if _STS in environ.get("HTTP_AUTHORIZATION", ""):
            return self._forward(of_account(environ, caller()))
        answer = self._registry.respond(environ) or s3.respond(environ, self._forward)
        return self._forward(environ) if answer is None else answer

    def reset(self) -> None:
        """Forget what moto keeps, if it was ever asked for anything."""
        self._registry.forget()
        if self._application is not None:
            self._forward(EnvironBuilder("/moto-api/reset", method="POST").get_environ())

    def s3_object(self, region: str, code: CodeMembers) -> tuple[bytes, str | None]:
        """Fetch a package as Lambda does: the bucket must be in the function's region."""
        bucket, version_id = code["S3Bucket"], code.get("S3ObjectVersion")
        query = {"versionId": version_id} if version_id is not None else {}
        response = self._s3(region, f"/{bucket}/{code['S3Key']}", query)
        if response.status_code != _OK:
            raise _s3_error(response.get_data(as_text=True))
        self._check_bucket_region(region, bucket)
        return response.get_data(), response.headers.get("x-amz-version-id")

    def find_image(self, image: SourceImage) -> FoundImage | None:
        """Look an image up; None when this ECR does not have the repository."""
        if self._application is None:
            return None
        try:
            return self._registry.find(image)
        except KeyError:
            raise errors.invalid_parameter(
                f"Source image {image.uri} does not exist. Provide a valid source image.",
            ) from None

    def _forward(self, environ: WSGIEnvironment) -> Response:
        try:
            return Response.from_app(self._mounted(), environ, buffered=True)
        except NotImplementedError as problem:
            return Response(str(problem), status=501)

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
        return self._forward(s3_request(region, "GET", path, query=query))

    def _check_bucket_region(self, region: str, bucket: str) -> None:
        response = self._s3(region, f"/{bucket}", {"location": ""})
        found = _text_of("LocationConstraint", response.get_data(as_text=True)) or "us-east-1"
        if found != region:
            raise errors.s3_error(
                "PermanentRedirect",
                f"The bucket is in this region: {found}. "
                "Please use this region to retry the request",
            )


def _s3_error(xml: str) -> errors.LambdaError:
    return errors.s3_error(_text_of("Code", xml), _text_of("Message", xml))


def _text_of(element: str, xml: str) -> str:
    """Read one element of S3's small answers, whose form is known."""
    match = re.search(rf"<{element}[^>]*>([^<]*)</{element}>", xml)
    return match[1] if match else ""
