"""A world for a manifest to be reconciled with: its functions exist, with other code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Architecture, Image, S3Object, parse_image_uri
from reconciler.sandbox.names import Target, caller
from reconciler.sandbox.stock import package_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model import FunctionSpec
    from reconciler.sandbox.control_plane import ControlPlane
    from reconciler.sandbox.requests import CodeMembers, CreateFunctionRequest
    from reconciler.sandbox.stock import Stock

SEEDED_ENVIRONMENT_VALUE = "sandbox-environment-value-that-must-not-leak"
"""Every seeded function has it in its environment, in clear, as AWS answers it."""

_SEEDED = "seeded by the sandbox"


def seed(
    control_plane: ControlPlane,
    stock: Stock,
    specs: Iterable[FunctionSpec],
    default_region: str,
) -> None:
    """
    Create what the specs name and does not exist yet.

    The functions are settled, unpublished, x86_64 and Auto. The code that they are to get
    is put into S3 or ECR, where it comes from there.
    """
    for spec in specs:
        reference = spec.function
        region = reference.region or default_region
        target = Target(reference.account or caller(), region, reference.name)
        _put_in_stock(stock, spec, region)
        if not control_plane.exists(target):
            request = _request(stock, spec, target.account)
            control_plane.create_function(target.arn, region=region, **request)
            control_plane.settle_now(target.arn, region=region)


def _put_in_stock(stock: Stock, spec: FunctionSpec, region: str) -> None:
    """Make what the manifest names. An image's digest cannot be had at will, a tag can."""
    if isinstance(spec.code, S3Object):
        stock.put_object(spec.code, region)
    if isinstance(spec.code, Image):
        parsed = parse_image_uri(spec.code.image_uri)
        if parsed is not None and not parsed[1].startswith("sha256:"):
            architecture = spec.architecture or Architecture.X86_64
            stock.push_image(parsed[0], parsed[1], architecture, spec.code.image_uri)


def _request(stock: Stock, spec: FunctionSpec, account: str) -> CreateFunctionRequest:
    request: CreateFunctionRequest = {
        "Role": f"arn:aws:iam::{account}:role/sandbox",
        "Architectures": [Architecture.X86_64],
        "Environment": {"Variables": {"DATABASE_PASSWORD": SEEDED_ENVIRONMENT_VALUE}},
        "Code": _code(stock, spec),
    }
    if not isinstance(spec.code, Image):
        request["Runtime"], request["Handler"] = "python3.13", "index.handler"
    return request


def _code(stock: Stock, spec: FunctionSpec) -> CodeMembers:
    """Give code that is not the declared one, but of its kind and from its repository."""
    parsed = parse_image_uri(spec.code.image_uri) if isinstance(spec.code, Image) else None
    if parsed is None:
        return {"ZipFile": package_of(_SEEDED)}
    repository = parsed[0]
    digest = stock.push_image(repository, None, Architecture.X86_64, _SEEDED)
    return {"ImageUri": f"{repository.registry}/{repository.name}@{digest}"}
