"""The newest versions of many functions are found in few calls, on the wire."""

from __future__ import annotations

from collections import Counter

import pytest

from reconciler.fleet.all_versions import LEAST
from reconciler.model import Status
from reconciler.sandbox import Fault
from tests.effects.world import REGION, World

NAMES = [f"f{number:02}" for number in range(LEAST + 5)]


@pytest.fixture
def fleet(world: World) -> World:
    """Give functions in sync that publish, each with one version."""
    for name in NAMES:
        world.create(name, "same")
        world.plane.publish_version(name, region=REGION)
        world.declare(**{name: "code: {zipFile: app.zip}\npublish: true"})
    world.package("app", "same")
    return world


def operations(world: World) -> Counter[str]:
    """Count the calls of the last run."""
    return Counter(call.split()[0] for call in world.calls)


def test_versions_of_many_functions_are_found_by_one_list(fleet: World) -> None:
    """25 functions and their versions fit on one page; each version's State is read besides."""
    run = fleet.run()

    assert {Status.IN_SYNC} == {each.status for each in run.functions}
    assert {"GetFunction": 2 * len(NAMES), "ListFunctions": 1} == operations(fleet)


def test_a_refused_sweep_is_made_up_for_by_a_list_of_each(fleet: World) -> None:
    """ListFunctions is allowed for all functions of an account or for none."""
    refusal = Fault("ListFunctions", status=403, code="AccessDeniedException", times=99)
    fleet.sandbox.inject(refusal)

    run = fleet.run()

    assert {Status.IN_SYNC} == {each.status for each in run.functions}
    assert 1 == operations(fleet)["ListFunctions"]
    assert len(NAMES) == operations(fleet)["ListVersionsByFunction"]


def test_a_throttled_page_is_asked_for_again(fleet: World) -> None:
    """The run goes on with it."""
    fleet.sandbox.inject(
        Fault("ListFunctions", status=429, code="TooManyRequestsException", times=1)
    )

    fleet.run()

    assert {"GetFunction": 2 * len(NAMES), "ListFunctions": 2} == operations(fleet)


def test_new_code_needs_no_list_however_many_functions(fleet: World) -> None:
    """Two calls of the scarce quota for each."""
    fleet.package("app", "new")

    run = fleet.run()

    assert {Status.UPDATED} == {each.status for each in run.functions}
    found = operations(fleet)
    del found["GetFunction"]
    assert {"UpdateFunctionCode": len(NAMES), "PublishVersion": len(NAMES)} == found


def test_who_publishes_during_the_sweep_is_met(fleet: World) -> None:
    """Its RevisionId shows that the list is of another time: this one is looked up by itself."""

    def act() -> None:
        fleet.plane.update_function_configuration("f00", region=REGION, Description="by hand")
        fleet.plane.settle_now("f00", region=REGION)
        fleet.plane.publish_version("f00", region=REGION)

    fleet.sandbox.inject(Fault("ListFunctions", run=act))

    run = fleet.run()

    assert {Status.IN_SYNC} == {each.status for each in run.functions}
    assert ["ListVersionsByFunction", "GetFunction 2"] == [
        call for call in fleet.calls if call in ("ListVersionsByFunction", "GetFunction 2")
    ]
