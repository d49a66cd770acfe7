"""The planner against every cell of the order table."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest

from reconciler.model import Publish, PublishVersion, PutRuntimeManagementConfig, UpdateFunctionCode
from reconciler.planner import plan
from tests.order_table import CELLS, DESIRED_MODES, ORDERS, UNDECLARED
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
    pins,
    version,
)

if TYPE_CHECKING:
    from reconciler.model import (
        Architecture,
        CodeDigest,
        DesiredFunction,
        PublishedVersion,
        RuntimeManagement,
        RuntimeManagementSpec,
        Step,
    )
    from tests.order_table import Cell

MODES = {
    "Auto": AUTO,
    "FunctionUpdate": FUNCTION_UPDATE,
    "this pin": manual("this"),
    "another pin": manual("another"),
}


@pytest.mark.parametrize("cell", CELLS, ids=", ".join)
def test_each_cell_has_the_calls_of_the_table_in_its_order(cell: Cell) -> None:
    """Live mode, declared mode, code, architecture, publish: exactly the calls that are needed."""
    found = live(runtime_management=MODES[cell.live_mode], newest_version=_newest(cell))

    actual = plan(_declared(cell), found)

    assert [_step(word, cell) for word in cell.calls] == list(actual.steps)
    assert (not cell.calls and not cell.forbidden) == actual.in_sync
    assert cell.forbidden == (actual.refusal is not None)


def test_the_table_has_every_row() -> None:
    """No combination of declared mode, pinned and moving is missing, and there are 432 cells."""
    assert set(product(DESIRED_MODES, (False, True), (False, True))) == set(ORDERS)
    assert 4 * 4 * 3 * 3 * 3 == len(set(CELLS))


@pytest.mark.parametrize("newest", [version(code=NEW), version(code=OLD, architecture=ARM)])
def test_a_version_serves_only_with_both_code_and_architecture(newest: PublishedVersion) -> None:
    """The hash does not cover the architecture, so equal hashes alone publish again."""
    actual = plan(
        desired(code=NEW, architecture=ARM, publish=Publish()), live(newest_version=newest)
    )
    assert (UpdateFunctionCode(NEW, ARM), PublishVersion(NEW, None)) == actual.steps


def test_a_first_version_is_published_after_the_code() -> None:
    """Without any version the order is the same."""
    actual = plan(desired(code=NEW, publish=Publish()), live())
    assert (UpdateFunctionCode(NEW, X86), PublishVersion(NEW)) == actual.steps


def _declared(cell: Cell) -> DesiredFunction:
    digest, architecture = _wanted(cell)
    return desired(
        code=None if cell.code == UNDECLARED else digest,
        architecture=None if cell.architecture == UNDECLARED else architecture,
        runtime_management=_declared_mode(cell),
        publish=None if cell.publish == UNDECLARED else Publish("build 41"),
    )


def _declared_mode(cell: Cell) -> RuntimeManagement | RuntimeManagementSpec | None:
    if cell.mode == UNDECLARED:
        return None
    return pins("this") if cell.mode == "this pin" else MODES[cell.mode]


def _newest(cell: Cell) -> PublishedVersion | None:
    """Give no version, one of other code, or one that is just what is declared."""
    digest, architecture = _wanted(cell)
    if cell.publish == UNDECLARED:
        return None
    if cell.publish == "not in sync":
        return version(code=code("history"), architecture=architecture)
    return version(code=digest, architecture=architecture, runtime_management=_mode(cell))


def _step(word: str, cell: Cell) -> Step:
    digest, architecture = _wanted(cell)
    match word:
        case "relax":
            return PutRuntimeManagementConfig(FUNCTION_UPDATE)
        case "code":
            again = cell.code == UNDECLARED
            return UpdateFunctionCode(digest, architecture, live_package=again)
        case "publish":
            return PublishVersion(digest, "build 41")
    mode = _mode(cell)
    assert mode is not None
    return PutRuntimeManagementConfig(mode)


def _wanted(cell: Cell) -> tuple[CodeDigest, Architecture]:
    return NEW if cell.code == "new" else OLD, ARM if cell.moves else X86


def _mode(cell: Cell) -> RuntimeManagement | None:
    """Give the declared mode; the pin is that of the architecture to be."""
    if cell.mode == UNDECLARED:
        return None
    return manual("this", _wanted(cell)[1]) if cell.mode == "this pin" else MODES[cell.mode]
