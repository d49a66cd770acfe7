"""
ECR by moto, with what moto 5.2 lacks for reading an image.

moto makes digests of layers only (AWS: of the manifest), forgets what layers contain,
drops an image whose tag moves on, has no GetDownloadUrlForLayer, and answers
BatchGetImage with the newest tag instead of what was asked for.
"""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from reconciler.sandbox.forwarding import (
    ECR_TARGET,
    ecr_request,
    json_answer,
    of_account,
    with_body,
)
from reconciler.sandbox.names import caller
from reconciler.sandbox.packages import FoundImage
from reconciler.sandbox.responses import SIGNATURE

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from reconciler.sandbox.forwarding import Forward
    from reconciler.sandbox.packages import SourceImage

    Json = dict[str, Any]

_OK, _BAD_REQUEST = 200, 400
_LAYER_PATH = re.compile(r"/ecr-layers/(sha256:[0-9a-f]{64})")
_REGION = re.compile(r"Credential=[^/]+/\d+/([^/]+)/ecr/aws4_request")


class Registry:
    """All repositories of all accounts; keeps the bytes of uploaded layers and configurations."""

    def __init__(self, forward: Forward) -> None:
        self._forward = forward
        self._uploads: dict[str, bytes] = {}
        self._layers: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def respond(self, environ: WSGIEnvironment) -> Response | None:
        """Answer a request to ECR or for a layer; None when it is another service's."""
        layer = _LAYER_PATH.fullmatch(environ["PATH_INFO"])
        if layer is not None:
            return self._layer(layer[1], Request(environ).args.get("X-Amz-Signature"))
        target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
        if not target.startswith(ECR_TARGET):
            return None
        perform = _OPERATIONS.get(target.removeprefix(ECR_TARGET))
        request = Request(environ)
        body: Json = request.get_json(force=True)
        environ = with_body(environ, request.get_data())
        environ = of_account(environ, body.get("registryId", caller()))
        return self._forward(environ) if perform is None else perform(self, environ, body)

    def find(self, image: SourceImage) -> FoundImage | None:
        """Look an image up; None without its repository, KeyError without the image."""
        wanted = {"imageDigest": f"sha256:{image.digest}"} if image.digest else {}
        wanted = wanted or {"imageTag": image.tag or "latest"}
        body = {"repositoryName": image.name, "imageIds": [wanted]}
        answer = self._forward(ecr_request(image.region, "BatchGetImage", body, image.account))
        if answer.status_code != _OK:
            return None
        images = answer.get_json(force=True)["images"]
        if not images:
            raise KeyError(image.uri)
        digest = images[0]["imageId"]["imageDigest"].removeprefix("sha256:")
        return FoundImage(digest, images[0]["imageManifestMediaType"])

    def forget(self) -> None:
        """Forget what was uploaded."""
        with self._lock:
            self._uploads.clear()
            self._layers.clear()

    def put_image(self, environ: WSGIEnvironment, body: Json) -> Response:
        """Name an image by the digest of its manifest (AmazonECR API reference: PutImage)."""
        digest = hashlib.sha256(body["imageManifest"].encode()).hexdigest()
        named = {"imageDigest": f"sha256:{digest}", **body}
        before = self._images(environ, body, {"imageTag": body.get("imageTag", "")})
        answer = self._forward(with_body(environ, named))
        for image in before:
            self._keep(environ, body, image)
        return answer

    def upload_layer_part(self, environ: WSGIEnvironment, body: Json) -> Response:
        """Keep the bytes that moto takes and forgets."""
        answer = self._forward(environ)
        if answer.status_code == _OK:
            part = base64.b64decode(body["layerPartBlob"])
            with self._lock:
                self._uploads[body["uploadId"]] = self._uploads.get(body["uploadId"], b"") + part
        return answer

    def complete_layer_upload(self, environ: WSGIEnvironment, body: Json) -> Response:
        """File what was uploaded under its digest."""
        answer = self._forward(environ)
        if answer.status_code == _OK:
            with self._lock:
                content = self._uploads.pop(body["uploadId"], b"")
                self._layers[answer.get_json(force=True)["layerDigest"]] = content
        return answer

    def batch_get_image(self, environ: WSGIEnvironment, body: Json) -> Response:
        """Answer to each id with this very id, and the digest (boto3: BatchGetImage)."""
        images: list[Json] = []
        failures: list[Json] = []
        for image_id in body["imageIds"]:
            answer = self._forward(with_body(environ, {**body, "imageIds": [image_id]}))
            if answer.status_code != _OK:
                return answer
            found = answer.get_json(force=True)
            for image in found["images"][:1]:
                digest = image["imageId"]["imageDigest"]
                images.append({**image, "imageId": {**image_id, "imageDigest": digest}})
            failures += [{**each, "imageId": image_id} for each in found["failures"]]
        return json_answer(_OK, {"images": images, "failures": failures})

    def get_download_url_for_layer(self, environ: WSGIEnvironment, body: Json) -> Response:
        """
        Hand out a URL like AWS's presigned ones.

        AWS refuses layers that no image refers to (LayerInaccessibleException); the
        sandbox does not look. The texts of the refusals are its own.
        """
        name, digest = body["repositoryName"], body["layerDigest"]
        answer = self._ask(environ, body, "BatchCheckLayerAvailability", {"layerDigests": [digest]})
        if answer.status_code != _OK:
            return answer
        if answer.get_json(force=True)["failures"] or digest not in self._layers:
            text = f"The layer with digest '{digest}' does not exist in '{name}'"
            return _error("LayersNotFoundException", text)
        query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=3600&X-Amz-Signature={SIGNATURE}"
        url = f"{Request(environ).host_url}ecr-layers/{digest}?{query}"
        return json_answer(_OK, {"downloadUrl": url, "layerDigest": digest})

    def _ask(self, environ: WSGIEnvironment, body: Json, operation: str, asked: Json) -> Response:
        """Ask moto something else of the repository that a request is about."""
        account = body.get("registryId", caller())
        members = {"repositoryName": body["repositoryName"], **asked}
        return self._forward(ecr_request(_region(environ), operation, members, account))

    def _images(self, environ: WSGIEnvironment, body: Json, image_id: Json) -> list[Json]:
        """Find what is under a tag or a digest; nothing where there is no repository."""
        answer = self._ask(environ, body, "BatchGetImage", {"imageIds": [image_id]})
        found: list[Json] = answer.get_json(force=True).get("images", [])
        return found

    def _keep(self, environ: WSGIEnvironment, body: Json, image: Json) -> None:
        """Put an image back that moto has dropped with its tag; AWS keeps it untagged."""
        digest = image["imageId"]["imageDigest"]
        if not self._images(environ, body, {"imageDigest": digest}):
            kept = {
                "imageManifest": image["imageManifest"],
                "imageManifestMediaType": image["imageManifestMediaType"],
                "imageDigest": digest,
            }
            self._ask(environ, body, "PutImage", kept)

    def _layer(self, digest: str, signature: str | None) -> Response:
        content = self._layers.get(digest)
        if content is None or signature != SIGNATURE:
            return Response("AccessDenied", status=403)
        return Response(content, content_type="application/octet-stream")


_Operation = Callable[[Registry, "WSGIEnvironment", "Json"], Response]
_OPERATIONS: dict[str, _Operation] = {
    "BatchGetImage": Registry.batch_get_image,
    "CompleteLayerUpload": Registry.complete_layer_upload,
    "GetDownloadUrlForLayer": Registry.get_download_url_for_layer,
    "PutImage": Registry.put_image,
    "UploadLayerPart": Registry.upload_layer_part,
}


def _error(code: str, text: str) -> Response:
    return json_answer(_BAD_REQUEST, {"__type": code, "message": text})


def _region(environ: WSGIEnvironment) -> str:
    match = _REGION.search(str(environ.get("HTTP_AUTHORIZATION", "")))
    return match[1] if match else "us-east-1"
