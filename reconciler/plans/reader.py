"""A saved plan, read strictly: what anybody has changed in it is refused."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler import schema
from reconciler.model import (
    Approval,
    Architecture,
    Basis,
    Change,
    CodeDigest,
    Failure,
    FailureKind,
    PublishedVersion,
    ReconcileError,
)
from reconciler.plans.document import FORMAT_VERSION, digest
from reconciler.plans.manifest_digest import manifest_sha256
from reconciler.plans.steps import mode_of, step_of
from reconciler.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, NoReturn

    from reconciler.model import FunctionSpec, Step

_VERSION = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}", re.ASCII)
_REMEDY = "make it anew with --plan --out"


@dataclass(frozen=True, slots=True)
class SavedFunction:
    """One function of a saved plan; ``basis`` is None where it could not be planned."""

    id: str
    manifest_sha256: str
    basis: Basis | None
    steps: tuple[Step, ...]

    def approval(self, spec: FunctionSpec) -> Approval:
        """Hold the function to this plan, as it is declared now."""
        stale = []
        now = manifest_sha256(spec)
        if now != self.manifest_sha256:
            stale.append(Change("the manifest (SHA-256)", self.manifest_sha256, now))
        if self.basis is None:
            stale.append(Change("the plan", "none, it could not be made", "to be made"))
        return Approval(self.basis, self.steps, tuple(stale))


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """All functions of a saved plan by their id, NAME or NAME@TARGET."""

    functions: Mapping[str, SavedFunction]


def parse(text: bytes) -> SavedPlan:
    """Read a document. Raises ReconcileError where it is not just what was written."""
    document = _json(text)
    _check(document)
    functions = [_function(given) for given in document["functions"]]
    by_id = {each.id: each for each in functions}
    if len(by_id) != len(functions):
        _refuse("it has a function twice")
    return SavedPlan(by_id)


def _json(text: bytes) -> Any:  # noqa: ANN401 - JSON is any JSON
    try:
        return json.loads(text, object_pairs_hook=_members, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        _refuse("it is no JSON document", error)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON")


def _check(document: Any) -> None:  # noqa: ANN401 - as above
    """Compare version, shape and digest, in this order: each needs the one before."""
    version = document.get("format_version") if isinstance(document, dict) else None
    if version != FORMAT_VERSION:
        readable = isinstance(version, str) and _VERSION.fullmatch(version)
        named = f"format_version {version}" if readable else "no readable format_version"
        _refuse(f"it has {named}, and this program reads {FORMAT_VERSION}")
    wrong = _misshapen(document)
    if wrong is not None:
        _refuse(f"it does not fit its schema at {wrong}")
    members = {name: value for name, value in document.items() if name != "digest"}
    if document["digest"] != digest(members):
        _refuse("it was changed after it was written: its digest is another")


def _misshapen(document: Any) -> str | None:  # noqa: ANN401 - as above
    """Find the first place that does not fit; what stands there is not repeated."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - takes a moment

    validator = Draft202012Validator(schema.load("plan"))
    error = next(validator.iter_errors(document), None)
    return None if error is None else printable(error.json_path)


def _refuse(what: str, cause: Exception | None = None) -> NoReturn:
    failure = Failure(FailureKind.INVALID, f"the saved plan cannot be used: {what}", _REMEDY)
    raise ReconcileError(failure) from cause


def _function(given: Mapping[str, Any]) -> SavedFunction:
    steps = tuple(step_of(step) for step in given["steps"])
    return SavedFunction(given["id"], given["manifest_sha256"], _basis(given), steps)


def _basis(given: Mapping[str, Any]) -> Basis | None:
    live, desired = given["live"], given["desired"]
    if live is None or desired is None:
        return None
    package = desired["code_sha256"]
    return Basis(
        account=given["account"],
        region=given["region"],
        code=CodeDigest(live["code_sha256"]),
        architecture=Architecture(live["architecture"]),
        revision_id=live["revision_id"],
        runtime_management=mode_of(live["runtime_management"]),
        newest_version=_version(live["newest_version"]),
        versions_unread=live["versions_unread"],
        desired_code=None if package is None else CodeDigest(package),
        desired_mode=mode_of(desired["runtime_management"]),
    )


def _version(given: Mapping[str, Any] | None) -> PublishedVersion | None:
    if given is None:
        return None
    return PublishedVersion(
        given["version"],
        CodeDigest(given["code_sha256"]),
        Architecture(given["architecture"]),
        runtime_management=mode_of(given["runtime_management"]),
    )
