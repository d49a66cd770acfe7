"""The runtime update mode of the version that serves: put where AWS is known to take it."""

from __future__ import annotations

import pytest

from reconciler.model import Publish, PublishedVersion, PutRuntimeManagementConfig, State
from reconciler.planner import plan
from tests.unit.builders import AUTO, FUNCTION_UPDATE, NEW, OLD, desired, live, version

DECLARED = desired(code=OLD, publish=Publish(), runtime_management=FUNCTION_UPDATE)
RESTING = (None, State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)
OTHERS = (
    State.PENDING,
    State.FAILED,
    State.DEACTIVATING,
    State.DEACTIVATED,
    State.DELETING,
    State("Hibernating"),
)


@pytest.mark.parametrize("state", RESTING, ids=str)
def test_a_version_at_rest_gets_the_declared_mode(state: State | None) -> None:
    """Also one of which only the list was read, which leaves the state out."""
    newest = version("7", state=state, runtime_management=AUTO)
    actual = plan(DECLARED, live(runtime_management=FUNCTION_UPDATE, newest_version=newest))
    assert (PutRuntimeManagementConfig(FUNCTION_UPDATE, "7"),) == actual.steps
    assert ["runtimeManagement of version 7"] == [change.field for change in actual.changes]


@pytest.mark.parametrize("state", OTHERS, ids=str)
def test_a_version_that_is_not_at_rest_gets_no_mode(state: State) -> None:
    """
    AWS refuses the call for a resource that is Pending.

    Recorded by another tool from AWS: "The operation cannot be performed at this time. The
    resource is currently in the following state: 'Pending'" (go-to-k/cdkd).
    """
    newest = version("7", state=state, runtime_management=AUTO)
    actual = plan(DECLARED, live(runtime_management=FUNCTION_UPDATE, newest_version=newest))
    assert ((), ()) == (actual.steps, actual.changes)


@pytest.mark.parametrize(
    "newest",
    [
        pytest.param(version("7"), id="mode not read"),
        pytest.param(version("7", runtime_management=FUNCTION_UPDATE), id="mode is right"),
    ],
)
def test_a_version_whose_mode_is_right_or_unknown_is_in_sync(newest: PublishedVersion) -> None:
    """Nothing is put that was not read before."""
    found = live(runtime_management=FUNCTION_UPDATE, newest_version=newest)
    assert plan(DECLARED, found).in_sync


def test_the_mode_of_a_version_that_is_history_is_left() -> None:
    """It carries other code: a new version will be published, and that one is looked at."""
    newest = version("7", code=NEW, runtime_management=AUTO)
    actual = plan(DECLARED, live(runtime_management=FUNCTION_UPDATE, newest_version=newest))
    assert ["PublishVersion"] == [type(step).__name__ for step in actual.steps]
