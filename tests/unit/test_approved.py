"""One function that is held to a saved plan: exactly its steps, or none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.model import (
    Approval,
    Basis,
    Change,
    FailureKind,
    FunctionResult,
    Publish,
    Status,
)
from tests.unit.builders import (
    ARM,
    AUTO,
    FUNCTION_UPDATE,
    NEW,
    OLD,
    X86,
    code,
    declared,
    live,
    version,
)
from tests.unit.functions import Functions
from tests.unit.scene import BUSY, Scene, wants

if TYPE_CHECKING:
    from collections.abc import Callable

EVERYTHING = wants(publish=Publish("v1"), runtime_management=declared(FUNCTION_UPDATE))
WRITES = ("Update", "Publish", "Put")


def scene(**settings: Any) -> Scene:  # noqa: ANN401 - any of Scene's
    """Make a function with all to do."""
    return Scene(Functions(live(), AUTO), EVERYTHING, **settings)


def approved(**settings: Any) -> Approval:  # noqa: ANN401 - as above
    """Plan in a world of its own, and approve that."""
    return approval(scene(**settings).show())


def approval(shown: FunctionResult) -> Approval:
    """Approve what was shown."""
    assert shown.plan is not None
    return Approval(shown.basis, shown.plan.steps)


def written(done: Scene) -> list[str]:
    """Name the writes that were sent."""
    return [call.split()[0] for call in done.functions.calls if call.startswith(WRITES)]


def stale(result: FunctionResult) -> str:
    """Give what changed, of a function that was refused."""
    assert result.failure is not None
    assert (Status.FAILED, FailureKind.STALE) == (result.status, result.failure.kind)
    return result.failure.what


def test_what_was_approved_is_performed() -> None:
    """The mode of the version that the run itself publishes follows from the plan."""
    work = scene(approved=approved())
    assert Status.UPDATED is work.apply().status
    assert [
        "PutRuntimeManagementConfig",
        "UpdateFunctionCode",
        "PublishVersion",
        "PutRuntimeManagementConfig",
    ] == written(work)
    assert {"$LATEST": FUNCTION_UPDATE, "1": FUNCTION_UPDATE} == work.functions.modes


def test_a_basis_says_what_the_plan_was_made_from() -> None:
    """Of a plan as of a run, it is the reading before the first write."""
    before = live()
    expected = Basis(
        account=before.account,
        region="eu-west-1",
        code=OLD,
        architecture=X86,
        revision_id=before.revision_id,
        runtime_management=AUTO,
        versions_unread=True,
        desired_code=NEW,
        desired_mode=FUNCTION_UPDATE,
    )
    assert expected == scene().show().basis == scene().apply().basis


BASES: dict[str, tuple[Callable[[Basis], Basis], str]] = {
    "account": (lambda was: replace(was, account="1" * 12), "account: 111111111111 then, 1234"),
    "region": (lambda was: replace(was, region="r"), "region: r then, eu-west-1"),
    "code": (lambda was: replace(was, code=NEW), f"the live code: {NEW} then, {OLD}"),
    "architecture": (
        lambda was: replace(was, architecture=ARM),
        "the live architecture: arm64 then, x86_64",
    ),
    "revision": (lambda was: replace(was, revision_id="r-0"), "RevisionId: r-0 then, revision"),
    "mode": (
        lambda was: replace(was, runtime_management=FUNCTION_UPDATE),
        "the live runtimeManagement: FunctionUpdate then, Auto",
    ),
    "package": (
        lambda was: replace(was, desired_code=code("another")),
        f"the package: {code('another')} then, {NEW}",
    ),
    "declared mode": (
        lambda was: replace(was, desired_mode=None),
        "the declared runtimeManagement: none then, FunctionUpdate",
    ),
}


@pytest.mark.parametrize("name", BASES)
def test_a_plan_made_from_something_else_is_refused(name: str) -> None:
    """What changed is named, and nothing is written."""
    change, said = BASES[name]
    given = approved()
    assert given.basis is not None
    work = scene(approved=replace(given, basis=change(given.basis)))
    assert said in stale(work.apply())
    assert [] == written(work)


@pytest.mark.parametrize("keep", [slice(0, 2), slice(1, None), slice(0, 0)], ids=str)
def test_other_steps_are_refused(keep: slice) -> None:
    """Also where one was only taken away: the rest was not planned alone."""
    given = approved()
    work = scene(approved=replace(given, steps=given.steps[keep]))
    assert "the steps: " in stale(work.apply())
    assert [] == written(work)


def test_other_parameters_of_a_step_are_refused() -> None:
    """A description is one."""
    given = approved()
    steps = (*given.steps[:2], replace(given.steps[2], description="v2"))  # type: ignore[arg-type]  # a PublishVersion
    work = scene(approved=replace(given, steps=steps))
    assert "with other parameters" in stale(work.apply())
    assert [] == written(work)


def test_what_was_known_before_is_named_too() -> None:
    """Everything that changed is in one message."""
    given = replace(approved(), stale=(Change("the manifest", "a", "b"),))
    work = scene(approved=given)
    work.functions.change(code=code("rival"))
    said = stale(work.apply())
    assert "the manifest: a then, b now; the live code: " in said
    assert [] == written(work)


def test_without_anything_to_compare_with_it_is_refused() -> None:
    """A function that could not be planned then has no steps now."""
    given = Approval(None, stale=(Change("the plan", "none", "one"),))
    work = scene(approved=given)
    assert "the plan: none then, one" in stale(work.apply())
    assert [] == written(work)


def test_what_was_in_sync_and_still_is_needs_no_new_plan() -> None:
    """A setting that is not ours has moved the RevisionId: nothing was or is to be done."""
    work = Scene(Functions(live(code=NEW), AUTO), wants())
    given = approval(work.show())
    assert (given.steps, True) == ((), given.basis is not None)
    work = Scene(Functions(replace(live(code=NEW), revision_id="r-9"), AUTO), wants())
    work.approved = given
    assert Status.IN_SYNC is work.apply().status


def test_the_mode_of_the_newest_version_counts() -> None:
    """Where it was read, for a plan that declares one."""
    versions = (version("1", code=OLD),)
    work = Scene(Functions(live(code=NEW), AUTO, versions), wants(publish=Publish()))
    given = approval(work.show())
    assert given.basis is not None
    pinned = replace(versions[0], runtime_management=FUNCTION_UPDATE)
    work.approved = replace(given, basis=replace(given.basis, newest_version=pinned))
    said = f"the newest version: 1 ({OLD}, x86_64, FunctionUpdate) then, 1 ({OLD}, x86_64) now"
    assert said in stale(work.apply())
    assert [] == written(work)


@pytest.mark.parametrize(("then", "now"), [("1", "2"), ("1", None), (None, "2")])
def test_another_newest_version_is_refused(then: str | None, now: str | None) -> None:
    """A list is compared with a list."""

    def world(number: str | None) -> Scene:
        versions = () if number is None else (version(number, code=OLD),)
        return Scene(Functions(live(code=NEW), AUTO, versions), wants(publish=Publish()))

    work = world(now)
    work.approved = approval(world(then).show())
    before, after = (
        "none" if number is None else f"{number} ({OLD}, x86_64)" for number in (then, now)
    )
    assert f"the newest version: {before} then, {after} now" in stale(work.apply())
    assert [] == written(work)
    again = world(then)
    again.approved = work.approved
    assert Status.UPDATED is again.apply().status


def test_a_rival_between_the_look_and_the_first_write_makes_it_stale() -> None:
    """The guard refuses the write, and the plan is compared once more before the next."""
    work = scene(approved=approved())
    work.functions.fails["PutRuntimeManagementConfig"].append(BUSY)
    asked = iter(range(3))

    def meddle(said: str) -> None:
        if "trying again" in said and next(asked) == 0:
            work.functions.change(code=OLD)

    work.said = Lines(meddle)
    assert "RevisionId: revision-1 then, revision-2 now" in stale(work.apply())
    assert ["PutRuntimeManagementConfig"] == written(work)
    assert AUTO == work.functions.modes["$LATEST"]


class Lines(list[str]):
    """Acts on what is said."""

    def __init__(self, act: Callable[[str], None]) -> None:
        super().__init__()
        self._act = act

    def append(self, line: str) -> None:
        """Take a line."""
        super().append(line)
        self._act(line)


def test_a_call_that_failed_before_is_tried_again() -> None:
    """AWS was busy, and nothing has changed."""
    work = scene(approved=approved())
    work.functions.fails["PutRuntimeManagementConfig"].append(BUSY)
    assert Status.UPDATED is work.apply().status


def test_a_lost_answer_is_found_done() -> None:
    """It had its effect, and is not sent again."""
    work = scene(approved=approved())
    work.functions.lost.add("UpdateFunctionCode")
    assert Status.UPDATED is work.apply().status
    assert 1 == written(work).count("UpdateFunctionCode")


def test_a_step_that_somebody_undoes_is_not_repeated() -> None:
    """Without a plan it would be done once more: approved is one."""

    def undo(operation: str) -> None:
        if operation == "PublishVersion":
            work.functions.change(code=OLD)

    work = scene(approved=approved())
    work.functions.effects = undo
    said = stale(work.apply())
    assert "UpdateFunctionCode (x86_64) is wanted, and the saved plan does not have it" in said
    assert 1 == written(work).count("UpdateFunctionCode")


def test_a_step_that_was_never_planned_is_not_performed() -> None:
    """Somebody changed the code after our only step: nobody has approved to change it."""

    def change_code(_: str) -> None:
        work.functions.change(code=OLD)

    def world() -> Scene:
        spec = wants(runtime_management=declared(FUNCTION_UPDATE))
        return Scene(Functions(live(code=NEW), AUTO), spec)

    work = world()
    work.approved = approval(world().show())
    work.functions.effects = change_code
    assert "UpdateFunctionCode (x86_64) is wanted" in stale(work.apply())
    assert ["PutRuntimeManagementConfig"] == written(work)


def test_the_mode_of_a_version_of_somebody_else_is_not_set() -> None:
    """It follows only from a version that this run has published."""

    def publish(_: str) -> None:
        work.functions.versions.append(version("2", code=NEW))
        work.functions.modes["2"] = AUTO
        work.functions.change()

    def world() -> Scene:
        versions = (version("1", code=NEW, runtime_management=FUNCTION_UPDATE),)
        return Scene(Functions(live(code=NEW), AUTO, versions), EVERYTHING)

    work = world()
    work.approved = approval(world().show())
    work.functions.effects = publish
    assert "PutRuntimeManagementConfig (FunctionUpdate on 2) is wanted" in stale(work.apply())
    assert ["PutRuntimeManagementConfig"] == written(work)


@pytest.mark.parametrize(
    "unknown",
    [
        {"revision_id": None},
        {"runtime_management": None},
        {"newest_version": version("9"), "versions_unread": False},
    ],
    ids=str,
)
def test_what_was_not_read_is_not_compared(unknown: dict[str, Any]) -> None:
    """Then or now: the steps tell whether it matters."""
    given = approved()
    assert given.basis is not None
    basis = replace(given.basis, **unknown)
    assert Status.UPDATED is scene(approved=replace(given, basis=basis)).apply().status


def test_a_suspended_function_is_shown_unless_its_manifest_changed() -> None:
    """Nothing is written either way."""
    spec = wants(suspend=True)
    shown = Scene(Functions(live()), spec).show()
    given = Approval(shown.basis, ())
    assert Status.SUSPENDED is Scene(Functions(live()), spec, approved=given).apply().status
    changed = replace(given, stale=(Change("the manifest", "a", "b"),))
    work = Scene(Functions(live()), spec, approved=changed)
    assert "the manifest: a then" in stale(work.apply())
    assert [] == work.functions.calls
