"""A run's plans as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from reconciler import __version__
from reconciler.model import Status
from reconciler.plans.canonical import sha256
from reconciler.plans.manifest_digest import manifest_sha256
from reconciler.plans.steps import mode_as_json, step_as_json

if TYPE_CHECKING:
    from typing import Any

    from reconciler.model import Basis, FunctionResult, PublishedVersion, RunResult

FORMAT_VERSION = "1.0"


def render(run: RunResult) -> str:
    """
    Give the document of a run that only planned, with a line break at its end.

    It ends in a digest of all that stands before, so that an edit shows.
    """
    document = {
        "format_version": FORMAT_VERSION,
        "tool_version": __version__,
        "run_id": run.run_id,
        "created": run.started.isoformat(timespec="milliseconds"),
        "functions": [_function(result) for result in run.functions],
    }
    whole = {**document, "digest": digest(document)}
    return json.dumps(whole, indent=2) + "\n"


def digest(document: dict[str, Any]) -> str:
    """Hash a document without its digest."""
    return f"sha256:{sha256(document)}"


def _function(result: FunctionResult) -> dict[str, Any]:
    planned = result.plan is not None and result.status is not Status.SUSPENDED
    return {
        "id": result.spec.id,
        "function_name": result.spec.function.function_name,
        "status": str(result.status),
        "manifest_sha256": manifest_sha256(result.spec),
        **_basis(result.basis),
        "steps": [step_as_json(s) for s in result.plan.steps] if planned and result.plan else [],
    }


def _basis(basis: Basis | None) -> dict[str, Any]:
    if basis is None:
        return {"account": None, "region": None, "live": None, "desired": None}
    return {
        "account": basis.account,
        "region": basis.region,
        "live": {
            "revision_id": basis.revision_id,
            "code_sha256": str(basis.code),
            "architecture": str(basis.architecture),
            "runtime_management": mode_as_json(basis.runtime_management),
            "newest_version": _version(basis.newest_version),
            "versions_unread": basis.versions_unread,
        },
        "desired": {
            "code_sha256": basis.desired_code and str(basis.desired_code),
            "runtime_management": mode_as_json(basis.desired_mode),
        },
    }


def _version(version: PublishedVersion | None) -> dict[str, Any] | None:
    if version is None:
        return None
    return {
        "version": version.version,
        "code_sha256": str(version.code),
        "architecture": str(version.architecture),
        "runtime_management": mode_as_json(version.runtime_management),
    }
