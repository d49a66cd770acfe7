"""What holds of every plan, and of the loop that performs first steps only."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import given, settings

from reconciler import reasons
from reconciler.model import (
    LATEST,
    DesiredFunction,
    LastUpdateStatus,
    LiveFunction,
    PublishVersion,
    PutRuntimeManagementConfig,
    State,
    UpdateFunctionCode,
)
from reconciler.planner import plan, reads_native_code
from tests.unit.loop import converge, planned
from tests.unit.strategies import any_desired, any_live, equal, reachable
from tests.unit.world import World, calls_needed

if TYPE_CHECKING:
    from reconciler.model import Step

examples = settings(max_examples=200, deadline=None)


def _of_latest(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Leave out the mode of a version: a new version's is known only when it is there."""
    return tuple(
        step
        for step in steps
        if not isinstance(step, PutRuntimeManagementConfig) or step.qualifier == LATEST
    )


@examples
@given(equal())
def test_what_is_equal_is_in_sync(pair: tuple[DesiredFunction, LiveFunction]) -> None:
    """A function that is as declared has an empty plan without any difference."""
    actual = plan(*pair)
    assert () == actual.steps
    assert () == actual.changes
    assert actual.in_sync


@examples
@given(reachable())
def test_first_steps_lead_to_an_empty_plan(pair: tuple[DesiredFunction, World]) -> None:
    """Whatever the start, the loop ends in sync, and AWS would refuse none of its calls."""
    declared, world = pair
    end, _ = converge(declared, world)
    assert plan(declared, end.seen(declared)).in_sync


@examples
@given(reachable())
def test_no_loop_makes_a_needless_call(pair: tuple[DesiredFunction, World]) -> None:
    """The loop makes exactly as many calls as the differences need."""
    _, performed = converge(*pair)
    assert calls_needed(*pair) == len(performed)


@examples
@given(reachable())
def test_the_whole_plan_may_be_performed_as_it_is_shown(
    pair: tuple[DesiredFunction, World],
) -> None:
    """Each step of a plan is legal after those before it: what --plan shows is what happens."""
    declared, world = pair
    for step in planned(declared, world):
        world = world.after(step)
    assert () == _of_latest(planned(declared, world))


@examples
@given(reachable())
def test_planning_anew_gives_the_rest_of_the_old_plan(
    pair: tuple[DesiredFunction, World],
) -> None:
    """A run that is killed after any step goes on as if it had not been."""
    declared, world = pair
    steps = planned(declared, world)
    while steps:
        world = world.after(steps[0])
        anew = planned(declared, world)
        assert _of_latest(steps[1:]) == _of_latest(anew)
        steps = anew


@examples
@given(any_desired(), any_live())
def test_no_plan_sends_code_or_publishes_twice(
    declared: DesiredFunction, found: LiveFunction
) -> None:
    """One UpdateFunctionCode and one PublishVersion at most, publishing after updating."""
    kinds = [type(step) for step in plan(declared, found).steps]
    assert kinds.count(UpdateFunctionCode) <= 1
    assert kinds.count(PublishVersion) <= 1
    if {UpdateFunctionCode, PublishVersion} <= set(kinds):
        assert kinds.index(UpdateFunctionCode) < kinds.index(PublishVersion)


@examples
@given(any_desired(), any_live())
def test_no_step_is_of_an_undeclared_field(declared: DesiredFunction, found: LiveFunction) -> None:
    """Whatever is live, what is left out is not sent; code goes again for an architecture only."""
    actual = plan(declared, found)
    kinds = {type(step) for step in actual.steps}
    moves = declared.architecture not in (None, found.architecture)
    assert declared.code is not None or moves or UpdateFunctionCode not in kinds
    assert declared.publish is not None or PublishVersion not in kinds
    assert declared.runtime_management is not None or PutRuntimeManagementConfig not in kinds
    versions = {
        step.qualifier for step in actual.steps if isinstance(step, PutRuntimeManagementConfig)
    } - {LATEST}
    assert declared.publish is not None or not versions


@examples
@given(any_desired(), any_live())
def test_code_and_architecture_are_the_declared_or_the_live_ones(
    declared: DesiredFunction, found: LiveFunction
) -> None:
    """No call invents a value, and none changes the key or the storage by leaving it out."""
    for step in plan(declared, found).steps:
        match step:
            case UpdateFunctionCode():
                assert (declared.code or found.code) == step.code
                assert (declared.code is None) == step.live_package
                assert (declared.architecture or found.architecture) == step.architecture
                key = declared.source_kms_key_arn or found.source_kms_key_arn
                assert key == step.source_kms_key_arn
                assert (found.s3_location is not None) == step.by_reference
            case PublishVersion():
                assert (declared.code or found.code) == step.code


@examples
@given(any_desired(), any_live())
def test_nothing_is_written_in_a_state_that_does_not_rest(
    declared: DesiredFunction, found: LiveFunction
) -> None:
    """A step needs a resting function, or one that only lost its artifact."""
    resting = found.state in (State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)
    lost = found.state is State.FAILED and found.state_reason_code in reasons.ARTIFACT_LOST
    assert resting or lost or not plan(declared, found).steps


@examples
@given(any_desired(), any_live())
def test_what_the_native_code_is_read_for_is_only_whether_to_refuse(
    declared: DesiredFunction, found: LiveFunction
) -> None:
    """Where it is not asked for it changes nothing; where it is, it refuses or changes nothing."""
    unknown, actual = plan(replace(declared, native_code=None), found), plan(declared, found)
    if reads_native_code(declared, found) and actual.refusal != unknown.refusal:
        assert () == actual.steps
    else:
        assert unknown == actual


@examples
@given(any_desired(), any_live())
def test_in_sync_means_that_everything_declared_is_live(
    declared: DesiredFunction, found: LiveFunction
) -> None:
    """An empty plan is a promise: it is never given of a function that differs or is not well."""
    if not plan(declared, found).in_sync:
        return
    assert declared.code in (None, found.code)
    assert declared.resolved_image_uri in (None, found.resolved_image_uri)
    assert declared.source_kms_key_arn in (None, found.source_kms_key_arn)
    assert declared.architecture in (None, found.architecture)
    mode = declared.runtime_management
    assert mode is None or mode.on(found.architecture) == found.runtime_management
    assert found.state in (State.ACTIVE, State.INACTIVE, State.ACTIVE_NON_INVOCABLE)
    if declared.code or declared.architecture or declared.publish:
        assert found.last_update_status is not LastUpdateStatus.FAILED
    if declared.publish is not None:
        newest = found.newest_version
        assert newest is not None
        assert (found.code, found.architecture) == (newest.code, newest.architecture)
        assert newest.state is not State.FAILED


@examples
@given(any_desired(), any_live())
def test_a_plan_depends_on_nothing_else(declared: DesiredFunction, found: LiveFunction) -> None:
    """Planning twice gives the same plan, and each step comes with a difference to show."""
    actual = plan(declared, found)
    assert plan(declared, found) == actual
    assert actual.changes or not actual.steps
