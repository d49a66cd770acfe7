"""
Every cell of what can differ, against the written order of the calls.

The table is typed from the rules that AWS's documentation gives: $LATEST in Manual
mode refuses another architecture, a pin goes on before new code runs, a pin's ARN is
that of one architecture, and publishing comes last.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Publish, PublishVersion, PutRuntimeManagementConfig, UpdateFunctionCode
from reconciler.planner import plan
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    code,
    desired,
    live,
    manual,
    version,
)

if TYPE_CHECKING:
    from reconciler.model import Architecture, CodeDigest, Plan, PublishedVersion, Step

MODES = {
    "undeclared": None,
    "Auto": AUTO,
    "FunctionUpdate": FUNCTION_UPDATE,
    "ManualA": manual("a"),
    "ManualB": manual("b"),
}
LIVE_MODES = ("Auto", "FunctionUpdate", "ManualA", "ManualB")
DESIRED_MODES = ("undeclared", "Auto", "FunctionUpdate", "ManualA")

# (live mode, desired mode): calls while the architecture stays, calls when it changes.
# "code" is left out where neither code nor architecture differs.
ORDERS = {
    ("Auto", "undeclared"): ("code", "code"),
    ("Auto", "Auto"): ("code", "code"),
    ("Auto", "FunctionUpdate"): ("put code", "put code"),
    ("Auto", "ManualA"): ("put code", "code put"),
    ("FunctionUpdate", "undeclared"): ("code", "code"),
    ("FunctionUpdate", "Auto"): ("put code", "put code"),
    ("FunctionUpdate", "FunctionUpdate"): ("code", "code"),
    ("FunctionUpdate", "ManualA"): ("put code", "code put"),
    ("ManualA", "undeclared"): ("code", "code"),
    ("ManualA", "Auto"): ("put code", "put code"),
    ("ManualA", "FunctionUpdate"): ("put code", "put code"),
    ("ManualA", "ManualA"): ("code", "relax code put"),
    ("ManualB", "undeclared"): ("code", "code"),
    ("ManualB", "Auto"): ("put code", "put code"),
    ("ManualB", "FunctionUpdate"): ("put code", "put code"),
    ("ManualB", "ManualA"): ("put code", "relax code put"),
}


def _planned(
    live_mode: str,
    desired_mode: str,
    wanted: tuple[CodeDigest, Architecture],
    newest: PublishedVersion | None,
    publish: Publish | None,
) -> Plan:
    return plan(
        desired(
            code=wanted[0],
            architecture=wanted[1],
            runtime_management=MODES[desired_mode],
            publish=publish,
        ),
        live(
            code=OLD,
            architecture=X86,
            runtime_management=MODES[live_mode],
            newest_version=newest,
        ),
    )


def _expected(
    order: str, desired_mode: str, wanted: tuple[CodeDigest, Architecture]
) -> tuple[Step, ...]:
    mode = MODES[desired_mode]
    steps: dict[str, Step] = {
        "code": UpdateFunctionCode(*wanted),
        "publish": PublishVersion(wanted[0], "build 41"),
        "relax": PutRuntimeManagementConfig(FUNCTION_UPDATE, "$LATEST"),
    }
    if mode is not None:
        steps["put"] = PutRuntimeManagementConfig(mode, "$LATEST")
    return tuple(steps[word] for word in order.split())


@pytest.mark.parametrize("newest", ["no-version", "newest-carries-desired", "newest-carries-other"])
@pytest.mark.parametrize("publishes", [False, True], ids=["unpublished", "publish"])
@pytest.mark.parametrize("architecture", [X86, ARM], ids=["same-architecture", "new-architecture"])
@pytest.mark.parametrize("digest", [OLD, NEW], ids=["same-code", "new-code"])
@pytest.mark.parametrize(
    ("live_mode", "desired_mode"),
    ORDERS,
    ids=[f"{have}-to-{want}" for have, want in ORDERS],
)
def test_the_steps_are_the_shortest_safe_order(  # noqa: PLR0913 - the dimensions of the table
    live_mode: str,
    desired_mode: str,
    digest: CodeDigest,
    architecture: Architecture,
    newest: str,
    *,
    publishes: bool,
) -> None:
    """The plan is exactly the calls of the rule table, in its order."""
    wanted = (digest, architecture)
    versions = {
        "no-version": None,
        "newest-carries-desired": version(
            code=digest, architecture=architecture, runtime_management=MODES[desired_mode]
        ),
        "newest-carries-other": version(code=code("other"), architecture=architecture),
    }
    same, changed = ORDERS[live_mode, desired_mode]
    order = same if architecture is X86 else changed
    if wanted == (OLD, X86):
        order = order.replace("code", "")
    if publishes and newest != "newest-carries-desired":
        order += " publish"

    actual = _planned(
        live_mode,
        desired_mode,
        wanted,
        versions[newest],
        Publish("build 41") if publishes else None,
    )

    assert _expected(order, desired_mode, wanted) == actual.steps
    assert (not actual.steps) == actual.in_sync
    assert actual.refusal is None


def test_the_table_has_every_pair_of_modes() -> None:
    """No cell of the rule table is missing."""
    assert set(product(LIVE_MODES, DESIRED_MODES)) == set(ORDERS)


def test_a_version_with_the_code_but_another_architecture_does_not_serve() -> None:
    """The hash does not cover the architecture, so equal hashes alone publish again."""
    newest = version(code=NEW, architecture=X86)
    actual = _planned("Auto", "undeclared", (NEW, ARM), newest, Publish())
    assert (UpdateFunctionCode(NEW, ARM), PublishVersion(NEW, None)) == actual.steps


def test_a_version_with_the_architecture_but_other_code_does_not_serve() -> None:
    """An equal architecture alone publishes again."""
    newest = version(code=OLD, architecture=ARM)
    actual = _planned("Auto", "undeclared", (NEW, ARM), newest, Publish())
    assert (UpdateFunctionCode(NEW, ARM), PublishVersion(NEW, None)) == actual.steps


def test_going_back_to_the_newest_version_publishes_nothing() -> None:
    """The newest version carries the desired code already, so only $LATEST is updated."""
    newest = version(code=NEW)
    actual = _planned("Auto", "undeclared", (NEW, X86), newest, Publish())
    assert (UpdateFunctionCode(NEW, X86),) == actual.steps
