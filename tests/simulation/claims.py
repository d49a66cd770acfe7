"""Whether what is reported of a function is true when it is reported."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reconciler.model import (
    LATEST,
    PublishVersion,
    PutRuntimeManagementConfig,
    Status,
    UpdateFunctionCode,
)
from tests.simulation import truth
from tests.simulation.invariants import Invariant

if TYPE_CHECKING:
    from reconciler.model import FunctionResult, Step, StepRecord
    from tests.simulation.knowledge import Known, Reading
    from tests.simulation.process import Process
    from tests.simulation.witness import Witness


def check(witness: Witness, process: Process, result: FunctionResult) -> None:
    """Compare a result with what is live, and its steps with what AWS accepted."""
    known = witness.known(process.name, result.spec.name)
    for what in (
        *_state(witness, process, result, known),
        *_steps(witness, process, result, known),
    ):
        text = f"{process.name} reports {result.status}, and {what}"
        witness.judge.breach(Invariant.TRUE, result.spec.name, text)


def _state(witness: Witness, process: Process, result: FunctionResult, known: Known) -> list[str]:
    """Find what a function lacks that is said to be as declared."""
    if result.status not in (Status.IN_SYNC, Status.UPDATED):
        unsaid = result.failure is None and result.status is Status.FAILED
        return ["it does not say why"] if unsaid else []
    if witness.artifact_moved(process.name, result.spec.name):
        return []
    lacking = []
    for aspect in witness.truth.lacks(result.spec):
        readings = _readings(aspect, known, witness, result)
        if not any(witness.outdated(each, process.name, result.spec.name) for each in readings):
            lacking.append(f"{aspect} is not as declared")
    return lacking


def _readings(
    aspect: str, known: Known, witness: Witness, result: FunctionResult
) -> list[Reading | None]:
    """Give the readings on which a claim rests."""
    match aspect:
        case truth.CODE | truth.BUSY:
            return [known.latest]
        case truth.MODE:
            return [known.mode_reading(LATEST)]
        case truth.VERSION_MODE:
            newest = witness.aws.function(result.spec.name).newest_version
            return [known.versions, known.mode_reading(newest.version if newest else LATEST)]
        case _:
            return [known.versions, known.latest]


def _steps(witness: Witness, process: Process, result: FunctionResult, known: Known) -> list[str]:
    """Find steps that were told and not done, or done and not told."""
    wrong = []
    helped = witness.helped(process.name, result.spec.name)
    effects = [effect for effect in known.effects if _changes(effect.made, effect.key)]
    done = Counter(effect.key for effect in effects)
    in_time = {effect.key for effect in effects if not effect.request.late}
    told = Counter(_key(record.step) for record in result.steps)
    claimed = Counter(
        _key(record.step) for record in result.steps if record.succeeded and record.changed
    )
    for key, times in claimed.items():
        if times > done[key] and not helped and not known.misled:
            wrong.append(f"{key} was done {done[key]} times, and {times} are told")
    wrong.extend(
        f"{key} took effect and is not told" for key in done if key in in_time and not told[key]
    )
    if not helped:
        wrong.extend(_badly(record, known) for record in result.steps)
    if result.status is Status.IN_SYNC and (claimed or (in_time and not helped)):
        wrong.append(f"it has done {sorted(map(str, done))}")
    return [text for text in wrong if text]


def _badly(record: StepRecord, known: Known) -> str:
    """Say so of an update that is told as done and of which none ended well."""
    if not record.succeeded or not isinstance(record.step, UpdateFunctionCode):
        return ""
    ends = [effect.fails for effect in known.effects if effect.key == _key(record.step)]
    return "the update ended as Failed" if ends and all(ends) else ""


def _changes(made: str | None, key: tuple[object, ...]) -> bool:
    return key[0] != "PublishVersion" or made is not None


def _key(step: Step) -> tuple[object, ...]:
    match step:
        case UpdateFunctionCode():
            return "UpdateFunctionCode", str(step.architecture)
        case PutRuntimeManagementConfig(runtime_management=mode, qualifier=qualifier):
            return (
                "PutRuntimeManagementConfig",
                qualifier,
                str(mode.update_runtime_on),
                mode.runtime_version_arn,
            )
        case PublishVersion():
            return ("PublishVersion",)
