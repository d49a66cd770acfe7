"""A world for a manifest to be reconciled with: its functions exist, with other code."""

from __future__ import annotations

import hashlib
import io
import zipfile
from typing import TYPE_CHECKING

from reconciler.model import Architecture, Image
from reconciler.sandbox.names import ACCOUNT_ID, Target

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model import FunctionSpec
    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.requests import CodeMembers, CreateFunctionRequest

SEEDED_ENVIRONMENT_VALUE = "sandbox-environment-value-that-must-not-leak"
"""Every seeded function has it in its environment, in clear, as AWS answers it."""

_HANDLER = "def handler(event, context):\n    return 'seeded by the sandbox'\n"


def seed(control_plane: ControlPlane, specs: Iterable[FunctionSpec], default_region: str) -> None:
    """Create what the specs name and does not exist yet: settled, unpublished, x86_64, Auto."""
    for spec in specs:
        reference = spec.function
        region = reference.region or default_region
        target = Target(reference.account or ACCOUNT_ID, region, reference.name)
        if not control_plane.exists(target):
            request = _request(spec)
            control_plane.create_function(target.arn, region=region, **request)
            control_plane.settle_now(target.arn, region=region)


def seeded_package() -> bytes:
    """Make the zip file of a seeded function, always the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py"), _HANDLER)
    return buffer.getvalue()


def _request(spec: FunctionSpec) -> CreateFunctionRequest:
    request: CreateFunctionRequest = {
        "Role": f"arn:aws:iam::{ACCOUNT_ID}:role/sandbox",
        "Architectures": [Architecture.X86_64],
        "Environment": {"Variables": {"DATABASE_PASSWORD": SEEDED_ENVIRONMENT_VALUE}},
        "Code": _code(spec),
    }
    if not isinstance(spec.code, Image):
        request["Runtime"], request["Handler"] = "python3.13", "index.handler"
    return request


def _code(spec: FunctionSpec) -> CodeMembers:
    if not isinstance(spec.code, Image):
        return {"ZipFile": seeded_package()}
    repository = spec.code.image_uri.partition("@")[0]
    name, _, last = repository.rpartition("/")
    digest = hashlib.sha256(b"seeded by the sandbox").hexdigest()
    return {"ImageUri": f"{name}/{last.partition(':')[0]}@sha256:{digest}"}
