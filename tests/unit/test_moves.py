"""Whether somebody else moved $LATEST: told from its RevisionId and from what we left there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from reconciler.model import PublishVersion, PutRuntimeManagementConfig, UpdateFunctionCode
from reconciler.reconcile.moves import Moves
from tests.unit.builders import ARM, FUNCTION_UPDATE, NEW, OLD, X86, live, version

if TYPE_CHECKING:
    from reconciler.model import LiveFunction, Step

UPDATE = UpdateFunctionCode(NEW, X86)
PUT = PutRuntimeManagementConfig(FUNCTION_UPDATE)
BEFORE = replace(live(code=OLD), revision_id="1")
OURS = replace(live(code=NEW), revision_id="2")
THEIRS = replace(live(code=OLD), revision_id="3")
ELSEWHERE = replace(OURS, architecture=ARM)


@pytest.mark.parametrize(
    ("step", "after", "foreign"),
    [
        pytest.param(None, BEFORE, False, id="nothing moved"),
        pytest.param(None, THEIRS, True, id="moved without a write of ours"),
        pytest.param(PUT, BEFORE, False, id="a mode that moves nothing"),
        pytest.param(PUT, THEIRS, True, id="moved after a mode"),
        pytest.param(UPDATE, OURS, False, id="our update"),
        pytest.param(UPDATE, THEIRS, True, id="other code after our update"),
        pytest.param(UPDATE, ELSEWHERE, True, id="another architecture after our update"),
        pytest.param(PublishVersion(NEW), OURS, False, id="our version"),
        pytest.param(PublishVersion(NEW), THEIRS, True, id="other code after our version"),
        pytest.param(PublishVersion(NEW), ELSEWHERE, True, id="another architecture after it"),
    ],
)
def test_a_move_is_foreign_unless_our_write_left_it_so(
    step: Step | None, after: LiveFunction, *, foreign: bool
) -> None:
    """Another RevisionId, and not what our last write left."""
    moves = Moves()
    moves.foreign(BEFORE, None)
    if step is not None:
        moves.wrote(step)

    assert foreign is moves.foreign(after, version("1", code=NEW))


def test_a_write_explains_one_reading_only() -> None:
    """What moves after our update was seen is somebody else's."""
    moves = Moves()
    moves.wrote(UPDATE)
    moves.foreign(OURS, None)

    assert moves.foreign(replace(OURS, revision_id="4"), None)
