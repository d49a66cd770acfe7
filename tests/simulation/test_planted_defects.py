"""The simulation can fail: a defect planted in the product breaks the promise that is about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler import fleet
from reconciler.aws.functions import BotoLambdaFunctions
from reconciler.aws.turns import Turns
from reconciler.model import LATEST, ReconcileError, Status
from reconciler.planner import refusals
from reconciler.planner.comparison import Comparison
from reconciler.reconcile import journal, reconciliation
from reconciler.reconcile.observer import Observer
from reconciler.reconcile.patience import Patience
from reconciler.reconcile.reconciliation import Reconciliation
from reconciler.reconcile.writer import Writer
from tests.simulation.invariants import BrokenInvariantError, Invariant
from tests.simulation.simulation import simulate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from reconciler.aws.calls import Caller

    Plant = Callable[[pytest.MonkeyPatch], None]

_SEEDS = 150
"""Most defects show in the first ten; a Failed update is rarer."""


def _with(of: str, **changes: object) -> Plant:
    """Plant: one operation is sent with other parameters."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        init = BotoLambdaFunctions.__init__

        def changed(self: BotoLambdaFunctions, client: Any, call: Any, fetch: Any) -> None:  # noqa: ANN401
            def other(operation: str, method: Any, **given: object) -> Any:  # noqa: ANN401
                return call(operation, method, **(given | changes if operation == of else given))

            init(self, client, other, fetch)

        patch.setattr(BotoLambdaFunctions, "__init__", changed)

    return plant


def _repeats_blindly(patch: pytest.MonkeyPatch) -> None:
    """Send a write whose answer was lost once more, as it was."""
    prepare = Writer._prepare  # noqa: SLF001 - the defect is planted inside

    async def prepared(self: Writer, step: Any, live: Any, held: Any) -> Any:  # noqa: ANN401
        first = await prepare(self, step, live, held)

        async def send() -> Any:  # noqa: ANN401 - a Receipt
            try:
                return await first
            except ReconcileError as error:
                if not error.failure.outcome_unknown:
                    raise
                return await (await prepare(self, step, live, held))

        return send()

    patch.setattr(Writer, "_prepare", prepared)


def _does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """Let an update in progress stop neither the loop nor the planner."""
    patch.setattr(Observer, "_unsettled", lambda *_: None)
    patch.setattr(refusals, "_state", lambda _: None)


def _calls_failed_updated(patch: pytest.MonkeyPatch) -> None:
    """Do not look whether an update ended as Failed."""
    patch.setattr(journal, "failed", lambda _: False)
    patch.setattr(reconciliation, "failed", lambda _: False)
    patch.setattr(Comparison, "_broken", lambda _: None)


def _writes_to_suspended(patch: pytest.MonkeyPatch) -> None:
    """Let suspending have no effect."""

    async def apply(self: Reconciliation) -> Any:  # noqa: ANN401 - a FunctionResult
        return await self._outcome(self._converge())

    patch.setattr(Reconciliation, "apply", apply)


def _takes_at_once(patch: pytest.MonkeyPatch) -> None:
    """Let the budget make nobody wait."""

    async def take(self: Turns, caller: Caller) -> float:
        del self
        caller.check()
        return 0.0

    patch.setattr(Turns, "take", take)


def _reports_backwards(patch: pytest.MonkeyPatch) -> None:
    """Give the results in another order than the documents."""
    run = fleet.run

    async def backwards(tasks: Sequence[Any], *rest: Any) -> Any:  # noqa: ANN401 - as fleet.run
        return await run(tuple(reversed(tasks)), *rest)

    patch.setattr(fleet, "run", backwards)


def _keeps_readings(patch: pytest.MonkeyPatch) -> None:
    """Believe what was read once for the whole run, whatever is written."""
    patch.setattr(Observer, "wrote", lambda *_: None)
    patch.setattr(Observer, "forget", lambda _: None)


def _does_not_guard_modes(patch: pytest.MonkeyPatch) -> None:
    """Put a mode without another look at it."""

    async def guard(*_: object) -> None:
        return

    patch.setattr(Writer, "_guard_mode", guard)


def _claims_lost_writes(patch: pytest.MonkeyPatch) -> None:
    """Believe that a write whose answer was lost is done."""
    patch.setattr(journal, "_shows", lambda *_: True)


def _goes_on_after_a_stop(patch: pytest.MonkeyPatch) -> None:
    """Do not look for the signal to stop before a call."""
    patch.setattr(Patience, "check", lambda _: None)


