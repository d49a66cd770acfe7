"""Plans as files: what goes in comes out, and nothing else is taken."""

from __future__ import annotations

import json
import stat
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from reconciler import plans
from reconciler.cli import saved_plans
from reconciler.model import (
    Approval,
    AssumeRole,
    Basis,
    Change,
    Directory,
    FailureKind,
    FunctionReference,
    Image,
    Location,
    Plan,
    Publish,
    PublishVersion,
    PutRuntimeManagementConfig,
    ReconcileError,
    RuntimeManagementSpec,
    S3Object,
    Status,
    Target,
    UpdateFunctionCode,
    UpdateRuntimeOn,
    ZipFile,
)
from reconciler.planner import plan
from reconciler.plans.document import digest
from reconciler.reconcile.approved import basis_of
from reconciler.report.exit_code import exit_code
from tests.unit.builders import ARM, NEW, OLD, failure, manual, result, run, spec, version
from tests.unit.runs import NOT_ATTEMPTED, TOO_MANY, UNREADABLE
from tests.unit.strategies import any_desired, any_live

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.model import DesiredFunction, FunctionResult, LiveFunction

SECRET = "hunter2-hunter2"  # noqa: S105 - what must not be repeated
HERE = Location("manifests/app.yaml", 4, 7)
BASIS = Basis(
    account="123456789012",
    region="eu-west-1",
    code=OLD,
    architecture=ARM,
    revision_id="r-1",
    runtime_management=manual(),
    newest_version=version("7", code=OLD, runtime_management=manual("b")),
    desired_code=NEW,
    desired_mode=manual("c"),
)
STEPS = (
    UpdateFunctionCode(NEW, ARM, "arn:aws:kms:r:1:key/k", by_reference=True, live_package=True),
    PublishVersion(NEW, "build ${x} \u00e9", to_latest_published=True),
    PutRuntimeManagementConfig(manual(), "7"),
)


def planned(name: str = "orders-api", **changes: Any) -> FunctionResult:  # noqa: ANN401 - any member
    """Make a function with a plan of everything."""
    made = replace(result(Status.PLANNED, name, plan=Plan(steps=STEPS)), basis=BASIS)
    return replace(made, **changes)


def saved(*functions: FunctionResult) -> plans.SavedPlan:
    """Write and read."""
    return plans.parse(plans.render(run(*functions, plan_only=True)).encode())


def edited(edit: Callable[[dict[str, Any]], object], *, seal: bool = False) -> bytes:
    """Change a plan file; ``seal`` puts the digest that it then should have."""
    document = json.loads(plans.render(run(planned(), plan_only=True)))
    edit(document)
    if seal:
        document["digest"] = digest({key: document[key] for key in document if key != "digest"})
    return json.dumps(document).encode()


def refusal(text: bytes) -> str:
    """Give why a file is refused."""
    with pytest.raises(ReconcileError) as caught:
        plans.parse(text)
    assert FailureKind.INVALID is caught.value.failure.kind
    return caught.value.failure.what


def test_what_is_saved_is_approved() -> None:
    """Steps and basis come back as they were; of a version what tells it from another."""
    approval = saved(planned()).functions["orders-api"].approval(spec())
    assert approval.basis is not None
    newest = approval.basis.newest_version
    assert Approval(replace(BASIS, newest_version=newest), STEPS) == approval
    assert newest is not None
    assert ("7", OLD, manual("b")) == (newest.version, newest.code, newest.runtime_management)


@given(any_desired(), any_live())
def test_every_plan_survives_its_file(desired: DesiredFunction, live: LiveFunction) -> None:
    """Whatever can be planned can be saved, and read again to the same steps."""
    made = replace(planned(), plan=plan(desired, live), basis=basis_of(desired, live))
    function = saved(made).functions["orders-api"]
    assert made.plan is not None
    assert made.plan.steps == function.steps
    again = replace(made, basis=function.basis)
    assert plans.render(run(made, plan_only=True)) == plans.render(run(again, plan_only=True))


def test_a_function_that_could_not_be_planned_is_refused_later() -> None:
    """It may be there by then, and nobody has seen what would be done."""
    for unplanned in (UNREADABLE, NOT_ATTEMPTED):
        (function,) = saved(unplanned).functions.values()
        approval = function.approval(unplanned.spec)
        assert (None, ()) == (approval.basis, approval.steps)
        assert Change("the plan", "none, it could not be made", "to be made") in approval.stale


