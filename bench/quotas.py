"""How near the reconciler comes to what AWS's quotas allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.stage import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.stage import Stage

GET_FUNCTION = 100.0
EVERYTHING_ELSE = 15.0
_ALL = ("--quota-share", "1")
_MODE = ", runtimeManagement: {updateRuntimeOn: FunctionUpdate}"
_PUBLISH = ", publish: true"
_PLANNED = 1000
_APPLIED = 150


def plan() -> Iterator[Figure]:
    """1,000 functions in sync."""
    with set_up(_PLANNED, quota="aws", deployed=True) as stage:
        cost = stage.reconcile("--plan", *_ALL)
        yield Figure("plan: wall over 1,000/100 s", cost.wall, _PLANNED / GET_FUNCTION, 1.10)
        yield from _throttled("plan", stage)


def plan_modes() -> Iterator[Figure]:
    """1,000 functions in sync, with runtime modes declared."""
    with set_up(_PLANNED, quota="aws", deployed=True, more=_MODE) as stage:
        cost = stage.reconcile("--plan", *_ALL)
        bound = _PLANNED / EVERYTHING_ELSE
        yield Figure("plan with modes: wall over 1,000/15 s", cost.wall, bound, 1.10)
        yield from _throttled("plan with modes", stage)


def plan_versions() -> Iterator[Figure]:
    """1,000 functions in sync, with publish declared; the bound is that of the calls it needs."""
    with set_up(_PLANNED, quota="aws", deployed=True, more=_PUBLISH) as stage:
        cost = stage.reconcile("--plan", *_ALL)
        calls = stage.calls
        lists = calls.total() - calls["GetFunction"]
        bound = max(calls["GetFunction"] / GET_FUNCTION, lists / EVERYTHING_ELSE)
        note = f"{calls['GetFunction']:,} GetFunction, {lists:,} lists"
        yield Figure("plan with publish: wall over its calls' quota", cost.wall, bound, note=note)
        cheapest = 2 * _PLANNED / GET_FUNCTION  # each function, and its newest version
        yield Figure("plan with publish: wall over 2,000/100 s", cost.wall, cheapest, 1.15)
        yield from _throttled("plan with publish", stage)


def apply() -> Iterator[Figure]:
    """150 functions with new code and publish."""
    with set_up(_APPLIED, quota="aws", settle=2.0, more=_PUBLISH) as stage:
        cost = stage.reconcile(*_ALL)
        bound = 2 * _APPLIED / EVERYTHING_ELSE
        yield Figure("apply: wall over 300/15 s", cost.wall, bound, 1.15)
        yield from _throttled("apply", stage)
        wanted = {"UpdateFunctionCode": _APPLIED, "PublishVersion": _APPLIED}
        scarce = {name: count for name, count in stage.calls.items() if name != "GetFunction"}
        wrong = sum(
            abs(scarce.get(name, 0) - wanted.get(name, 0)) for name in wanted.keys() | scarce.keys()
        )
        note = ", ".join(f"{count} {name}" for name, count in sorted(stage.calls.items()))
        yield Figure("apply: calls too many or too few", wrong, None, 0, "", note)


def _throttled(what: str, stage: Stage) -> Iterator[Figure]:
    yield Figure(f"{what}: answers of 429", stage.throttled, None, 0, "")