def _swaps(owner: type, name: str, value: object) -> Plant:
    """Plant: a property or method gives something else."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        is_property = isinstance(vars(owner)[name], property)
        patch.setattr(owner, name, property(value) if is_property else value)  # type: ignore[arg-type]  # a function of self

    return plant


def _waits_for_no_version(patch: pytest.MonkeyPatch) -> None:
    """Take a version for finished while it is Pending."""
    patch.setattr(Observer, "_pending", lambda *_: None)
    patch.setattr("reconciler.planner.failed_version", lambda _: None)


def _calls_all_in_sync(patch: pytest.MonkeyPatch) -> None:
    """Report that there was nothing to do, whatever was done."""
    result = Reconciliation._result  # noqa: SLF001 - the defect is planted inside

    def wrong(self: Reconciliation, status: Status, failure: Any = None) -> Any:  # noqa: ANN401
        good = Status.IN_SYNC if status is Status.UPDATED else status
        return result(self, good, failure)

    patch.setattr(Reconciliation, "_result", wrong)


DEFECTS: dict[str, tuple[Plant, Invariant]] = {
    "no RevisionId with code": (_with("UpdateFunctionCode", RevisionId=None), Invariant.GUARDED),
    "no RevisionId with a version": (_with("PublishVersion", RevisionId=None), Invariant.GUARDED),
    "no CodeSha256": (_with("PublishVersion", CodeSha256=None), Invariant.GUARDED),
    "a mode put unseen": (_does_not_guard_modes, Invariant.GUARDED),
    "publishes without looking": (
        _swaps(Comparison, "publishes", lambda self: self.desired.publish is not None),
        Invariant.IN_SYNC,
    ),
    "repeats a lost write blindly": (_repeats_blindly, Invariant.IN_SYNC),
    "keeps its first readings": (_keeps_readings, Invariant.CONVERGES),
    "does not wait for an update": (_does_not_wait, Invariant.FORBIDDEN),
    "does not mind Manual": (
        _swaps(Comparison, "live_pin_forbids_architecture", lambda _: False),
        Invariant.FORBIDDEN,
    ),
    "publishes with the code too": (
        _with("UpdateFunctionCode", Publish=True),
        Invariant.VERSIONS,
    ),
    "writes to what is suspended": (_writes_to_suspended, Invariant.SUSPENDED),
    "knows no quota": (_takes_at_once, Invariant.QUOTAS),
    "reports in another order": (_reports_backwards, Invariant.REPORTED),
    "calls a Failed update a success": (_calls_failed_updated, Invariant.TRUE),
    "believes in lost writes": (_claims_lost_writes, Invariant.TRUE),
    "never finds a lost write": (
        _swaps(journal.Journal, "_find_lost", lambda *_: None),
        Invariant.TRUE,
    ),
    "does not wait for a version": (_waits_for_no_version, Invariant.TRUE),
    "says in sync of what it changed": (_calls_all_in_sync, Invariant.TRUE),
    "forgets the version's mode": (
        _swaps(Comparison, "version_with_other_mode", lambda _: None),
        Invariant.TRUE,
    ),
    "puts a mode that is not declared": (
        _with("PutRuntimeManagementConfig", Qualifier=LATEST, UpdateRuntimeOn="Auto"),
        Invariant.TRUE,
    ),
    "moves to another architecture": (
        _with("UpdateFunctionCode", Architectures=["arm64"]),
        Invariant.DECLARED,
    ),
    "forgets the key": (_with("UpdateFunctionCode", SourceKMSKeyArn=None), Invariant.DECLARED),
    "forgets where the package is": (
        _with("UpdateFunctionCode", S3ObjectStorageMode=None),
        Invariant.DECLARED,
    ),
    "goes on after a stop": (_goes_on_after_a_stop, Invariant.ENDS),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some seed breaks the promise that the defect is about, and says how to replay it."""
    plant, invariant = DEFECTS[name]
    plant(monkeypatch)

    found: dict[Invariant, str] = {}
    for seed in range(_SEEDS):
        found |= _broken(seed)
        if invariant in found:
            break

    assert invariant in found
    assert "replay it with: make simulate SEED=" in found[invariant]


def _broken(seed: int) -> dict[Invariant, str]:
    """Live through a seed, and give the promise that it broke, and how that is told."""
    try:
        simulate(seed)
    except BrokenInvariantError as broken:
        return {broken.invariant: str(broken)}
    return {}
