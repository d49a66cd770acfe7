"""Scenario files: what they say, and what they leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.manifest import CloseConnection, Scenario
from reconciler.manifest.scenario import (
    ErrorAnswer,
    InitialStatus,
    ScenarioFault,
    ScenarioFunction,
)
from reconciler.model import LastUpdateStatus, Location, State

if TYPE_CHECKING:
    from tests.unit.manifest.conftest import ReadScenario

HEADER = "apiVersion: lambda.reconciler/v1\nkind: Scenario\n"


def fault(**members: Any) -> ScenarioFault:  # noqa: ANN401 - of any field
    """Make a fault of which only this is said."""
    nothing = dict.fromkeys(ScenarioFault.__slots__)
    return ScenarioFault(**{**nothing, "skip": 0, "times": 1, **members})


def test_everything_that_can_be_said(read_scenario: ReadScenario) -> None:
    """Each field becomes the value that is named like it."""
    assert read_scenario(
        HEADER
        + """
functions:
  orders-*:
    state: Inactive
    stateReasonCode: Idle
    stateReason: It was not used.
    lastUpdateStatus: Failed
    lastUpdateStatusReasonCode: Brand.New-Code
    lastUpdateStatusReason: It broke.
    snapStart: PublishedVersions
    publishedVersion: {state: Failed, stateReasonCode: FunctionError, stateReason: init}
  plain: {}
faults:
  - operation: Publish*
    function: orders-??
    skip: 2
    times: always
    failWith: {reasonCode: InvalidImage, reason: It is broken.}
    settle: 2.5
    closeConnection: after
  - times: 3
    error:
      status: 403
      code: AccessDeniedException
      message: "no"
      headers: {Retry-After: 7, X-Any: text}
  - closeConnection: before
"""
    ) == Scenario(
        functions=(
            ScenarioFunction(
                "orders-*",
                Location("s.yaml", 5, 3),
                InitialStatus(
                    State.INACTIVE,
                    "Idle",
                    "It was not used.",
                    LastUpdateStatus.FAILED,
                    "Brand.New-Code",
                    "It broke.",
                    "PublishedVersions",
                ),
                InitialStatus(State.FAILED, "FunctionError", "init"),
            ),
            ScenarioFunction("plain", Location("s.yaml", 14, 3), InitialStatus(), None),
        ),
        faults=(
            fault(
                operation="Publish*",
                function="orders-??",
                skip=2,
                times=None,
                fail_with=("InvalidImage", "It is broken."),
                settle=2.5,
                close_connection=CloseConnection.AFTER,
            ),
            fault(
                times=3,
                error=ErrorAnswer(
                    403, "AccessDeniedException", "no", {"Retry-After": "7", "X-Any": "text"}
                ),
            ),
            fault(close_connection=CloseConnection.BEFORE),
        ),
    )


def test_nothing_need_be_said(read_scenario: ReadScenario) -> None:
    """Two lines are a scenario in which nothing happens."""
    assert Scenario((), ()) == read_scenario(HEADER)


INJECTED = "Injected by the sandbox."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("error: {status: 500}", fault(error=ErrorAnswer(500, "ServiceException", INJECTED, {}))),
        ("error: {status: 503}", fault(error=ErrorAnswer(503, "ServiceException", INJECTED, {}))),
        (
            "error: {status: 429}",
            fault(error=ErrorAnswer(429, "TooManyRequestsException", "Rate exceeded", {})),
        ),
        ("error: {status: 400, code: X}", fault(error=ErrorAnswer(400, "X", INJECTED, {}))),
        ("failWith: {reasonCode: Idle}", fault(fail_with=("Idle", INJECTED))),
        ("settle: 0", fault(settle=0.0)),
        ("settle: 86400", fault(settle=86400.0)),
    ],
)
def test_what_is_left_out_has_a_default(
    read_scenario: ReadScenario, body: str, expected: ScenarioFault
) -> None:
    """Codes and texts follow from the status; no fault happens more than once unasked."""
    assert Scenario((), (expected,)) == read_scenario(f"{HEADER}faults:\n  - {{{body}}}\n")


def test_strings_are_substituted_as_in_manifests(read_scenario: ReadScenario) -> None:
    """``${NAME}`` comes from the environment."""
    text = f"{HEADER}faults: [{{function: '${{NAME}}-prod', settle: 1}}]"
    expected = Scenario((), (fault(function="orders-prod", settle=1.0),))
    assert expected == read_scenario(text, NAME="orders")
