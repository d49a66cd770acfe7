"""The plan against a search of every legal sequence of calls in the model of AWS."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from reconciler.model import (
    DesiredFunction,
    LastUpdateStatus,
    LiveFunction,
    PackageType,
    Publish,
    State,
    UpdateFunctionCode,
)
from reconciler.planner import plan
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    declared,
    desired,
    live,
    manual,
    pins,
)
from tests.unit.loop import converge, planned
from tests.unit.search import fewest_calls, reached
from tests.unit.strategies import any_live, reachable
from tests.unit.world import World, carries, content

if TYPE_CHECKING:
    from reconciler.model import RuntimeManagement

examples = settings(max_examples=200, deadline=None)


@examples
@given(reachable())
def test_the_loop_ends_where_everything_declared_is_live(
    pair: tuple[DesiredFunction, World],
) -> None:
    """What is reached is judged field by field, not by the planner's own word."""
    manifest, world = pair
    end, _ = converge(manifest, world)
    assert reached(manifest, end)


@examples
@given(reachable())
def test_no_shorter_sequence_of_calls_would_do(pair: tuple[DesiredFunction, World]) -> None:
    """Of all sequences that AWS accepts, none that ends in the declared state is shorter."""
    manifest, world = pair
    _, performed = converge(manifest, world)
    assert fewest_calls(manifest, world, len(performed)) == len(performed)


@examples
@given(reachable())
def test_a_plan_that_is_cut_off_anywhere_costs_nothing(
    pair: tuple[DesiredFunction, World],
) -> None:
    """Killed after any step, the next run ends in the same state, with as many writes in all."""
    manifest, world = pair
    end, performed = converge(manifest, world)
    for done, step in enumerate(planned(manifest, world), start=1):
        world = world.after(step)
        end_of_next, rest = converge(manifest, world)
        assert end == end_of_next
        assert len(performed) == done + len(rest)


def _read_off(found: LiveFunction) -> DesiredFunction:
    """Declare everything that a function has."""
    mode, version = found.runtime_management, found.newest_version
    is_zip = found.package_type is PackageType.ZIP
    serves = version is not None and version.state is State.ACTIVE
    same_mode = version is not None and version.runtime_management == mode
    return desired(
        code=found.code,
        architecture=found.architecture,
        runtime_management=mode if is_zip else None,
        publish=Publish() if serves and same_mode and carries(version, content(found)) else None,
        package_type=found.package_type,
        resolved_image_uri=found.resolved_image_uri,
        in_s3=found.s3_location is not None,
        source_kms_key_arn=found.source_kms_key_arn,
    )


@examples
@given(any_live())
def test_a_function_is_in_sync_with_itself(found: LiveFunction) -> None:
    """Whatever a healthy function is, declaring exactly that changes nothing."""
    found = replace(
        found, state=State.ACTIVE, last_update_status=LastUpdateStatus.SUCCESSFUL, master_arn=None
    )
    actual = plan(_read_off(found), found)
    assert (True, (), ()) == (actual.in_sync, actual.steps, actual.changes)


@examples
@given(reachable())
def test_what_a_run_leaves_is_in_sync_with_itself(pair: tuple[DesiredFunction, World]) -> None:
    """The manifest that is read off the end of a run asks for nothing more."""
    manifest, world = pair
    end, _ = converge(manifest, world)
    assert () == plan(_read_off(end.latest), end.latest).steps


# The search itself.


@pytest.mark.parametrize(
    ("manifest", "mode", "calls"),
    [
        pytest.param(desired(code=OLD), AUTO, 0, id="nothing"),
        pytest.param(desired(code=NEW, publish=Publish()), AUTO, 2, id="code-and-version"),
        pytest.param(
            desired(code=NEW, architecture=ARM, runtime_management=pins("a"), publish=Publish()),
            manual("a", X86),
            5,
            id="pinned-to-pinned",
        ),
        pytest.param(
            desired(code=NEW, architecture=ARM, runtime_management=AUTO),
            manual("a", X86),
            2,
            id="pinned-to-auto",
        ),
    ],
)
def test_the_search_finds_what_is_known_to_be_shortest(
    manifest: DesiredFunction, mode: RuntimeManagement, calls: int
) -> None:
    """A search that stopped too early, or knew too few calls, would prove nothing."""
    world = World(live(runtime_management=mode), changed=True)
    assert calls == fewest_calls(manifest, world, 6)
    assert fewest_calls(manifest, world, calls - 1) is None


def test_a_goal_that_is_missed_by_one_field_is_not_reached() -> None:
    """The judge looks at code, architecture, mode and version."""
    manifest = desired(
        code=NEW, architecture=X86, runtime_management=FUNCTION_UPDATE, publish=Publish()
    )
    start = World(live(runtime_management=AUTO), changed=True)
    end, _ = converge(manifest, start)
    assert reached(manifest, end)
    assert not reached(replace(manifest, code=OLD), end)
    assert not reached(replace(manifest, architecture=ARM), end)
    assert not reached(replace(manifest, runtime_management=declared(AUTO)), end)
    assert not reached(manifest, end.after(UpdateFunctionCode(OLD, X86)))
