"""Which functions are run, and what is known of them before the first call."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from reconciler.artifacts import Artifacts, is_remote
from reconciler.model import Failure, FailureKind, ReconcileError
from reconciler.reconcile import Task

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import FunctionSpec, Location


@dataclass(frozen=True, slots=True)
class Preparation:
    """What can be run, and what in the desired state cannot; nothing runs while errors stand."""

    tasks: tuple[Task, ...]
    errors: tuple[tuple[Location, Failure], ...]


def select(
    specs: Iterable[FunctionSpec],
    labels: Sequence[tuple[str, str]],
    names: Sequence[str],
) -> tuple[FunctionSpec, ...]:
    """
    Choose the specs that have every label and match any of the globs, where given.

    A glob matches NAME, and so the function in every target, or NAME@TARGET.
    """
    return tuple(
        spec
        for spec in specs
        if all(spec.labels.get(key) == value for key, value in labels)
        and (not names or any(matches(spec, name) for name in names))
    )


def matches(spec: FunctionSpec, name: str) -> bool:
    """Whether the glob is meant for the spec: for all of its name, or of its id."""
    return fnmatchcase(spec.name, name) or fnmatchcase(spec.id, name)


def prepare(specs: Iterable[FunctionSpec], *, region_required: bool = True) -> Preparation:
    """
    Resolve region and local code of every spec, before the first AWS call.

    A task whose code is in S3 or ECR gets no package here: AWS must be asked for it.
    """
    artifacts = Artifacts()
    tasks: list[Task] = []
    errors: list[tuple[Location, Failure]] = []
    for spec in specs:
        region, package = spec.function.region, None
        if region is None and region_required:
            errors.append((spec.location, _NO_REGION))
        if spec.code is not None and not is_remote(spec.code):
            try:
                package = artifacts.resolve(spec.code)
            except ReconcileError as error:
                errors.append((spec.code.location, error.failure))
                continue
        if region is not None:
            tasks.append(Task(spec, region, package))
    return Preparation(tuple(tasks), tuple(errors))


_NO_REGION = Failure(
    FailureKind.INVALID,
    "no region is known for this function",
    "set spec.region, --region or AWS_REGION",
)