def test_a_suspended_function_has_no_steps() -> None:
    """Its drift is shown and not to be closed."""
    suspended = planned(status=Status.SUSPENDED)
    assert () == saved(suspended).functions["orders-api"].steps


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "step added": (
        lambda doc: doc["functions"][0]["steps"].append(doc["functions"][0]["steps"][0]),
        "it was changed after it was written",
    ),
    "step removed": (
        lambda doc: doc["functions"][0]["steps"].pop(),
        "it was changed after it was written",
    ),
    "another digest": (
        lambda doc: doc.update(digest="sha256:" + "0" * 64),
        "it was changed after it was written",
    ),
    "newer version": (lambda doc: doc.update(format_version="1.1"), "format_version 1.1, and"),
    "other version": (lambda doc: doc.update(format_version=1), "no readable format_version"),
    "no version": (lambda doc: doc.pop("format_version"), "no readable format_version"),
    "a secret for a version": (
        lambda doc: doc.update(format_version=f"{SECRET}\x1b[2J"),
        "no readable format_version",
    ),
    "a secret for a member": (lambda doc: doc.update({SECRET: 1}), "schema at $"),
    "a secret for a value": (
        lambda doc: doc["functions"][0].update(account=SECRET),
        "schema at $.functions[0].account",
    ),
    "a secret beside a step": (
        lambda doc: doc["functions"][0]["steps"][0].update({SECRET: SECRET}),
        "schema at $.functions[0].steps[0]",
    ),
    "no digest": (lambda doc: doc.pop("digest"), "does not fit its schema at $"),
    "unknown member": (lambda doc: doc.update(more=1), "does not fit its schema at $"),
    "unknown operation": (
        lambda doc: doc["functions"][0]["steps"][0].update(operation="DeleteFunction"),
        "does not fit its schema at $.functions[0].steps[0]",
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edited_file_is_refused(name: str) -> None:
    """Its own digest, its schema or its version tells."""
    edit, said = EDITS[name]
    told = refusal(edited(edit))
    assert said in told
    assert SECRET not in told


def test_a_sealed_file_must_fit_all_the_same() -> None:
    """A digest of one's own making opens nothing: version and shape come first."""
    assert "schema" in refusal(edited(EDITS["unknown operation"][0], seal=True))
    twice = edited(lambda doc: doc["functions"].append(doc["functions"][0]), seal=True)
    assert "it has a function twice" in refusal(twice)
    assert plans.parse(edited(lambda _: None, seal=True)).functions


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{" * 100_000,
        b"[" * 100_000,
        b'{"a": 1, "a": 2}',
        b'{"format_version": NaN}',
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_no_plan_is_refused(text: bytes) -> None:
    """In one sentence, without an exception of any other kind."""
    assert "the saved plan cannot be used" in refusal(text)


OTHER = Target("prod", "1" * 12, "eu-west-1", HERE, AssumeRole("arn:aws:iam::1:role/a", "e", "s"))
VARIANTS: dict[str, Any] = {
    "name": "other",
    "labels": {"team": "a"},
    "function": FunctionReference("other", "other"),
    "code": Image("a", HERE),
    "architecture": ARM,
    "runtime_management": RuntimeManagementSpec(UpdateRuntimeOn.AUTO),
    "publish": Publish(),
    "suspend": True,
    "source_kms_key_arn": "arn",
    "native_check": False,
    "target": OTHER,
}


def test_whatever_is_declared_is_part_of_the_digest() -> None:
    """Each field of a spec changes it, and each alone; the place in a file does not."""
    assert {each.name for each in fields(spec())} == {*VARIANTS, "location"}
    digests = {
        plans.manifest_sha256(replace(spec(), **{name: value})) for name, value in VARIANTS.items()
    }
    assert len(VARIANTS) == len(digests - {plans.manifest_sha256(spec())})
    moved = replace(spec(), location=HERE)
    assert plans.manifest_sha256(spec()) == plans.manifest_sha256(moved)


def digests_of(field: str, values: list[Any]) -> set[str]:
    """Hash a spec with each value of a field."""
    return {plans.manifest_sha256(replace(spec(), **{field: value})) for value in values}


def test_the_parts_of_a_field_count() -> None:
    """Each source of code, each member of an object; a package's folder and a session do not."""
    s3 = S3Object("b", "k", None, None, HERE)
    zip_file = ZipFile(Path("/a"), HERE)
    sources = [
        *(s3, replace(s3, bucket="c"), replace(s3, key="l"), replace(s3, version_id="v")),
        *(replace(s3, sha256="x"), Image("a", HERE), Image("b", HERE)),
        *(zip_file, Directory(Path("/a"), HERE)),
    ]
    assert len(sources) == len(digests_of("code", sources))
    assert 1 == len(digests_of("code", [zip_file, ZipFile(Path("/b"), HERE)]))
    publishes = [Publish(), Publish("d"), Publish("d", to_latest_published=True)]
    assert len(publishes) == len(digests_of("publish", publishes))
    pins = [
        RuntimeManagementSpec(UpdateRuntimeOn.MANUAL, arns) for arns in ({}, {ARM: "a"}, {ARM: "b"})
    ]
    assert len(pins) == len(digests_of("runtime_management", pins))
    role = AssumeRole("arn:aws:iam::1:role/b")
    others = [OTHER, replace(OTHER, region="r"), replace(OTHER, account="2" * 12)]
    others += [replace(OTHER, assume_role=role), replace(OTHER, assume_role=None)]
    assert len(others) == len(digests_of("target", others))
    entered = replace(OTHER, assume_role=AssumeRole("arn:aws:iam::1:role/a"), quota_share=0.5)
    assert 1 == len(digests_of("target", [OTHER, entered]))


def test_another_manifest_is_told_before_anything_is_read() -> None:
    """By both digests."""
    function = saved(planned()).functions["orders-api"]
    (change,) = function.approval(spec(suspend=True)).stale
    assert ("the manifest (SHA-256)", function.manifest_sha256) == (change.field, change.old)


# The file.


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Also where a file with other rights was there before."""
    path = tmp_path / "plan.json"
    path.write_text("before")
    path.chmod(0o644)
    assert 2 == saved_plans.save(path, run(planned(), plan_only=True), 2)
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())
    assert ["orders-api"] == list(saved_plans.load(path).functions)


def test_what_a_link_leads_to_is_written(tmp_path: Path) -> None:
    """As for reports; the link stays."""
    link, target = tmp_path / "plan.json", tmp_path / "there.json"
    link.symlink_to(target)
    assert 2 == saved_plans.save(link, run(planned(), plan_only=True), 2)
    assert (True, 0o600) == (link.is_symlink(), stat.S_IMODE(target.stat().st_mode))
    assert ["orders-api"] == list(saved_plans.load(link).functions)


def test_a_file_that_cannot_be_written_is_one_for_the_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The old one is left as it was, and nothing else is left behind."""
    path = tmp_path / "plan.json"
    path.mkdir()
    assert 1 == saved_plans.save(path, run(planned(), plan_only=True), 0)
    assert "the plan cannot be saved" in capsys.readouterr().err
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("ended", [TOO_MANY, run(interrupted_by=15, plan_only=True)], ids=str)
def test_half_a_plan_is_not_saved(ended: Any, tmp_path: Path) -> None:  # noqa: ANN401 - a run
    """Nor one that changes more than it may."""
    assert 5 == saved_plans.save(tmp_path / "plan.json", ended, 5)
    assert [] == list(tmp_path.iterdir())


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A file that is not there, and a folder."""
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(ReconcileError, match="cannot be read") as caught:
            saved_plans.load(path)
        assert str(path) in caught.value.failure.what


def test_a_function_that_nobody_declares_any_more_is_stale() -> None:
    """Where it was to be changed; invalid input counts more."""
    plan_file = saved(planned("gone"), planned("quiet", plan=Plan()))
    (gone,) = saved_plans.undeclared(plan_file, [])
    assert ("gone", FailureKind.STALE) == (gone.id, gone.failure.kind)
    invalid = result(Status.FAILED, failure=failure(FailureKind.INVALID))
    permanent = result(Status.FAILED, failure=failure(FailureKind.PERMANENT))
    ends = [replace(run(*each), undeclared=(gone,)) for each in ((), (permanent,), (invalid,))]
    assert [5, 5, 3] == [exit_code(each, detailed=False) for each in ends]
